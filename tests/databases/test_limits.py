"""Deadlines, cancelled reads, other processes, dead servers: a database never keeps anyone longer than it may."""

import asyncio
import gc
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import IO, Literal

import pytest
import sqlalchemy as sa

import datasources.sqlite
from datasources.deadline import deadline
from datasources.errors import SourceTimeout, SourceUnavailable
from datasources.sql import Database
from datasources.sqlite import READERS
from datasources.table import Unreadable
from tests.database_servers import Postgres, Sqlite
from tests.databases.tables import METADATA, NOTES, TABLES, endless, note, noted

WITHIN_S = 3
"""Generous: the machine may be busy. The statements below would take minutes."""


@pytest.fixture
async def file(sqlite: Sqlite) -> AsyncIterator[Database]:
    async with sqlite.fresh(TABLES) as url:
        database = Database("notes", url)
        yield database
        await database.close()


async def test_a_read_ends_at_the_deadline_and_leaves_nothing_running(database: Database) -> None:
    started = time.monotonic()
    for _ in range(READERS + 1):
        with pytest.raises(SourceTimeout, match="'notes' did not answer in time"), deadline(0.1):
            await database.rows(endless(database))
    assert time.monotonic() - started < WITHIN_S
    with deadline(WITHIN_S):
        await asyncio.gather(*(noted(database) for _ in range(2 * READERS)))
        assert await nothing_runs(database)


async def test_a_write_ends_at_the_deadline_and_takes_everything_back(database: Database) -> None:
    async def endless_write() -> None:
        async with database.transaction() as transaction:
            await transaction.write(note(1))
            await transaction.rows(endless(database))

    with pytest.raises(SourceTimeout), deadline(0.1):
        await endless_write()
    with deadline(WITHIN_S):
        assert await noted(database) == []
        assert await nothing_runs(database)
        async with database.transaction() as transaction:
            assert await transaction.write(note(1)) == 1


async def test_a_spent_deadline_asks_nothing_more(database: Database) -> None:
    with deadline(0):
        with pytest.raises(SourceTimeout):
            await database.rows(endless(database))
        with pytest.raises(SourceTimeout):
            await noted(database)
        with pytest.raises(SourceTimeout):
            await one_note(database)
    assert await noted(database) == []


async def test_an_address_says_the_same_to_those_who_read_and_who_write(postgres: Postgres) -> None:
    """What follows its `?` is read by one rule: with asyncpg's own, `ssl` were a setting of the server."""
    async with postgres.fresh(TABLES) as url:
        database = Database("notes", f"{url}&ssl=disable")
        await one_note(database)
        assert await noted(database) == [1]
        await database.close()


async def test_cancelled_reads_leave_nothing_running(database: Database) -> None:
    reads = [asyncio.create_task(database.rows(endless(database))) for _ in range(READERS + 1)]
    await asyncio.sleep(0)
    with deadline(WITHIN_S):
        assert await other_reads_run(database), "short ones need no thread"
        for read in reads:
            read.cancel()
        await asyncio.wait(reads)
        assert all(read.cancelled() for read in reads)
        assert await noted(database) == []
        assert await nothing_runs(database)


async def test_reading_connections_refuse_to_write(database: Database) -> None:
    with pytest.raises((sa.exc.DBAPIError, SourceUnavailable)) as refused:
        await database.rows(note(1).returning(NOTES.c.id))
    assert re.search("read-only transaction|readonly database", str(refused.value.__cause__))
    assert await noted(database) == []


async def test_a_wrong_statement_is_a_bug_and_no_fault_of_the_source(database: Database) -> None:
    with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        await database.rows(sa.text("SELECT * FROM nowhere"))
    with pytest.raises(sa.exc.DBAPIError, match="nowhere"):
        async with database.transaction() as transaction:
            await transaction.rows(sa.text("SELECT * FROM nowhere"))
    assert await noted(database) == []


async def test_a_connection_that_the_server_ends_is_no_bug_of_ours(postgres: Postgres) -> None:
    async with notes_on(postgres) as database:
        reading = asyncio.create_task(database.rows(endless(database)))
        ending = sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query = 'SELECT pg_sleep(600)'")
        with deadline(WITHIN_S):
            while not await database.rows(ending):
                pass
        with pytest.raises(SourceUnavailable) as refused:
            await reading
        assert "administrator command" in refused.value.detail
        assert await noted(database) == []


