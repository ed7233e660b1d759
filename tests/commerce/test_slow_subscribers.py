"""Subscribers who do not read are passed by: they hold nobody up, nothing is held for them, and they miss nothing."""

from typing import Any

import orjson
import pytest
import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import EVENTS
from datasources.events import Position
from datasources.events import tail as following
from datasources.events.log import NewEvent
from house import House
from tests.commerce.shop import Shop
from tests.gateway.serving import served
from tests.listeners import Listener, audience

SUBSCRIBERS, SILENT = 100, 10
WRITTEN, TOGETHER = 200, 20
QUERY = "subscription { stockChanged { cursor product { name description } } }"
NEWEST = sa.select(EVENTS.c.transaction, EVENTS.c.sequence).order_by(EVENTS.c.sequence.desc()).limit(1)
LONG = "Keeps what it is given. " * 100
"""Two hundred of it are more than the system holds for a connection."""


async def test_who_does_not_read_holds_nobody_up_and_misses_nothing(
    house: House, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "KEPT", 2 * TOGETHER)
    mug = await shop.product("Mug", description=LONG)
    journal = house.sources[Commerce].tail.journal
    read: list[Position] = []
    from_log = journal.kept_after

    async def kept_after(position: Position, limit: int) -> Any:
        read.append(position)
        return await from_log(position, limit)

    async def write(events: int) -> bytes:
        """The cursor of the last of them."""
        async with shop.database.transaction() as transaction:
            moved = [NewEvent(EventType.STOCK_MOVED, mug) for _ in range(events)]
            await shop.sources.events(SYSTEM).extend(transaction, moved)
        (newest,) = await shop.database.rows(NEWEST)
        cursor: str = journal.cursor(Position(*newest))
        return cursor.encode()

    async with served(house.app, lifespan="off") as port:
        people = [shop.staff("orders:read") for _ in range(SUBSCRIBERS)]
        tokens = [house.tokens.issue(person.signed_in, person.scopes, 600) for person in people]
        async with audience(port, tokens, QUERY, small_buffers=SILENT) as room:
            await room.begin(lambda: write(1))
            room.forget()
            silent, reading = room.listeners[:SILENT], room.listeners[SILENT:]
            for listener in silent:
                listener.transport.pause_reading()
            for _ in range(WRITTEN // TOGETHER):
                last = await write(TOGETHER)
            for listener in reading:
                await listener.heard(last)
            told = cursors(reading[0])
            assert len(told) == len(set(told)) == WRITTEN
            assert told == sorted(told, key=lambda cursor: journal._cursors.decode(cursor, journal._listing))
            assert all(cursors(listener) == told for listener in reading)
            monkeypatch.setattr(journal, "kept_after", kept_after)
            for listener in silent:
                listener.transport.resume_reading()
            for listener in silent:
                await listener.heard(last)
            assert read, "from the log, and not from a queue"
            assert all(cursors(listener) == told for listener in silent)


def cursors(listener: Listener) -> list[str]:
    messages = map(orjson.loads, listener.frames())
    return [message["payload"]["data"]["stockChanged"]["cursor"] for message in messages]
