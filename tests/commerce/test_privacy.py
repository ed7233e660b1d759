"""The rights of a person over its data: nothing lies about in clear, all of it can be had, and all of it erased."""

import asyncio
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.payments.records import PaymentRecords
from datasources.commerce.seals import PLACES
from datasources.commerce.tables import (
    ADDRESSES,
    CART_LINES,
    CARTS,
    CUSTOMERS,
    EVENTS,
    METADATA,
    ORDER_CHANGES,
    ORDERS,
    PAYMENTS,
    REFUNDS,
)
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway

EXPORT = "mutation ($id: ID!) { exportCustomer(input: {customerId: $id}) { document problem { code } } }"
ERASE = """
mutation ($id: ID!, $key: String!) {
  eraseCustomer(input: {customerId: $id, idempotencyKey: $key}) {
    customer { id name email phone erasedAt addresses { id } }
    problem { __typename code message ... on ErasureTooEarlyProblem { orders } }
  }
}
"""
ADD_ADDRESS = """
mutation {
  addAddress(input: {
    address: {recipient: "Ada King", street: "Dorset St 1", city: "Marylebone", postalCode: "W1U 4EE", country: "GB"}
    idempotencyKey: "address"
  }) { address { id } problem { code } }
}
"""


class Person:
    """A customer of whom we hold something in every table, with a name, an email and a phone of its own."""

    def __init__(self, shop: Shop, actor: Actor) -> None:
        self.shop = shop
        self.actor = actor
        self.id = shop.id("Customer", actor.id)

    async def orders(self, status: str, payment: str, refund: str = "done") -> UUID:
        """An order of three mugs with an address, history, payment and refund."""
        shop, at = self.shop, self.shop.clock()
        order = await shop.order(self.actor, Sold(await shop.product("Mug"), quantity=3, price=1000), status=status)
        sealed = shop.sources.cipher.seal('{"street": "Dorset St 1"}', b"orders.address:" + order.bytes)
        async with shop.database.transaction() as transaction:
            await transaction.write(sa.update(ORDERS).where(ORDERS.c.id == order).values(sealed_address=sealed))
        await shop.insert(
            ORDER_CHANGES, order_id=order, status=status, actor_id=self.actor.id, note="Ada King rang", at=at
        )
        await shop.insert(
            PAYMENTS,
            order_id=order,
            customer_id=self.actor.id,
            status=payment,
            amount_minor=3000,
            currency="EUR",
            method="pm_card_visa",
            created_at=at,
            updated_at=at,
        )
        await shop.insert(
            REFUNDS,
            order_id=order,
            status=refund,
            amount_minor=1000,
            currency="EUR",
            lines={},
            restock=True,
            reason="Ada King has enough",
            actor_id=self.actor.id,
            created_at=at,
        )
        return order

    async def fills_cart(self) -> None:
        cart = await self.shop.insert(CARTS, customer_id=self.actor.id, updated_at=self.shop.clock())
        line = {"cart_id": cart, "product_id": await self.shop.product("Pot", sku="POT"), "quantity": 2}
        async with self.shop.database.transaction() as transaction:
            await transaction.write(sa.insert(CART_LINES).values(**line, added_at=self.shop.clock()))


@pytest.fixture
async def ada(gateway: Gateway, shop: Shop) -> Person:
    actor = await shop.customer("ada@lovelace.example", name="Ada King")
    await gateway.data('mutation { updateProfile(input: {phone: "+44 20 7946 0123"}) { problem { code } } }', as_=actor)
    await gateway.data(ADD_ADDRESS, as_=actor)
    return Person(shop, actor)


async def kept(shop: Shop) -> str:
    """Every value of every table, as text."""
    values = [
        str(value.decode("latin-1") if isinstance(value, bytes) else value)
        for table in METADATA.tables.values()
        for row in await shop.database.rows(sa.select(table))
        for value in row
    ]
    return "\n".join(values).lower()


def files_of(shop: Shop) -> str:
    """What the files of a SQLite database hold, overwritten rows too; nothing for PostgreSQL."""
    if shop.database.dialect != "sqlite":
        return ""
    path = str(sa.make_url(shop.database.url).database)
    return "\n".join(Path(path + of).read_bytes().decode("latin-1") for of in ("", "-wal")).lower()


async def test_personal_data_is_nowhere_in_clear(gateway: Gateway, shop: Shop, ada: Person) -> None:
    await gateway.data(EXPORT, {"id": ada.id}, as_=ada.actor)
    await gateway.data(ERASE, {"id": ada.id, "key": "1"}, as_=ada.actor)
    everything = await kept(shop) + files_of(shop)
    assert "customer.exported" in everything
    for secret in ("ada king", "lovelace", "7946", "dorset", "marylebone", "w1u"):
        assert secret not in everything


