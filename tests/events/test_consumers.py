"""Consumers act upon each event once, in order, whatever is killed, and though several are at it."""

import asyncio
import random
import sys
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from datasources.actor import SYSTEM
from datasources.commerce.tables import EVENTS
from datasources.errors import SourceUnavailable
from datasources.events import Event, EventLog, Position
from datasources.ids import utc_now
from datasources.sql import Transaction
from resolvers import consumers
from resolvers.consumers import Consumer, consume
from resolvers.context import Context
from tests.database_servers import Postgres, Sqlite
from tests.events.conftest import NOBODY, PATIENCE_S, Log
from tests.events.ledger import METADATA, NOTING, OFFSETS, Ledger, Source, note, open_context
from tests.server.command import ROOT


@pytest.fixture
async def ledger(databases: Sqlite | Postgres) -> AsyncIterator[Ledger]:
    ledger = Ledger(databases.empty())
    await ledger.database.in_one_thread(METADATA.create_all)
    yield ledger
    await ledger.database.close()


@asynccontextmanager
async def consuming(log: Log, ledger: Ledger, consumer: Consumer = NOTING) -> AsyncIterator[None]:
    task = asyncio.create_task(consume(consumer, Source(log.tail()), ledger, open_context))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until(so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not so():  # noqa: ASYNC110 # nothing else tells
            await asyncio.sleep(0.001)


async def noted(ledger: Ledger, count: int) -> list[int]:
    """What is noted, as soon as it is so many."""
    async with asyncio.timeout(PATIENCE_S):
        while len(numbers := await ledger.numbers()) < count:  # noqa: ASYNC110 # nothing else tells
            await asyncio.sleep(0.001)
    return numbers


async def test_each_event_of_its_types_is_handled_once_in_order(log: Log, ledger: Ledger) -> None:
    for _ in range(3):
        await log.write()
    async with log.database.transaction() as transaction:
        await EventLog(EVENTS, SYSTEM, utc_now, log.wakes.ring).append(transaction, "thing.else", NOBODY, number=-1)
    async with consuming(log, ledger):
        assert await noted(ledger, 3) == [0, 1, 2]
        await log.write()
        assert await noted(ledger, 4) == [0, 1, 2, 3]
    await log.write()
    async with consuming(log, ledger):
        assert await noted(ledger, 5) == [0, 1, 2, 3, 4]
    assert await ledger.offsets.position("noting") == await log.journal.head()


async def test_the_offset_also_moves_over_events_of_other_types(
    log: Log, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the log would forget them, and the consumer take them for events that it has missed."""
    await log.write()
    async with consuming(log, ledger):
        await noted(ledger, 1)
        async with log.database.transaction() as transaction:
            await EventLog(EVENTS, SYSTEM, utc_now, log.wakes.ring).append(transaction, "thing.else", NOBODY)
        head = await log.journal.head()
        assert await ledger.offsets.position("noting") < head, "not with each of them"
        monkeypatch.setattr(consumers, "STORE_EVERY_S", 0.0)
        async with asyncio.timeout(PATIENCE_S):
            while await ledger.offsets.position("noting") < head:
                pass


async def test_of_all_types_those_that_are_picked_are_handled(log: Log, ledger: Ledger) -> None:
    async def pick(_: Context, events: Sequence[Event]) -> Sequence[Event]:
        return [event for event in events if event.data["number"] % 2]

    for _ in range(4):
        await log.write()
    async with consuming(log, ledger, replace(NOTING, types=None, pick=pick)):
        assert await noted(ledger, 2) == [1, 3]
        await log.write()
        await log.write()
        assert await noted(ledger, 3) == [1, 3, 5]
    assert await ledger.offsets.position("noting") == await log.journal.head()


async def test_an_event_that_cannot_be_handled_is_tried_again_and_later_ones_wait(
    log: Log, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RETRY_S", (0.001,))
    lags: list[float] = []
    monkeypatch.setattr(consumers, "lagging", [lambda _, seconds: lags.append(seconds)])
    well = False

    async def handle(context: Context, transaction: Transaction, event: Event) -> None:
        await note(context, transaction, event)
        if event.data["number"] == 1 and not well:
            raise SourceUnavailable("somewhere", "gone") if len(failures()) % 2 else ZeroDivisionError

    def failures() -> list[tuple[str, int]]:
        return [(entry["log_level"], entry["tries"]) for entry in logged if entry["event"] == "event not handled"]

    await log.write(at=datetime(2026, 1, 1, tzinfo=UTC))
    for _ in range(2):
        await log.write(at=datetime(2026, 1, 1, tzinfo=UTC))
    with capture_logs() as logged:
        async with consuming(log, ledger, replace(NOTING, handle=handle)):
            await until(lambda: len(failures()) >= 4)
            assert await ledger.numbers() == [0]
            assert lags[-1] > 1000
            well = True
            assert await noted(ledger, 3) == [0, 1, 2]
            await until(lambda: lags[-1] == 0)
    assert failures()[:4] == [("error", 1), ("warning", 2), ("error", 3), ("warning", 4)]


async def test_who_has_missed_events_says_so_and_does_not_go_on(
    log: Log, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "RETRY_S", (0.001,))
    for _ in range(4):
        await log.write()
    async with consuming(log, ledger):
        await noted(ledger, 4)
    ahead = Position(10**12, 10**6)  # as after the log was restored from a copy
    async with ledger.offsets.moving("noting", await ledger.offsets.position("noting"), ahead):
        pass
    with capture_logs() as logged:
        async with consuming(log, ledger):
            await log.write()
            await until(lambda: len(logged) >= 2)
    assert logged[0]["event"] == "consumer has missed events that are no longer kept"
    assert await ledger.numbers() == [0, 1, 2, 3]
    async with ledger.database.transaction() as transaction:
        await transaction.write(sa.delete(OFFSETS))
    async with consuming(log, ledger):
        assert await noted(ledger, 9) == [0, 1, 2, 3, 0, 1, 2, 3, 4]


async def test_processes_that_are_killed_at_any_moment_do_nothing_twice(log: Log, ledger: Ledger) -> None:
    """Two at a time, which no lease keeps apart."""
    events, kills, chance = 400, 4, random.Random(7)
    arguments = ("-m", "tests.events.ledger", log.database.url, ledger.database.url)

    async def begun() -> Process:
        return await asyncio.create_subprocess_exec(sys.executable, *arguments, cwd=ROOT)

    async def write() -> None:
        for _ in range(events // 4):
            async with log.database.transaction() as transaction:
                for _ in range(4):
                    await log.append(transaction)

    processes = [await begun(), await begun()]
    writing = asyncio.create_task(write())
    for kill in range(kills):
        before = len(await ledger.numbers())
        await noted(ledger, min(before + chance.randrange(1, 40), events))
        victim = processes.pop(kill % 2)
        victim.kill()
        await victim.wait()
        processes.append(await begun())
    await writing
    await noted(ledger, events)
    for process in processes:
        process.kill()
        await process.wait()
    assert await ledger.numbers() == list(range(events))
