"""Sample data: the same every time, whole or not at all, and every number in it explained."""

import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.cipher import BlindIndex, Cipher
from datasources.commerce import seals
from datasources.commerce.people import person_by_email
from datasources.commerce.sample.draft import Draft
from datasources.commerce.sample.fill import fill, invent, is_empty
from datasources.commerce.sources import CommerceSources
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import (
    ADDRESSES,
    ALLOCATIONS,
    CART_LINES,
    CARTS,
    CATEGORIES,
    CUSTOMERS,
    METADATA,
    ORDER_CHANGES,
    ORDER_LINES,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    REFUNDS,
    STAFF,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
    WAREHOUSES,
)
from datasources.errors import SourceRefused
from datasources.sandbox.process import Sandbox
from datasources.table import Rows
from house import House
from resolvers.commerce import contact
from resolvers.commerce.pricing import Line, price_lines
from tests.commerce.shop import START
from tests.gateway_client import Gateway

SCALE = 0.02
Read = Callable[[sa.Table], Awaitable[Rows]]


@pytest.fixture
def sources(house: House) -> CommerceSources:
    sources: CommerceSources = house.sources[Commerce]
    return sources


@pytest.fixture
async def filled(sources: CommerceSources) -> CommerceSources:
    assert await fill(sources, scale=SCALE)
    return sources


@pytest.fixture
def read(filled: CommerceSources) -> Read:
    return lambda table: filled.database.rows(sa.select(table))


def digest() -> str:
    """Of everything but what is sealed, which is never the same twice."""
    draft = Draft(START, SCALE, Cipher({"k": bytes(32)}), BlindIndex(bytes(32)))
    invent(draft)
    rows = [
        (table.name, sorted((name, value) for name, value in row.items() if not name.startswith("sealed")))
        for table, rows in draft.rows.items()
        for row in rows
    ]
    return hashlib.sha256(repr((rows, draft.payments, draft.shipments)).encode()).hexdigest()


def test_it_is_the_same_every_time_in_every_process() -> None:
    command = [sys.executable, "-c", "from tests.commerce.test_sample import digest; print(digest())"]
    elsewhere = subprocess.run(
        command, env={**os.environ, "PYTHONHASHSEED": "7"}, capture_output=True, text=True, check=True
    )
    assert elsewhere.stdout.strip() == digest()


async def test_it_is_as_large_as_asked_for(filled: CommerceSources) -> None:
    async def count(table: sa.Table) -> int:
        return int(await filled.database.scalar(sa.select(sa.func.count()).select_from(table)))

    tables = (PRODUCTS, CUSTOMERS, ORDERS, WAREHOUSES, STAFF, STOCK_LEVELS, PAYMENTS)
    assert [await count(table) for table in tables] == [20, 40, 200, 4, 5, 80, 200]
    assert 500 < await count(ORDER_LINES) < 700


async def test_a_filled_database_stays_as_it_is(filled: CommerceSources, read: Read) -> None:
    before = [await read(table) for table in METADATA.sorted_tables]
    assert await fill(filled, scale=SCALE) is False
    assert [await read(table) for table in METADATA.sorted_tables] == before


async def test_a_failure_leaves_nothing_behind(sources: CommerceSources, sandbox: Sandbox) -> None:
    class Stopped(Exception):
        pass

    def stop(what: str, done: float) -> None:
        if what == "payments":
            raise Stopped

    with pytest.raises(Stopped):
        await fill(sources, scale=SCALE, progress=stop)
    with pytest.raises(SourceRefused):
        await fill(sources, scale=SCALE, sandbox_url=f"{sandbox.url}/nowhere")
    for table in METADATA.sorted_tables:
        assert await sources.database.rows(sa.select(table)) == []
    assert await is_empty(sources.database)
    assert await fill(sources, scale=SCALE)
    assert not await is_empty(sources.database)


async def test_progress_goes_from_nothing_to_the_whole(sources: CommerceSources) -> None:
    told: list[tuple[str, float]] = []
    await fill(sources, scale=SCALE, progress=lambda what, done: told.append((what, done)))
    fractions = [done for _, done in told]
    assert fractions == sorted(fractions)
    assert (told[0], told[-1]) == (("invent", 0.0), ("done", 1.0))
    assert {"products", "orders", "stock_movements"} < {what for what, _ in told}