async def test_every_sealed_column_has_a_place() -> None:
    sealed = {c for table in METADATA.tables.values() for c in table.columns if c.name.startswith("sealed")}
    assert sealed == set(PLACES)
    assert len(set(PLACES.values())) == len(PLACES)


async def test_an_export_has_everything(gateway: Gateway, shop: Shop, ada: Person) -> None:
    order = await ada.orders("partially_refunded", payment="captured")
    await ada.fills_cart()
    stranger = Person(shop, await shop.customer("bo@example.com", name="Bo"))
    await stranger.orders("shipped", payment="captured")
    answer = (await gateway.data(EXPORT, {"id": ada.id}, as_=ada.actor))["exportCustomer"]
    assert answer["problem"] is None
    document = answer["document"]
    assert {name: document["profile"][name] for name in ("id", "name", "email", "phone", "currency")} == {
        "id": str(ada.actor.id),
        "name": "Ada King",
        "email": "ada@lovelace.example",
        "phone": "+44 20 7946 0123",
        "currency": "EUR",
    }
    assert [entry["address"] for entry in document["addresses"]] == [
        {
            "recipient": "Ada King",
            "street": "Dorset St 1",
            "city": "Marylebone",
            "postal_code": "W1U 4EE",
            "country": "GB",
        }
    ]
    assert [(line["sku"], line["name"], line["quantity"]) for line in document["cart"]] == [("POT", "Pot", 2)]
    (told,) = document["orders"]
    assert (told["id"], told["status"], told["address"]) == (
        str(order),
        "partially_refunded",
        {"street": "Dorset St 1"},
    )
    assert [(line["name"], line["quantity"]) for line in told["lines"]] == [("Mug", 3)]
    assert [(change["status"], change["note"]) for change in told["history"]] == [
        ("partially_refunded", "Ada King rang")
    ]
    assert [(refund["amount_minor"], refund["reason"]) for refund in told["refunds"]] == [(1000, "Ada King has enough")]
    assert [(payment["amount_minor"], payment["status"]) for payment in document["payments"]] == [(3000, "captured")]
    assert not [name for name in document["profile"] if name.startswith("sealed") or name == "email_index"]
    by_staff = await gateway.data(EXPORT, {"id": ada.id}, as_=shop.staff("customers:write"))
    assert by_staff["exportCustomer"]["document"] == document


def test_an_export_knows_every_table_that_is_somebodys() -> None:
    of_customers = {t.name for t in METADATA.tables.values() if "customer_id" in t.columns}
    of_orders = {t.name for t in METADATA.tables.values() if "order_id" in t.columns} - of_customers
    assert of_customers == {"addresses", "carts", "orders", "payments"}
    # Movements of stock are the warehouse's: a count of pieces beside an order's id.
    assert of_orders == {"order_lines", "order_changes", "refunds", "stock_movements"}


async def test_an_erasure_leaves_orders_of_nobody(gateway: Gateway, shop: Shop, ada: Person) -> None:
    await ada.orders("shipped", payment="captured")
    await ada.orders("cancelled", payment="voided")
    await ada.fills_cart()
    answer = (await gateway.data(ERASE, {"id": ada.id, "key": "1"}, as_=ada.actor))["eraseCustomer"]
    erased_at = answer["customer"].pop("erasedAt")
    assert answer == {
        "customer": {"id": ada.id, "name": None, "email": None, "phone": None, "addresses": []},
        "problem": None,
    }
    assert erased_at == shop.clock().isoformat()
    assert [await shop.count(table) for table in (ADDRESSES, CARTS, CART_LINES)] == [0, 0, 0]
    orders = await shop.database.rows(sa.select(ORDERS.c.customer_id, ORDERS.c.sealed_address, ORDERS.c.total_minor))
    assert [tuple(order) for order in orders] == [(ada.actor.id, None, 3000)] * 2
    assert "ada king" not in await kept(shop)
    staff = shop.staff("customers:read")
    by_email = '{ customers(email: "ada@lovelace.example") { totalCount } customers2: customers { totalCount } }'
    assert await gateway.data(by_email, as_=staff) == {"customers": {"totalCount": 0}, "customers2": {"totalCount": 1}}
    await shop.customer("ada@lovelace.example")


