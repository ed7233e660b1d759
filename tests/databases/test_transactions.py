"""Transactions: all or nothing, however they end."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from datasources.sql import Database, Transaction
from tests.databases.tables import NOTES, endless, note, noted

PATIENCE_S = 5


async def two_notes(database: Database) -> None:
    async with database.transaction() as transaction:
        await transaction.write(note(1))
        await transaction.write(note(2))


async def still_writes(database: Database) -> bool:
    """Whether the next writer has its turn at once, and commits."""
    async with asyncio.timeout(PATIENCE_S), database.transaction() as transaction:
        await transaction.write(note(99))
    return (await noted(database))[-1] == 99


async def cancelled(task: asyncio.Task[None]) -> bool:
    task.cancel()
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait([task])
    return task.cancelled()


async def test_what_is_written_is_read_inside_and_after_the_commit(database: Database) -> None:
    async with database.transaction() as transaction:
        assert await transaction.write(note(1, 2, 3)) == 3
        assert await transaction.write(sa.update(NOTES).where(NOTES.c.id > 1).values(rank=7)) == 2
        assert [row.id for row in await transaction.rows(sa.select(NOTES.c.id).where(NOTES.c.rank == 7))] == [2, 3]
        assert await transaction.row(sa.select(NOTES).where(NOTES.c.id == 4)) is None
        assert await transaction.write(sa.update(NOTES).where(NOTES.c.id == 4).values(rank=7)) == 0
        assert await noted(database) == [], "others see nothing before the commit"
    assert await noted(database) == [1, 2, 3]
    assert await database.scalar(sa.select(sa.func.count()).select_from(NOTES)) == 3


async def test_a_statement_that_is_done_many_times_counts_all_rows(database: Database) -> None:
    if database.dialect == "postgresql":
        pytest.skip("asyncpg does not say")
    ranks = sa.update(NOTES).where(NOTES.c.id >= sa.bindparam("first")).values(rank=sa.bindparam("new"))
    async with database.transaction() as transaction:
        await transaction.write(note(1, 2, 3))
        sets = [{"first": 2, "new": 7}, {"first": 9, "new": 8}, {"first": 3, "new": 9}]
        assert await transaction.write(ranks, sets) == 3
    assert [tuple(row) for row in await database.rows(sa.select(NOTES.c.id, NOTES.c.rank))] == [(1, 0), (2, 7), (3, 9)]


async def test_a_statement_may_write_and_return(database: Database) -> None:
    async with database.transaction() as transaction:
        rows = await transaction.rows(note(5).returning(NOTES.c.id, NOTES.c.rank))
    assert [tuple(row) for row in rows] == [(5, 0)]


async def test_a_commit_that_is_refused_takes_everything_back(database: Database) -> None:
    late = sa.ForeignKey(NOTES.c.id, deferrable=True, initially="DEFERRED")
    replies = sa.Table("replies", sa.MetaData(), sa.Column("id", sa.Integer, primary_key=True), sa.Column("to", late))
    await database.in_one_thread(replies.create)

    async def reply() -> None:
        async with database.transaction() as transaction:
            assert await transaction.write(sa.insert(replies).values(id=1, to=7)) == 1

    with pytest.raises(sa.exc.IntegrityError):
        await reply()
    assert await still_writes(database)
    assert await database.rows(sa.select(replies)) == []


async def test_an_exception_takes_everything_back(database: Database) -> None:
    async def fails() -> None:
        async with database.transaction() as transaction:
            await transaction.write(note(1))
            raise LookupError

    with pytest.raises(LookupError):
        await fails()
    assert await noted(database) == []
    assert await still_writes(database)


async def test_a_refused_statement_takes_everything_back(database: Database) -> None:
    async def twice_the_same() -> None:
        async with database.transaction() as transaction:
            await transaction.write(note(1))
            await transaction.write(note(1))

    with pytest.raises(sa.exc.IntegrityError):
        await twice_the_same()
    assert await noted(database) == []
    assert await still_writes(database)


async def test_cancelled_while_it_waits_for_its_turn(database: Database) -> None:
    if database.dialect == "postgresql":
        pytest.skip("PostgreSQL's writers do not wait for each other")
    async with database.transaction() as transaction:
        await transaction.write(note(1))
        waiting = asyncio.create_task(two_notes(database))
        await asyncio.sleep(0)
        assert await cancelled(waiting)
    assert await noted(database) == [1]
    assert await still_writes(database)


async def test_cancelled_between_two_statements(database: Database) -> None:
    reached = asyncio.Event()

    async def one_note() -> None:
        async with database.transaction() as transaction:
            await transaction.write(note(1))
            reached.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(one_note())
    await reached.wait()
    assert await cancelled(task)
    assert await noted(database) == []
    assert await still_writes(database)


async def test_cancelled_in_a_statement(database: Database) -> None:
    reached = asyncio.Event()

    async def one_note(transaction: Transaction) -> None:
        await transaction.write(note(1))
        reached.set()
        await transaction.rows(endless(database))

    async def work() -> None:
        async with database.transaction() as transaction:
            await one_note(transaction)

    task = asyncio.create_task(work())
    await reached.wait()
    await asyncio.sleep(0)
    assert await cancelled(task)
    assert await noted(database) == []
    assert await still_writes(database)


async def test_cancelled_in_the_commit(database: Database) -> None:
    task = asyncio.create_task(two_notes(database))
    engine = _writing_engine(database)
    sa.event.listen(engine, "commit", _cancelling(task))
    async with asyncio.timeout(PATIENCE_S):
        await asyncio.wait([task])
    assert task.cancelled()
    assert await noted(database) in ([], [1, 2])
    assert await still_writes(database)


async def test_cancelled_after_any_number_of_turns(database: Database) -> None:
    for turns in range(60):
        task = asyncio.create_task(two_notes(database))
        for _ in range(turns):
            await asyncio.sleep(0)
        await cancelled(task)
        assert await noted(database) in ([], [1, 2])
        async with asyncio.timeout(PATIENCE_S), database.transaction() as transaction:
            await transaction.write(sa.delete(NOTES))


async def test_writers_queue_and_none_is_lost(database: Database) -> None:
    async def one_note(id: int) -> None:
        async with database.transaction() as transaction:
            await transaction.write(note(id))

    await asyncio.gather(*(one_note(id) for id in range(50)))
    assert await noted(database) == list(range(50))


async def test_readers_see_whole_transactions_beside_a_writer(database: Database) -> None:
    done = asyncio.Event()

    async def reader() -> set[int]:
        seen = set()
        while not done.is_set():
            seen.add(len(await noted(database)))
        return seen

    readers = [asyncio.create_task(reader()) for _ in range(5)]
    for id in range(0, 18, 3):
        async with database.transaction() as transaction:
            for more in range(3):
                await transaction.write(note(id + more))
    done.set()
    seen = set().union(*await asyncio.gather(*readers))
    assert all(count % 3 == 0 for count in seen)
    assert len(seen) > 1, "the readers never ran beside the writer"


def _writing_engine(database: Database) -> sa.Engine:
    engine: Any = database._engine
    writing: sa.Engine = getattr(engine._writing, "sync_engine", engine._writing)
    return writing


def _cancelling(task: asyncio.Task[None]) -> Callable[[sa.Connection], None]:
    """Cancels the task once, when its commit has begun; SQLite's begins in a thread, which waits for it."""
    loop = asyncio.get_running_loop()
    told = threading.Event()

    def cancel() -> None:
        task.cancel()
        loop.call_soon(told.set)

    def begun(_: sa.Connection) -> None:
        if told.is_set():
            return
        if threading.current_thread() is threading.main_thread():
            told.set()
            task.cancel()
        else:
            loop.call_soon_threadsafe(cancel)
            told.wait()

    return begun


async def test_errors_which_get_into_logs_hide_the_parameters(database: Database) -> None:
    wrong = sa.text("SELECT missing FROM notes WHERE word = :word").bindparams(word="my secret")
    with pytest.raises(sa.exc.DBAPIError) as read:
        await database.rows(wrong)
    with pytest.raises(sa.exc.DBAPIError) as written:
        async with database.transaction() as transaction:
            await transaction.write(wrong)
    for error in (read, written):
        assert "missing" in str(error.value)
        assert "my secret" not in str(error.value)
