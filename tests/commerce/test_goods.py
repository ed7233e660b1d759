"""Goods that the company received become stock, once, whatever happens meanwhile, and whatever else came with them."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from datasources.actor import SYSTEM
from datasources.commerce.inventory import MAX_ON_HAND
from datasources.commerce.tables import EVENTS, STOCK_LEVELS, STOCK_MOVEMENTS
from datasources.enterprise.events import EventType
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.stores import Enterprise
from datasources.events import Cursor, Event, Overtaken, Position
from datasources.events.journal import START
from house import House
from resolvers.consumers import _Consuming
from schema.commerce.domain import COMMERCE
from tests.commerce.shop import Shop

(RECEIVING,) = (one for one in COMMERCE.consumers if one.of == "enterprise")
Pieces = dict[UUID, int]


class Dock:
    """Where the enterprise receives goods, and commerce hears of it."""

    def __init__(self, house: House, shop: Shop) -> None:
        self.shop = shop
        self._house = house
        self._enterprise: EnterpriseSources = house.sources[Enterprise]

    async def receive(self, warehouse: UUID, *lines: tuple[UUID, int]) -> UUID:
        """What the log of enterprise says of a receipt."""
        receipt = uuid4()
        async with self._enterprise.database.transaction() as transaction:
            log = self._enterprise.events(SYSTEM)
            await log.append(transaction, EventType.GOODS_RECEIVED, receipt, **told(warehouse, *lines))
        return receipt

    async def consume(self) -> None:
        """All that is there by now, as the house does it in the background, and maybe together with it."""
        offsets = self.shop.sources.offsets
        consuming = _Consuming(RECEIVING, self._enterprise.tail, offsets, self._house.open_context)
        while True:
            with suppress(Overtaken):
                await consuming._begin()
                while await consuming._page():
                    pass
                return

    async def handle(self, consumer: str, event: Event, *, dies: bool = False) -> None:
        """The event as one worker handles it; or dies, after it wrote and before it committed."""
        with self._house.open_context(SYSTEM) as context, suppress(Overtaken, asyncio.CancelledError):
            async with self.shop.sources.offsets.moving(consumer, START, event.position) as transaction:
                await RECEIVING.handle(context, transaction, event)
                if dies:
                    raise asyncio.CancelledError

    async def on_hand(self, code: str) -> Pieces:
        here = STOCK_LEVELS.c.warehouse_id == await self.shop.warehouse(code)
        return {
            row.product_id: row.on_hand for row in await self.shop.database.rows(sa.select(STOCK_LEVELS).where(here))
        }

    async def moves(self) -> list[tuple[UUID, str, int, int]]:
        """What the log of commerce says, and what it says is available then, in order."""
        rows = await self.shop.database.rows(sa.select(EVENTS.c.subject, EVENTS.c.data).order_by(EVENTS.c.sequence))
        return [(row.subject, row.data["kind"], row.data["on_hand"], row.data["available"]) for row in rows]


def told(warehouse: UUID, *lines: tuple[UUID, int]) -> dict[str, Any]:
    listed = [{"product": str(product), "quantity": quantity} for product, quantity in lines]
    return {"purchase": str(uuid4()), "warehouse": str(warehouse), "lines": listed}


@pytest.fixture
def dock(house: House, shop: Shop) -> Dock:
    return Dock(house, shop)


async def test_what_is_received_is_stock_once(dock: Dock, shop: Shop) -> None:
    """In parts, to a warehouse that had none, of a product that is not sold any more; read by two, and again."""
    mug, pot = await shop.product("Mug", stock={"BER": 3}), await shop.product("Pot")
    old = await shop.product("Old", active=False)
    ber, osl = await shop.warehouse("BER"), await shop.warehouse("OSL")
    await dock.receive(ber, (mug, 5), (pot, 2), (mug, 1))
    await dock.receive(osl, (mug, 4), (old, 7))
    await dock.receive(ber, (mug, 10))
    await asyncio.gather(dock.consume(), dock.consume())
    await dock.consume()
    assert await dock.on_hand("BER") == {mug: 19, pot: 2}
    assert await dock.on_hand("OSL") == {mug: 4, old: 7}
    first, second, third = [(mug, 6, 9), (pot, 2, 2)], [(mug, 4, 4), (old, 7, 7)], [(mug, 10, 19)]
    moves = [(id, "received", by, left) for part in (first, second, third) for id, by, left in sorted(part)]
    assert await dock.moves() == moves
    reasons = await shop.database.rows(sa.select(STOCK_MOVEMENTS.c.reason).where(STOCK_MOVEMENTS.c.reason.is_not(None)))
    assert [row.reason for row in reasons] == ["received"] * 5


async def test_a_consumer_that_dies_has_raised_all_of_a_receipt_or_nothing(dock: Dock, shop: Shop) -> None:
    """Then two go on at once, and one to whom it is told again."""
    mug, pot = await shop.product(stock={"BER": 3}), await shop.product()
    data = told(await shop.warehouse("BER"), (mug, 5), (pot, 2))
    event = Event(Position(1, 1), Cursor(""), EventType.GOODS_RECEIVED, uuid4(), None, data, None, shop.clock())
    await dock.handle("one", event, dies=True)
    assert (await dock.on_hand("BER"), await dock.moves()) == ({mug: 3}, [])
    await asyncio.gather(dock.handle("one", event), dock.handle("one", event))
    await dock.handle("one", event)
    assert await dock.on_hand("BER") == {mug: 8, pot: 2}
    assert len(await dock.moves()) == 2


async def test_what_has_no_place_is_told_and_nothing_waits_for_it(dock: Dock, shop: Shop) -> None:
    mug, pot, full = await shop.product(), await shop.product(), await shop.product(stock={"BER": MAX_ON_HAND})
    ber, unknown, nowhere = await shop.warehouse("BER"), uuid4(), uuid4()
    with capture_logs() as said:
        receipts = [await dock.receive(ber, (unknown, 5), (full, 1), (mug, 2)), await dock.receive(nowhere, (mug, 9))]
        await dock.receive(ber, (pot, 1))
        await dock.consume()
    assert await dock.on_hand("BER") == {mug: 2, pot: 1, full: MAX_ON_HAND}
    assert {(one["receipt"], one["product"], one["quantity"]) for one in said if one["log_level"] == "error"} == {
        (str(receipts[0]), str(unknown), 5),
        (str(receipts[0]), str(full), 1),
        (str(receipts[1]), str(mug), 9),
    }
