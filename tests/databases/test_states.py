"""What `sources` and `doctor` are told of databases, which they leave as they are."""

import os
from dataclasses import dataclass, replace
from pathlib import Path

import sqlalchemy as sa

from datasources.migrations import VERSION, newest
from datasources.sql import Database
from datasources.states import NEW, NEWER, OK, OLDER, State, states_of


@dataclass(frozen=True)
class Sources:
    database: Database
    other: str = "is no source"


async def state(url: str) -> State:
    database = Database("commerce", url)
    try:
        (found,) = await states_of([Sources(database), Sources(database)])
        return found
    finally:
        await database.close()


async def migrated_to(url: str, version: str | None) -> None:
    database = Database("commerce", url)
    async with database.transaction() as transaction:
        await transaction.write(
            sa.delete(VERSION) if version is None else sa.update(VERSION).values(version_num=version)
        )
    await database.close()


async def test_a_database_says_its_version_its_server_and_how_far_its_tables_are(database_url: str) -> None:
    found = await state(database_url)
    assert (found.name, found.kind, found.state, found.version) == ("commerce", "sql", OK, newest("commerce"))
    assert found.server is not None
    assert found.latency_ms is not None
    if database_url.startswith("sqlite"):
        assert (found.server.split()[0], found.ahead_s) == ("SQLite", None)
    else:
        assert found.server.split()[0] == "PostgreSQL"
        assert found.ahead_s is not None
        assert abs(found.ahead_s) < 60
    for version, said in (("0001", OLDER), ("0999", NEWER), (None, NEW)):
        await migrated_to(database_url, version)
        now = await state(database_url)
        assert now == replace(found, state=said, version=version, latency_ms=now.latency_ms, ahead_s=now.ahead_s)


async def test_what_is_not_there_is_not_made_and_what_is_no_database_is_said(tmp_path: Path) -> None:
    assert (await state(f"sqlite:///{tmp_path}/shop.db")).state == NEW
    assert os.listdir(tmp_path) == []
    (tmp_path / "shop.db").write_text("a list of things to buy" * 100)
    broken = await state(f"sqlite:///{tmp_path}/shop.db")
    assert (broken.state, broken.detail) == ("SOURCE_UNAVAILABLE", "file is not a database")


async def test_passwords_are_not_told() -> None:
    found = await state("postgresql://heddle:hunter2@127.0.0.1:1/shop")
    assert (found.state, found.address) == ("SOURCE_UNAVAILABLE", "postgresql://heddle:***@127.0.0.1:1/shop")
    assert "hunter2" not in found.detail
