"""The log is read in order and without gaps, and says when something was missed."""

import asyncio
import random
from contextlib import AsyncExitStack, closing
from datetime import UTC, datetime, timedelta
from uuid import UUID

import apsw
import pytest
import sqlalchemy as sa

from datasources.commerce.tables import EVENTS
from datasources.errors import InvalidInput
from datasources.events import CursorExpired, Position
from datasources.events.journal import START
from tests.events.conftest import Log, followed, numbers

THEN = datetime(2026, 1, 1, tzinfo=UTC)


async def test_what_commits_late_is_waited_for(log: Log) -> None:
    if log.database.dialect == "sqlite":
        pytest.skip("SQLite has one writer")
    async with log.database.transaction() as late:
        await log.append(late)
        await log.write()
        assert await log.journal.after(START) == ([], True)
        assert await log.journal.head() == START
    reading = await log.journal.after(START)
    assert numbers(reading.events) == [0, 1]
    assert not reading.more
    assert reading.events[1].position == await log.journal.head()


async def test_everybody_follows_all_events_once_in_order_while_many_write(log: Log) -> None:
    chance = random.Random(5)

    async def writer() -> None:
        for _ in range(12):
            async with log.database.transaction() as transaction:
                await log.append(transaction)
                await asyncio.sleep(chance.random() / 200)
                await log.append(transaction)

    async with AsyncExitStack() as stack:
        tails = [log.tail() for _ in range(3)]
        for tail in tails:
            stack.push_async_callback(tail.close)
        following = [asyncio.create_task(followed(tail, 144)) for tail in tails]
        await asyncio.gather(*(writer() for _ in range(6)))
        found = await asyncio.gather(*following)
        assert [event.position for event in found[0]] == sorted({event.position for event in found[0]})
        assert sorted(numbers(found[0])) == list(range(144))
        assert found[1] == found[2] == found[0]
        late = await followed(tails[0], 44, found[0][99].position)
        assert late == found[0][100:]


async def test_what_was_rolled_back_never_happened(log: Log) -> None:
    async def failing() -> None:
        async with log.database.transaction() as transaction:
            await log.append(transaction)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await failing()
    await log.write()
    assert numbers((await log.journal.after(START)).events) == [1]


async def test_a_cursor_goes_on_after_its_event(log: Log) -> None:
    for _ in range(3):
        await log.write()
    events = (await log.journal.after(START)).events
    position = await log.journal.position(events[0].cursor)
    assert position == events[0].position
    assert numbers((await log.journal.after(position)).events) == [1, 2]
    assert await log.journal.position("oldest") == START


async def test_a_cursor_of_something_else_is_refused(log: Log) -> None:
    await log.write()
    with pytest.raises(InvalidInput, match="pass the `cursor` of one of its events"):
        await log.journal.position("bm9uc2Vuc2U")


async def test_a_cursor_whose_events_are_gone_has_expired(log: Log) -> None:
    for day in range(6):
        await log.write(at=THEN + timedelta(days=day))
    cursors = [event.cursor for event in (await log.journal.after(START)).events]
    assert await log.journal.forget(THEN + timedelta(days=3)) == 2
    for missed in cursors[:2]:
        with pytest.raises(CursorExpired) as expired:
            await log.journal.position(missed)
        assert await log.journal.position(expired.value.oldest) == START
    for current in cursors[2:]:
        await log.journal.position(current)
    assert numbers((await log.journal.after(await log.journal.position(cursors[2]))).events) == [3, 4, 5]
    assert await log.journal.forget(THEN + timedelta(days=3)) == 0


async def test_many_old_events_are_forgotten_page_by_page(log: Log) -> None:
    async with log.database.transaction() as transaction:
        for _ in range(450):
            await log.append(transaction, at=THEN)
    await log.write()
    assert await log.journal.forget(THEN + timedelta(days=1)) == 449
    assert numbers((await log.journal.after(START)).events) == [449, 450]


async def test_a_cursor_of_a_database_that_went_back_has_expired(log: Log) -> None:
    await log.write()
    ahead = log.journal.cursor(Position(10**12, 10**6))
    with pytest.raises(CursorExpired):
        await log.journal.position(ahead)


async def test_a_log_restored_into_another_server_goes_on(log: Log) -> None:
    """Whose transactions have numbers of their own, lower ones."""
    if log.database.dialect == "sqlite":
        pytest.skip("SQLite does not number transactions")
    await log.write(UUID(int=7))
    async with log.database.transaction() as transaction:
        await transaction.write(sa.update(EVENTS).values(transaction=10**12))
    tail = log.tail()
    try:
        await log.write()
        assert numbers(await followed(tail, 2)) == [0, 1]
    finally:
        await tail.close()


async def test_reading_begins_at_the_position(log: Log) -> None:
    """However long the log is: of a pair, SQLite seeks only the first part in an index, which is 0 for all."""
    if log.database.dialect != "sqlite":
        pytest.skip("PostgreSQL seeks both parts")
    prepared = log.journal._statements.after.prepared(log.database._engine.dialect)
    with closing(apsw.Connection(log.database.url.removeprefix("sqlite:///"))) as connection:
        steps = connection.execute(f"EXPLAIN QUERY PLAN {prepared.text}", prepared.bound({})).fetchall()
    assert [step[-1] for step in steps] == ["SEARCH events USING INTEGER PRIMARY KEY (rowid>?)"]