async def test_erasing_twice_is_fine_and_the_dead_stay_dead(gateway: Gateway, shop: Shop, ada: Person) -> None:
    first = await gateway.data(ERASE, {"id": ada.id, "key": "1"}, as_=ada.actor)
    shop.clock.forward(days=1)
    for key, actor in (("1", ada.actor), ("2", ada.actor), ("1", shop.staff("customers:write"))):
        assert await gateway.data(ERASE, {"id": ada.id, "key": key}, as_=actor) == first
    erased = sa.select(sa.func.count()).select_from(EVENTS).where(EVENTS.c.type == "customer.erased")
    assert await shop.database.scalar(erased) == 1
    added = (await gateway.data(ADD_ADDRESS, as_=ada.actor))["addAddress"]
    assert added == {"address": None, "problem": {"code": "NOT_FOUND"}}
    rename = 'mutation { updateProfile(input: {name: "Ada"}) { customer { name } problem { code } } }'
    assert (await gateway.data(rename, as_=ada.actor))["updateProfile"]["problem"] == {"code": "NOT_FOUND"}
    exported = (await gateway.data(EXPORT, {"id": ada.id}, as_=ada.actor))["exportCustomer"]["document"]
    assert (exported["profile"]["name"], exported["addresses"]) == (None, [])


@pytest.mark.parametrize(
    ("status", "payment", "refund", "orders"),
    [
        ("placed", "authorised", "done", ["T-3"]),
        ("placed", "captured", "done", ["T-3"]),
        ("shipped", "capturing", "done", []),
        ("cancelled", "voiding", "done", []),
        ("cancelled", "authorising", "done", []),
        ("shipped", "captured", "started", []),
    ],
)
async def test_what_is_under_way_holds_an_erasure_off(
    gateway: Gateway, shop: Shop, ada: Person, status: str, payment: str, refund: str, orders: list[str]
) -> None:
    await ada.orders(status, payment, refund)
    before = await kept(shop)
    answer = (await gateway.data(ERASE, {"id": ada.id, "key": "1"}, as_=ada.actor))["eraseCustomer"]
    message = answer["problem"].pop("message")
    assert answer["customer"] is None
    assert answer["problem"] == {
        "__typename": "ErasureTooEarlyProblem",
        "code": "COMMERCE_ERASURE_TOO_EARLY",
        "orders": orders,
    }
    assert all(number in message for number in orders)
    assert await kept(shop) == before


async def test_a_refund_that_is_just_beginning_holds_an_erasure_off(gateway: Gateway, shop: Shop, ada: Person) -> None:
    order = await ada.orders("shipped", "captured")
    records = PaymentRecords(shop.database, shop.clock)
    async with shop.database.transaction() as transaction:
        await records.hold(transaction, order)
        refund = {"order_id": order, "amount_minor": 1, "currency": "EUR", "lines": {}, "restock": False}
        await records.insert_refund(transaction, {"id": order, "actor_id": order, **refund})
        erasing = asyncio.create_task(gateway.data(ERASE, {"id": ada.id, "key": "1"}, as_=ada.actor))
        await asyncio.wait([erasing], timeout=1)
    answer = (await erasing)["eraseCustomer"]
    assert answer["problem"]["__typename"] == "ErasureTooEarlyProblem"


async def test_only_oneself_and_writers_export_and_erase(gateway: Gateway, shop: Shop, ada: Person) -> None:
    bo = await shop.customer("bo@example.com")
    variables: dict[str, Any] = {"id": ada.id, "key": "1"}
    before = await kept(shop)
    for ask in (EXPORT, ERASE):
        given = {name: variables[name] for name in ("id", "key") if f"${name}:" in ask}
        assert await gateway.refused(ask, given) == ["UNAUTHENTICATED"]
        for actor in (bo, shop.staff("customers:read"), shop.staff("orders:write")):
            assert await gateway.refused(ask, given, as_=actor) == ["FORBIDDEN"]
        nobody = given | {"id": shop.id("Customer", UUID(int=7))}
        answer = await gateway.data(ask, nobody, as_=shop.staff("customers:write"))
        assert next(iter(answer.values()))["problem"]["code"] == "NOT_FOUND"
        foreign = given | {"id": shop.id("Product", ada.actor.id)}
        answer = await gateway.data(ask, foreign, as_=shop.staff("*"))
        assert next(iter(answer.values()))["problem"]["code"] == "INVALID_INPUT"
    assert await kept(shop) == before


async def test_no_address_slips_in_while_its_customer_is_erased(gateway: Gateway, shop: Shop, ada: Person) -> None:
    adding = [gateway.data(ADD_ADDRESS, as_=ada.actor) for _ in range(4)]
    erasing = [gateway.data(ERASE, {"id": ada.id, "key": str(n)}, as_=ada.actor) for n in range(2)]
    added = [gateway.data(ADD_ADDRESS, as_=ada.actor) for _ in range(4)]
    answers = await asyncio.gather(*adding, *erasing, *added)
    problems = [answer["addAddress"]["problem"] for answer in answers if "addAddress" in answer]
    assert all(problem in (None, {"code": "NOT_FOUND"}) for problem in problems)
    assert await shop.count(ADDRESSES) == 0
    erased = await shop.database.row(sa.select(CUSTOMERS).where(CUSTOMERS.c.id == ada.actor.id))
    assert erased is not None
    assert erased.sealed_email is None
