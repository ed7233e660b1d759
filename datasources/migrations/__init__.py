"""Brings a database to its newest version: one alembic history per domain, in `datasources/<domain>/migrations`.

Revisions are named by their file, `0001_commerce.py` being revision `0001`.
"""

from pathlib import Path

import sqlalchemy as sa

from datasources.settings import WrongSetting
from datasources.sql import Database

VERSION = sa.table("alembic_version", sa.column("version_num", sa.String()))


async def migrate(database: Database) -> bool:
    """Runs the revisions that are missing, of the domain that it is named after; whether there were any.

    Several processes may call it at once.

    Raises: WrongSetting where the database is newer than this code; SourceError.
    """
    there, ours = await database.in_one_thread(version_on), newest(database.name)
    if there == ours:
        return False
    if there is not None and there > ours:
        raise WrongSetting(
            f"The database '{database.name}' is at version {there}, and this release knows {ours} at most: start the "
            "release that made it so, or restore a copy from before."
        )
    await database.in_one_thread(lambda connection: _upgrade(connection, _history(database.name)))
    return True


def newest(name: str) -> str:
    """The last revision of a domain, or of the house."""
    return max(path.name[:4] for path in _history(name).glob("[0-9]*.py"))


def _history(name: str) -> Path:
    return Path(__file__).parents[1] / name / "migrations"


def version_on(connection: sa.Connection) -> str | None:
    """The last revision that ran there; None where none did."""
    if not sa.inspect(connection).has_table(VERSION.name):
        return None
    return connection.scalar(sa.select(VERSION.c.version_num))


def _upgrade(connection: sa.Connection, history: Path) -> None:
    from alembic import command  # takes 0.2 s to import, and most starts have nothing to migrate
    from alembic.config import Config

    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(hashtext('heddle migrations'))"))
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("version_locations", str(history))
    config.set_main_option("path_separator", "newline")
    command.upgrade(config, "head")