async def test_categories_are_a_tree_of_three_levels(read: Read) -> None:
    parents = {row.id: row.parent_id for row in await read(CATEGORIES)}

    def level(id: UUID | None) -> int:
        return 0 if id is None else 1 + level(parents[id])

    assert Counter(map(level, parents)) == {1: 6, 2: 18, 3: 54}
    assert {level(product.category_id) for product in await read(PRODUCTS)} == {3}


async def test_stock_is_the_sum_of_its_movements_and_never_below_zero(read: Read) -> None:
    sums: dict[Any, list[int]] = defaultdict(lambda: [0, 0])
    for move in sorted(await read(STOCK_MOVEMENTS), key=lambda row: (row.at, row.kind != "received")):
        level = sums[move.product_id, move.warehouse_id]
        level[0] += move.on_hand_change
        level[1] += move.reserved_change
        assert 0 <= level[1] <= level[0]
    levels = {(row.product_id, row.warehouse_id): [row.on_hand, row.reserved] for row in await read(STOCK_LEVELS)}
    assert {place: level for place, level in levels.items() if level != [0, 0]} == {
        place: level for place, level in sums.items() if level != [0, 0]
    }


async def test_placed_orders_and_they_alone_hold_reservations(read: Read) -> None:
    orders = {row.id: row for row in await read(ORDERS)}
    lines = {row.id: row for row in await read(ORDER_LINES)}
    allocated: Counter[UUID] = Counter()
    wanted: Counter[tuple[UUID, UUID]] = Counter()
    for part in await read(ALLOCATIONS):
        line = lines[part.order_line_id]
        allocated[line.id] += part.quantity
        if orders[line.order_id].status == "placed":
            wanted[line.product_id, part.warehouse_id] += part.quantity
    assert allocated == {line.id: line.quantity for line in lines.values()}
    reserved = {(row.product_id, row.warehouse_id): row.reserved for row in await read(STOCK_LEVELS) if row.reserved}
    assert reserved == wanted != {}


async def test_units_sold_are_those_of_orders_not_cancelled(read: Read) -> None:
    counted = {row.id for row in await read(ORDERS) if row.status != "cancelled"}
    sold: Counter[UUID] = Counter()
    for line in await read(ORDER_LINES):
        sold[line.product_id] += line.quantity * (line.order_id in counted)
    assert {product.id: product.units_sold for product in await read(PRODUCTS)} == sold


async def test_orders_are_priced_by_the_rules_of_the_shop(read: Read) -> None:
    prices = {row.id: row.price_minor for row in await read(PRODUCTS)}
    lines_of = defaultdict(list)
    for line in sorted(await read(ORDER_LINES), key=lambda row: int(row.position)):
        lines_of[line.order_id].append(line)
    currencies = set()
    for order in await read(ORDERS):
        currencies.add(order.currency)
        lines = lines_of[order.id]
        asked = [Line(line.product_id, line.quantity, prices[line.product_id]) for line in lines]
        totals = price_lines(asked, rate=Decimal(order.rate), currency=order.currency, country=order.country)
        names = ("currency", "unit_price_minor", "tax_minor", "total_minor", "total_base_minor")
        for kept, priced in zip(lines, totals.lines, strict=True):
            assert [getattr(kept, name) for name in names] == [getattr(priced, name) for name in names]
        for name in ("currency", "subtotal_minor", "tax_minor", "total_minor"):
            assert getattr(order, name) == getattr(totals, name)
    assert {"EUR", "GBP", "SEK", "USD"} <= currencies


