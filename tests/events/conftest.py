"""A log in a database of commerce, and who writes and follows it."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing
from datetime import datetime
from itertools import count
from uuid import UUID

import pytest

from datasources.actor import SYSTEM
from datasources.commerce.tables import EVENTS
from datasources.cursors import Cursors
from datasources.events import Event, EventLog, Journal, Position, Tail, Topic, Wakes
from datasources.events.journal import START
from datasources.ids import utc_now
from datasources.sql import Database, Transaction

PATIENCE_S = 20
NOBODY = UUID(int=0)
HAPPENED = Topic(frozenset({"thing.happened"}))


class Log:
    """Writes events whose data are their number, as they are written."""

    def __init__(self, url: str) -> None:
        self.database = Database("commerce", url)
        self.wakes = Wakes()
        self.journal = Journal(self.database, EVENTS, Cursors(b"a secret of the tests"))
        self._numbers = count()

    def tail(self, wakes: Wakes | None = None) -> Tail:
        return Tail(self.journal, wakes or self.wakes)

    async def append(
        self, transaction: Transaction, subject: UUID = NOBODY, at: datetime | None = None, **more: UUID
    ) -> int:
        number = next(self._numbers)
        log = EventLog(EVENTS, SYSTEM, lambda: at or utc_now(), self.wakes.ring)
        await log.append(transaction, "thing.happened", subject, number=number, **more)
        return number

    async def write(self, subject: UUID = NOBODY, at: datetime | None = None, **more: UUID) -> int:
        async with self.database.transaction() as transaction:
            return await self.append(transaction, subject, at, **more)


@pytest.fixture
async def log(database_url: str) -> AsyncIterator[Log]:
    log = Log(database_url)
    yield log
    await log.database.close()


@pytest.fixture
async def tail(log: Log) -> AsyncIterator[Tail]:
    tail = log.tail()
    yield tail
    await tail.close()


async def followed(tail: Tail, events: int, after: Position = START, topic: Topic = HAPPENED) -> list[Event]:
    """So many events after a position, as soon as they are there."""
    found: list[Event] = []
    async with asyncio.timeout(PATIENCE_S), aclosing(tail.follow(after, topic)) as following:
        async for _, picked in following:
            found += picked
            if len(found) >= events:
                break
    return found


def numbers(events: Sequence[Event]) -> list[int]:
    return [event.data["number"] for event in events]
