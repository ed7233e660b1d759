"""Inventory: reserved without overselling, and explained by its ledger to the last piece."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.commerce.errors import OutOfStock, StockReserved
from datasources.commerce.inventory import Inventory, Wanted, pick
from datasources.commerce.sources import CommerceSources
from datasources.commerce.stock_ledger import AdjustmentReason, MovementKind
from datasources.commerce.tables import ALLOCATIONS, ORDER_LINES, STOCK_LEVELS, STOCK_MOVEMENTS
from datasources.errors import InvalidInput
from datasources.sql import Database
from tests.commerce.shop import Shop, Sold


async def order(shop: Shop, customer: Actor, *lines: tuple[UUID, int]) -> tuple[UUID, list[Wanted]]:
    """An order as it lies in the database before its stock is reserved."""
    id = await shop.order(customer, *(Sold(product, quantity) for product, quantity in lines))
    rows = await shop.database.rows(sa.select(ORDER_LINES).where(ORDER_LINES.c.order_id == id))
    return id, [Wanted(row.id, row.product_id, row.sku, row.quantity) for row in rows]


async def reserve(sources: CommerceSources, order_id: UUID, wanted: list[Wanted]) -> bool:
    """Whether it was in stock."""
    try:
        async with sources.database.transaction() as transaction:
            await Inventory(sources, SYSTEM).reserve(transaction, order_id, wanted)
    except OutOfStock:
        return False
    return True


async def levels(shop: Shop) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    """On hand and reserved, by product and warehouse; no row where both are 0."""
    rows = await shop.database.rows(sa.select(STOCK_LEVELS))
    return {(r.product_id, r.warehouse_id): (r.on_hand, r.reserved) for r in rows if (r.on_hand, r.reserved) != (0, 0)}


async def told_by_the_ledger(shop: Shop) -> dict[tuple[UUID, UUID], tuple[int, int]]:
    on_hand, reserved = Counter[tuple[UUID, UUID]](), Counter[tuple[UUID, UUID]]()
    for row in await shop.database.rows(sa.select(STOCK_MOVEMENTS)):
        on_hand[row.product_id, row.warehouse_id] += row.on_hand_change
        reserved[row.product_id, row.warehouse_id] += row.reserved_change
    return {place: (on_hand[place], reserved[place]) for place in on_hand if on_hand[place] or reserved[place]}


@asynccontextmanager
async def second_pool(shop: Shop, url: str) -> AsyncIterator[CommerceSources]:
    """Another process's view of the same database."""
    database = Database("commerce", url)
    yield replace(shop.sources, database=database)
    await database.close()


async def test_fifty_buyers_of_ten_pieces_are_ten_buyers(shop: Shop, database_url: str) -> None:
    mug = await shop.product(stock={"BER": 6, "LYS": 4})
    ada = await shop.customer()
    orders = [await order(shop, ada, (mug, 1)) for _ in range(50)]
    async with second_pool(shop, database_url) as other:
        pools = (shop.sources, other)
        served = await asyncio.gather(*(reserve(pools[i % 2], *one) for i, one in enumerate(orders)))
    assert sorted(served) == [False] * 40 + [True] * 10
    assert sorted((await levels(shop)).values()) == [(4, 4), (6, 6)]
    assert await shop.count(ALLOCATIONS) == 10
    assert await told_by_the_ledger(shop) == await levels(shop)


async def test_a_line_comes_from_one_warehouse_where_one_has_all(shop: Shop) -> None:
    mug = await shop.product(stock={"BER": 3, "LYS": 5, "OSL": 0})
    ada = await shop.customer()
    ber, lys = await shop.warehouse("BER"), await shop.warehouse("LYS")
    inventory = Inventory(shop.sources, SYSTEM)
    for quantity, expected in ((4, {lys: 4}), (4, {ber: 3, lys: 1})):
        id, wanted = await order(shop, ada, (mug, quantity))
        async with shop.database.transaction() as transaction:
            taken = await inventory.reserve(transaction, id, wanted)
        assert {part.warehouse_id: part.quantity for part in taken} == expected
        assert {part.line_id for part in taken} == {wanted[0].line_id}
    assert await inventory.available_of([mug]) == {mug: 0}