async def test_a_deadlock_is_no_bug_of_ours(postgres: Postgres) -> None:
    async with notes_on(postgres) as database:
        async with database.transaction() as transaction:
            await transaction.write(note(1, 2))
        both_hold_one = asyncio.Barrier(2)

        async def lock(first: int, then: int) -> None:
            async with database.transaction() as transaction:
                await transaction.rows(sa.select(NOTES).where(NOTES.c.id == first).with_for_update())
                await both_hold_one.wait()
                await transaction.rows(sa.select(NOTES).where(NOTES.c.id == then).with_for_update())

        outcomes = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)
        (victim,) = (outcome for outcome in outcomes if outcome is not None)
        assert isinstance(victim, SourceUnavailable)
        assert "deadlock detected" in victim.detail


async def test_a_server_that_only_reads_after_a_failover_is_no_bug_of_ours(postgres: Postgres) -> None:
    async with notes_on(postgres) as database:
        with pytest.raises(SourceUnavailable) as refused:
            await write_on_a_replica(database)
        assert "read-only transaction" in refused.value.detail
        assert await noted(database) == []


async def test_a_read_that_broke_off_is_over_though_its_error_is_kept(
    file: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datasources.sqlite, "FETCHED", 1)
    async with file.transaction() as transaction:
        await transaction.write(note(1, 2, 3))
        await transaction.write(sa.text("UPDATE notes SET at = 'no time' WHERE id = 2"))
    with pytest.raises(Unreadable) as kept:
        await file.rows(sa.select(NOTES.c.id, NOTES.c.at))
    async with file.transaction() as transaction:
        await transaction.write(note(4))
    assert await noted(file) == [1, 2, 3, 4]
    assert kept.tb is not None


async def test_a_writer_waits_for_another_process(file: Database) -> None:
    with other_writer(file) as other:
        writing = asyncio.create_task(one_note(file))
        assert await noted(file) == [], "readers do not wait"
        other.close()
        await writing
    assert await noted(file) == [1]


async def test_a_writer_that_waited_long_enough_says_so(file: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datasources.sqlite, "BUSY_S", 0.1)
    with other_writer(file):
        with pytest.raises(SourceUnavailable) as refused:
            await one_note(file)
        assert "database is locked" in refused.value.detail
        assert await noted(file) == []
    await one_note(file)
    assert await noted(file) == [1]


async def test_waiting_for_another_process_ends_at_the_deadline_or_when_cancelled(file: Database) -> None:
    lost: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, told: lost.append(told))
    started = time.monotonic()
    with other_writer(file):
        with pytest.raises(SourceTimeout), deadline(0.1):
            await one_note(file)
        writing = asyncio.create_task(one_note(file))
        await asyncio.sleep(0)
        writing.cancel()
        await asyncio.wait([writing])
        assert writing.cancelled()
    assert time.monotonic() - started < WITHIN_S
    del writing
    gc.collect()
    assert lost == []
    await one_note(file)
    assert await noted(file) == [1]


async def test_postgres_may_die_and_come_back() -> None:
    server = Postgres()
    database = Database("notes", server.url("postgres"))
    try:
        await database.in_one_thread(METADATA.create_all)
        await one_note(database)
        reading = asyncio.gather(*(database.rows(endless(database)) for _ in range(3)), return_exceptions=True)
        await asyncio.sleep(0.1)
        server.kill()
        assert [type(error) for error in await reading] == [SourceUnavailable] * 3
        for _ in range(3):
            with pytest.raises(SourceUnavailable, match="'notes' is not available"):
                await noted(database)
        with pytest.raises(SourceUnavailable):
            await one_note(database)
        with pytest.raises(SourceUnavailable):
            await database.check()
        server.start()
        assert await noted(database) == [1]
        async with database.transaction() as transaction:
            await transaction.write(note(2))
        assert await noted(database) == [1, 2]
    finally:
        await database.close()
        await server.stop()


