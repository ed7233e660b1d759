"""Migrated databases are what the tables say, and several processes may migrate at once."""

import asyncio
import sys
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from datasources.commerce.tables import METADATA
from datasources.house import tables as house_tables
from datasources.migrations import migrate
from datasources.settings import WrongSetting
from datasources.social import tables as social_tables
from datasources.sql import Database
from tests.database_servers import SOCIAL, Postgres, Sqlite

SEARCH = (
    "search",
    "ix_products_search",
    "product_search",
    "posts_search",
    "profiles_search",
    "ix_posts_search",
    "ix_profiles_search",
)
"""What only one of the two databases has, so that the tables cannot say it."""

REPOSITORY = Path(__file__).parents[2]
MIGRATE = """
import asyncio, sys
from datasources.migrations import migrate
from datasources.sql import Database

async def main():
    database = Database("commerce", sys.argv[1])
    print(await migrate(database))
    await database.close()

asyncio.run(main())
"""


async def test_a_migrated_database_is_what_the_tables_say(database_url: str) -> None:
    database = Database("commerce", database_url)
    assert await database.in_one_thread(_differences) == []
    await database.close()


async def test_the_database_of_social_is_what_its_tables_say(databases: Sqlite | Postgres) -> None:
    async with databases.fresh(SOCIAL) as url:
        database = Database("social", url)
        assert await database.in_one_thread(lambda connection: _differences(connection, social_tables.METADATA)) == []
        await database.close()


async def test_the_database_of_the_house_is_what_its_tables_say(empty_url: str) -> None:
    database = Database("house", empty_url)
    assert await migrate(database) is True
    assert await database.in_one_thread(lambda connection: _differences(connection, house_tables.METADATA)) == []
    await database.close()


async def test_migrating_twice_does_nothing(database_url: str) -> None:
    database = Database("commerce", database_url)
    assert await migrate(database) is False
    await database.close()


async def test_a_database_of_a_newer_release_is_left_alone(database_url: str) -> None:
    database = Database("commerce", database_url)
    async with database.transaction() as transaction:
        await transaction.write(sa.text("UPDATE alembic_version SET version_num = '9001'"))
    with pytest.raises(WrongSetting, match="'commerce' is at version 9001, and this release knows 0003 at most: start"):
        await migrate(database)
    await database.close()


async def test_two_processes_may_migrate_at_once(empty_url: str) -> None:
    said = await asyncio.gather(*(_run(MIGRATE, empty_url) for _ in range(2)))
    assert "True\n" in said
    database = Database("commerce", empty_url)
    assert await database.in_one_thread(_differences) == []
    await database.close()


@pytest.fixture
def empty_url(databases: Sqlite | Postgres) -> str:
    return databases.empty()


async def _run(script: str, *arguments: str) -> str:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, *arguments, cwd=REPOSITORY, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    return said.decode()


def _differences(connection: sa.Connection, metadata: sa.MetaData = METADATA) -> list[Any]:
    def ours(thing: Any, name: str | None, kind: str, reflected: bool, _: Any) -> bool:
        return not (reflected and name is not None and name.startswith(SEARCH))

    options = {"include_object": ours, "compare_type": True, "compare_server_default": False}
    differences = list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))
    return differences + [name for name, table in metadata.tables.items() if _checks(table) != _kept(connection, name)]


def _checks(table: sa.Table) -> set[Any]:
    """The names of its checks, which alembic does not compare: those that forbid overselling are among them."""
    return {constraint.name for constraint in table.constraints if isinstance(constraint, sa.CheckConstraint)}


def _kept(connection: sa.Connection, table: str) -> set[Any]:
    return {constraint["name"] for constraint in sa.inspect(connection).get_check_constraints(table)}