async def test_a_refused_reservation_leaves_nothing_behind(shop: Shop) -> None:
    mug = await shop.product(stock={"BER": 5})
    pot = await shop.product(sku="POT", stock={"BER": 1})
    id, wanted = await order(shop, await shop.customer(), (mug, 2), (pot, 2))
    before = await levels(shop), await shop.count(STOCK_MOVEMENTS)
    with pytest.raises(OutOfStock) as refused:
        async with shop.database.transaction() as transaction:
            await Inventory(shop.sources, SYSTEM).reserve(transaction, id, wanted)
    assert refused.value.extensions == {"code": "COMMERCE_OUT_OF_STOCK", "sku": "POT", "wanted": 2, "available": 1}
    assert (await levels(shop), await shop.count(STOCK_MOVEMENTS)) == before
    assert await shop.count(ALLOCATIONS) == 0


def test_two_lines_of_one_product_share_what_is_left() -> None:
    product, line, warehouse = UUID(int=1), UUID(int=2), UUID(int=3)
    left = {warehouse: 3}
    assert [part.quantity for part in pick(Wanted(line, product, "MUG", 2), left)] == [2]
    with pytest.raises(OutOfStock) as refused:
        pick(Wanted(line, product, "MUG", 2), left)
    assert refused.value.available == 1


async def test_returned_pieces_go_back_where_they_came_from(shop: Shop) -> None:
    mug = await shop.product(stock={"BER": 3, "LYS": 2})
    ber, lys = await shop.warehouse("BER"), await shop.warehouse("LYS")
    id, wanted = await order(shop, await shop.customer(), (mug, 5))
    inventory, line = Inventory(shop.sources, SYSTEM), wanted[0].line_id
    async with shop.database.transaction() as transaction:
        await inventory.reserve(transaction, id, wanted)
        await inventory.ship(transaction, id)
    assert await levels(shop) == {}
    for quantity, expected in ((2, {(mug, ber): (2, 0)}), (3, {(mug, ber): (3, 0), (mug, lys): (2, 0)})):
        async with shop.database.transaction() as transaction:
            await inventory.restock(transaction, id, {line: quantity})
        assert await levels(shop) == expected
    with pytest.raises(InvalidInput):
        async with shop.database.transaction() as transaction:
            await inventory.restock(transaction, id, {line: 1})
    assert await told_by_the_ledger(shop) == await levels(shop) == {(mug, ber): (3, 0), (mug, lys): (2, 0)}


async def test_the_ledger_explains_every_number(shop: Shop, database_url: str) -> None:
    chance = random.Random(7)
    codes = ["BER", "LYS", "OSL"]
    products = [await shop.product(stock={code: chance.randint(0, 12) for code in codes}) for _ in range(3)]
    places = [(product, await shop.warehouse(code)) for product in products for code in codes]
    ada = await shop.customer()
    orders = [
        await order(shop, ada, *((product, chance.randint(1, 4)) for product in chance.sample(products, 2)))
        for _ in range(24)
    ]

    async def live(sources: CommerceSources, id: UUID, wanted: list[Wanted], end: int) -> bool:
        if not await reserve(sources, id, wanted):
            return False
        inventory = Inventory(sources, SYSTEM)
        async with sources.database.transaction() as transaction:
            await (inventory.release if end == 0 else inventory.ship)(transaction, id)
        if end == 2:
            async with sources.database.transaction() as transaction:
                await inventory.restock(transaction, id, {line.line_id: 1 for line in wanted})
        return True

    async def adjust(sources: CommerceSources, place: tuple[UUID, UUID], by: int) -> bool:
        try:
            async with sources.database.transaction() as transaction:
                await Inventory(sources, SYSTEM).adjust(
                    transaction, *place, by, MovementKind.ADJUSTED, AdjustmentReason.COUNTED
                )
        except StockReserved:
            return False
        return True

    async with second_pool(shop, database_url) as other:
        pools = (shop.sources, other)
        lives = [live(pools[i % 2], *one, end=i % 3) for i, one in enumerate(orders)]
        counts = [adjust(pools[i % 2], place, chance.choice((-3, -1, 2))) for i, place in enumerate(places * 2)]
        work = [*lives, *counts]
        chance.shuffle(work)
        done = await asyncio.gather(*work)
    assert any(done)
    found = await levels(shop)
    assert await told_by_the_ledger(shop) == found
    assert all(reserved == 0 <= on_hand for on_hand, reserved in found.values())