async def test_payments_and_refunds_match_their_orders(read: Read) -> None:
    payments = {row.order_id: row for row in await read(PAYMENTS)}
    refunds = {row.order_id: row for row in await read(REFUNDS)}
    returned: Counter[UUID] = Counter()
    for line in await read(ORDER_LINES):
        if line.refunded_quantity:
            assert refunds[line.order_id].lines[str(line.id)] == line.refunded_quantity == line.quantity
            returned[line.order_id] += line.total_minor
    kinds = {"placed": "authorised", "cancelled": "voided"}
    orders = await read(ORDERS)
    assert {order.status for order in orders} == {"placed", "shipped", "cancelled", "partially_refunded", "refunded"}
    for order in orders:
        payment = payments[order.id]
        assert (payment.provider_id, payment.amount_minor) == (order.payment_id, order.total_minor)
        assert payment.status == kinds.get(order.status, "captured")
        refunded = refunds[order.id].amount_minor if order.id in refunds else 0
        assert payment.refunded_minor == refunded == returned[order.id]
        whole, part = refunded == order.total_minor, 0 < refunded < order.total_minor
        assert (order.status == "refunded", order.status == "partially_refunded") == (whole, part)


async def test_history_leads_to_the_present(read: Read) -> None:
    history = defaultdict(list)
    for change in sorted(await read(ORDER_CHANGES), key=lambda row: (row.at, row.id)):
        history[change.order_id].append(change)
    for order in await read(ORDERS):
        told = history[order.id]
        assert (told[0].status, told[0].at, told[0].actor_id) == ("placed", order.placed_at, order.customer_id)
        assert (told[-1].status, told[-1].at) == (order.status, order.updated_at)
        assert order.updated_at <= START
        assert (order.shipment_id is not None) == ("shipped" in {change.status for change in told})


async def test_personal_data_is_sealed_valid_and_made_up(filled: CommerceSources, read: Read) -> None:
    def opened(column: sa.Column[Any], row: Any) -> str:
        text = seals.unseal(filled.cipher, column, row.id, getattr(row, column.name))
        assert text is not None
        return text

    for customer in await read(CUSTOMERS):
        email = opened(CUSTOMERS.c.sealed_email, customer)
        assert contact.email(email).endswith("@example.com")
        assert filled.email_index.of(email) == customer.email_index
        contact.name(opened(CUSTOMERS.c.sealed_name, customer))
        if customer.sealed_phone is not None:
            contact.phone(opened(CUSTOMERS.c.sealed_phone, customer))
    for column in (ADDRESSES.c.sealed, ORDERS.c.sealed_address):
        for row in await read(column.table):
            contact.postal_address(seals.PostalAddress.of_json(opened(column, row)))


async def test_everyone_that_the_readme_names_is_there_at_any_scale(sources: CommerceSources) -> None:
    await fill(sources, scale=0.001)
    expected = {
        "ada": "",
        "bo": "",
        "admin": "*",
        "catalogue": "catalogue:write",
        "support": "customers:read customers:write orders:read",
        "warehouse": "inventory:read inventory:write orders:read orders:write",
        "analyst": "analytics:read",
    }
    for name, scopes in expected.items():
        person = await person_by_email(sources, f"{name}@example.com")
        assert person is not None
        assert person.scopes == frozenset(scopes.split())


async def test_ada_has_orders_in_every_state_and_a_cart(gateway: Gateway, filled: CommerceSources) -> None:
    ada = await person_by_email(filled, "ada@example.com")
    assert ada is not None
    data = await gateway.data("{ me { name email currency addresses { recipient country } } }", as_=ada)
    address = {"recipient": "Ada Byron", "country": "DE"}
    assert data["me"]["addresses"][0] == address
    assert (data["me"]["name"], data["me"]["email"], data["me"]["currency"]) == ("Ada Byron", "ada@example.com", "EUR")

    own = sa.select(ORDERS).where(ORDERS.c.customer_id == ada.id).order_by(ORDERS.c.placed_at.desc())
    orders = await filled.database.rows(own)
    assert orders[0].status == "placed"
    assert Counter(order.status for order in orders)["shipped"] >= 2
    assert {"cancelled", "partially_refunded", "refunded"} < {order.status for order in orders}
    in_cart = CART_LINES.join(CARTS).join(PRODUCTS, PRODUCTS.c.id == CART_LINES.c.product_id)
    found = await filled.database.rows(
        sa.select(PRODUCTS.c.active).select_from(in_cart).where(CARTS.c.customer_id == ada.id)
    )
    assert [row.active for row in found] == [True] * 3