async def test_postgres_may_hang_and_end_sessions() -> None:
    server = Postgres()
    database = Database("notes", server.url("postgres"))
    try:
        await database.in_one_thread(METADATA.create_all)
        await one_note(database)
        assert await noted(database) == [1]
        server.hang()
        started = time.monotonic()
        with pytest.raises(SourceTimeout), deadline(0.1):
            await noted(database)
        assert time.monotonic() - started < WITHIN_S
        server.go_on()
        assert await noted(database) == [1]
        for turns in range(5):  # of the loop, which hears of the end in pieces
            server.end_sessions()
            for _ in range(turns):
                await asyncio.sleep(0)
            with suppress(SourceUnavailable):
                await noted(database)
            with suppress(SourceUnavailable):
                async with database.transaction() as transaction:
                    await transaction.write(note(2 + turns))
        assert (await noted(database))[0] == 1
    finally:
        await database.close()
        await server.stop()


async def test_a_file_of_another_process_alone_holds_up_nobody_else(file: Database) -> None:
    with other_writer(file, "EXCLUSIVE") as other:
        started = time.monotonic()
        with pytest.raises(SourceTimeout), deadline(0.1):
            await noted(file)
        assert time.monotonic() - started < WITHIN_S
        waiting = asyncio.create_task(noted(file))
        other.close()
        assert await waiting == []


async def test_a_file_that_may_only_be_read_is_no_bug_of_ours(sqlite: Sqlite) -> None:
    async with sqlite.fresh(TABLES) as url:
        write_in_the_format_of_tomorrow(Path(str(sa.make_url(url).database)))
        database = Database("notes", url)
        assert await noted(database) == []
        with pytest.raises(SourceUnavailable) as refused:
            await one_note(database)
        assert refused.value.detail == "attempt to write a readonly database"
        await database.close()


async def test_a_database_that_is_not_there_is_unavailable(postgres: Postgres) -> None:
    database = Database("nowhere", postgres.url("postgres").replace("/postgres?", "/nowhere?"))
    with pytest.raises(SourceUnavailable) as refused:
        await database.check()
    assert "nowhere" in refused.value.detail
    assert "postgres" not in str(refused.value)
    await database.close()


@pytest.mark.parametrize(
    ("url", "remedy"), [("mysql://localhost/x", "use sqlite:///path or postgresql://"), ("sqlite://", "needs a file")]
)
async def test_other_databases_are_refused_with_the_remedy(url: str, remedy: str) -> None:
    with pytest.raises(ValueError, match=remedy):
        Database("x", url)


@asynccontextmanager
async def notes_on(postgres: Postgres) -> AsyncIterator[Database]:
    async with postgres.fresh(TABLES) as url:
        database = Database("notes", url)
        yield database
        await database.close()


def write_in_the_format_of_tomorrow(file: Path) -> None:
    """SQLite only reads such a file."""
    with file.open("r+b") as header:
        header.seek(18)
        header.write(b"\x03")


async def write_on_a_replica(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.rows(sa.text("SET TRANSACTION READ ONLY"))
        await transaction.write(note(1))


async def one_note(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.write(note(1))


async def other_reads_run(database: Database) -> bool:
    """Whether a read is answered while endless ones run: on SQLite they hold every thread."""
    try:
        with deadline(0.2):
            await noted(database)
    except SourceTimeout:
        return False
    return True


async def nothing_runs(database: Database) -> bool:
    """Waits until the server has ended every other statement; SQLite's would hold its threads."""
    if database.dialect == "postgresql":
        busy = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        while await database.scalar(sa.text(f"SELECT count(*) {busy} AND state = 'active'")):
            pass
    return True


OTHER_WRITER = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute(f"PRAGMA locking_mode = {sys.argv[2]}")
connection.execute("BEGIN IMMEDIATE")
print("begun", flush=True)
sys.stdin.read()
connection.execute("COMMIT")
"""


@contextmanager
def other_writer(database: Database, locking: Literal["NORMAL", "EXCLUSIVE"] = "NORMAL") -> Iterator[IO[str]]:
    """Another process that writes, until the end or until what it yields is closed."""
    command = [sys.executable, "-c", OTHER_WRITER, str(sa.make_url(database.url).database), locking]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        yield process.stdin
