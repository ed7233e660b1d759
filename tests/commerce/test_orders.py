"""Orders: bought, shipped, cancelled and refunded, each once, and seen by those who may."""

import asyncio
from collections import Counter
from typing import Any

import sqlalchemy as sa

from datasources.commerce.tables import EVENTS, IDEMPOTENCY, ORDERS, PAYMENTS, STOCK_MOVEMENTS
from tests.commerce.shop import Shop
from tests.commerce.till import ADDRESS, PLACE, Till
from tests.gateway_client import Gateway

EVERYTHING = """
query ($id: ID!) {
  order(id: $id) {
    number status placedAt
    subtotal { amount currency } tax { amount } total { amount }
    customer { name }
    shippingAddress { recipient street city postalCode country }
    lines {
      sku name quantity refundedQuantity product { unitsSold }
      unitPrice { amount } tax { amount } total { amount }
    }
    payment { status currency amount { amount } captured { amount } refunded { amount } }
    shipment { status carrier }
    history { status by note }
    refunds { status amount { amount } reason restocked }
  }
}
"""


async def everything(gateway: Gateway, id: str, as_: Any) -> dict[str, Any]:
    told: dict[str, Any] = (await gateway.data(EVERYTHING, {"id": id}, as_=as_))["order"]
    return told


async def test_a_cart_becomes_an_order(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product("Mug", sku="MUG", price=1000, stock={"BER": 5})
    pot = await shop.product("Pot", sku="POT", price=2550, stock={"BER": 2, "LYS": 2})
    await till.fill(ada, mug, 2)
    await till.fill(ada, pot, 3)
    id = await till.place(ada)
    told = await everything(gateway, id, ada)
    number, placed_at = told.pop("number"), told.pop("placedAt")
    assert len(number) == 11
    assert placed_at == shop.clock().isoformat()
    assert told == {
        "status": "PLACED",
        "subtotal": {"amount": "96.50", "currency": "EUR"},
        "tax": {"amount": "18.34"},
        "total": {"amount": "114.84"},
        "customer": {"name": "Ada"},
        "shippingAddress": ADDRESS,
        "lines": [
            {
                "sku": "MUG",
                "name": "Mug",
                "quantity": 2,
                "refundedQuantity": 0,
                "product": {"unitsSold": 2},
                "unitPrice": {"amount": "10.00"},
                "tax": {"amount": "3.80"},
                "total": {"amount": "23.80"},
            },
            {
                "sku": "POT",
                "name": "Pot",
                "quantity": 3,
                "refundedQuantity": 0,
                "product": {"unitsSold": 3},
                "unitPrice": {"amount": "25.50"},
                "tax": {"amount": "14.54"},
                "total": {"amount": "91.04"},
            },
        ],
        "payment": {
            "status": "AUTHORISED",
            "currency": "EUR",
            "amount": {"amount": "114.84"},
            "captured": {"amount": "0.00"},
            "refunded": {"amount": "0.00"},
        },
        "shipment": None,
        "history": [{"status": "PLACED", "by": "CUSTOMER", "note": None}],
        "refunds": [],
    }
    assert (await gateway.data("{ cart { lines { quantity } } }", as_=ada))["cart"] == {"lines": []}
    assert await till.stock(mug) == (5, 2, 2)
    assert await till.stock(pot) == (4, 3, 3)


async def test_shipped_then_refunded_in_part_and_in_full(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product("Mug", price=333, stock={"BER": 5})
    id = await till.bought(ada, mug, 3)  # 9.99 and 1.90 of tax: 11.89 do not part into three
    shop.clock.forward(minutes=1)
    assert await till.ship(id) == id
    assert await till.stock(mug) == (2, 0, 3)
    line = (await till.told(id))["lines"][0]["id"]
    for reason in ("Broken", "Too blue"):
        shop.clock.forward(minutes=1)
        assert await till.refund(id, lines=[{"orderLineId": line, "quantity": 1}], restock=True, reason=reason) == id
    shop.clock.forward(minutes=1)
    assert await till.refund(id) == id
    told = await everything(gateway, id, ada)
    assert (told["status"], told["lines"][0]["refundedQuantity"]) == ("REFUNDED", 3)
    assert told["shipment"] == {"status": "CREATED", "carrier": "dhl"}
    assert told["payment"]["captured"] == told["payment"]["refunded"] == {"amount": "11.89"}
    assert told["refunds"] == [
        {"status": "DONE", "amount": {"amount": "3.96"}, "reason": "Broken", "restocked": True},
        {"status": "DONE", "amount": {"amount": "3.96"}, "reason": "Too blue", "restocked": True},
        {"status": "DONE", "amount": {"amount": "3.97"}, "reason": None, "restocked": False},
    ]
    assert told["history"] == [
        {"status": "PLACED", "by": "CUSTOMER", "note": None},
        {"status": "SHIPPED", "by": "STAFF", "note": None},
        {"status": "PARTIALLY_REFUNDED", "by": "STAFF", "note": "Broken"},
        {"status": "PARTIALLY_REFUNDED", "by": "STAFF", "note": "Too blue"},
        {"status": "REFUNDED", "by": "STAFF", "note": None},
    ]
    assert await till.stock(mug) == (4, 0, 3)
    events = await shop.database.rows(sa.select(EVENTS.c.type).where(EVENTS.c.type.like("order.%")))
    assert Counter(row.type for row in events) == {"order.placed": 1, "order.shipped": 1, "order.refunded": 3}


async def test_cancelled_by_its_customer(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    id = await till.bought(ada, mug, 2)
    shop.clock.forward(minutes=1)
    assert await till.cancel(id, as_=ada) == id
    told = await everything(gateway, id, ada)
    assert (told["status"], told["payment"]["status"]) == ("CANCELLED", "VOIDED")
    assert told["history"][-1] == {"status": "CANCELLED", "by": "CUSTOMER", "note": None}
    assert await till.stock(mug) == (5, 0, 0)
    assert await till.money() == [("canceled", 0, 0)]


async def test_moves_that_cannot_be_are_told_and_change_nothing(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    cancelled, shipped, placed = [await till.bought(ada, mug) for _ in range(3)]
    await till.cancel(cancelled)
    await till.ship(shipped)
    before = [await shop.count(table) for table in (EVENTS, STOCK_MOVEMENTS, IDEMPOTENCY)]
    for refused in (
        till.ship(cancelled),
        till.cancel(cancelled),
        till.refund(cancelled),
        till.cancel(shipped, as_=ada),
        till.ship(shipped),
        till.refund(placed),
    ):
        assert await refused == "COMMERCE_INVALID_MOVE"
    assert [await shop.count(table) for table in (EVENTS, STOCK_MOVEMENTS, IDEMPOTENCY)] == before
    problem = await gateway.data(
        """mutation ($id: ID!) { shipOrder(input: {orderId: $id, idempotencyKey: "x"}) { problem {
          message ... on InvalidMoveProblem { status wanted }
        } } }""",
        {"id": cancelled},
        as_=till.staff,
    )
    assert problem["shipOrder"]["problem"] == {
        "message": "An order that is cancelled cannot become shipped.",
        "status": "CANCELLED",
        "wanted": "SHIPPED",
    }


async def test_bad_input_buys_nothing(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(stock={"BER": 5}))
    bad: list[dict[str, Any]] = [
        {"address": None},
        {"addressId": "garbage"},
        {"addressId": shop.id("Address", ada.id)},
        {"address": ADDRESS | {"country": "XX"}},
        {"address": ADDRESS | {"city": " "}},
        {"paymentMethod": ""},
        {"paymentMethod": "x" * 65},
        {"idempotencyKey": ""},
        {"idempotencyKey": "x" * 129},
    ]
    for change in bad:
        assert await till.place(ada, **change) == "INVALID_INPUT", change
    assert await shop.count(PAYMENTS) == await shop.count(ORDERS) == 0


async def test_what_cannot_be_bought_is_refused_before_any_payment(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    assert await till.place(ada) == "COMMERCE_EMPTY_CART"
    assert await till.place(shop.staff("*")) == "COMMERCE_EMPTY_CART"
    mug = await shop.product(stock={"BER": 1})
    await till.fill(ada, mug, 2)
    assert await till.place(ada) == "COMMERCE_OUT_OF_STOCK"
    theirs = shop.id("Address", await shop.address(bo))
    assert await till.place(ada, address=None, addressId=theirs) == "NOT_FOUND"
    await gateway.data(
        "mutation ($id: ID!) { retireProduct(input: {productId: $id}) { problem { code } } }",
        {"id": shop.id("Product", mug)},
        as_=shop.staff("catalogue:write"),
    )
    assert await till.place(ada) == "INVALID_INPUT"
    assert await gateway.refused(
        PLACE, {"input": {"address": ADDRESS, "paymentMethod": "x", "idempotencyKey": "x"}}
    ) == ["UNAUTHENTICATED"]
    assert await shop.count(PAYMENTS) == 0
    assert await till.stock(mug) == (1, 0, 0)


async def test_bought_in_another_currency_to_a_kept_address(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer(currency="JPY")
    await till.fill(ada, await shop.product(price=1000, stock={"BER": 1}))
    id = await till.place(ada, address=None, addressId=shop.id("Address", await shop.address(ada)))
    told = await everything(gateway, id, ada)
    assert told["subtotal"]["currency"] == told["payment"]["currency"] == "JPY"
    assert told["payment"]["amount"] == told["total"]
    assert "." not in told["total"]["amount"]
    assert told["shippingAddress"]["street"] == "Analytical Way 1"


async def test_refunds_cannot_exceed_what_was_bought(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 9})
    id, other = await till.bought(ada, mug, 2), await till.bought(ada, mug, 1)
    await till.ship(id)
    line, foreign = [(await till.told(of))["lines"][0]["id"] for of in (id, other)]
    for lines in (
        [{"orderLineId": line, "quantity": 3}],
        [{"orderLineId": line, "quantity": 0}],
        [{"orderLineId": line, "quantity": -1}],
        [{"orderLineId": line, "quantity": 1}, {"orderLineId": line, "quantity": 1}],
        [{"orderLineId": foreign, "quantity": 1}],
        [{"orderLineId": id, "quantity": 1}],
        [],
    ):
        assert await till.refund(id, lines=lines) == "INVALID_INPUT"
    assert await till.refunds() == []
    outcomes = await asyncio.gather(*(till.refund(id, lines=[{"orderLineId": line, "quantity": 1}]) for _ in range(4)))
    assert outcomes.count(id) == 2
    assert set(outcomes) <= {id, "INVALID_INPUT", "COMMERCE_INVALID_MOVE"}
    assert await till.refunds() == [("done", 1190), ("done", 1190)]
    assert await till.money() == [("requires_capture", 0, 0), ("succeeded", 2380, 2380)]
    assert (await till.told(id))["status"] == "REFUNDED"


async def test_other_peoples_orders_are_invisible(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com", name="Bo")
    id = await till.bought(ada, await shop.product(stock={"BER": 5}))
    line = (await till.told(id))["lines"][0]["id"]
    query = """query ($id: ID!, $line: ID!, $ada: ID!) {
      order(id: $id) { id } node(id: $id) { id } nodes(ids: [$line]) { id }
      orders { nodes { id } totalCount } customer(id: $ada) { orders { totalCount nodes { id } } }
    }"""
    variables = {"id": id, "line": line, "ada": shop.id("Customer", ada.id)}
    nothing = {
        "order": None,
        "node": None,
        "nodes": [None],
        "orders": {"nodes": [], "totalCount": 0},
        "customer": None,
    }
    mine = {"nodes": [{"id": id}], "totalCount": 1}
    assert await gateway.data(query, variables, as_=bo) == nothing
    assert await gateway.data(query, variables, as_=ada) == {
        "order": {"id": id},
        "node": {"id": id},
        "nodes": [{"id": line}],
        "orders": mine,
        "customer": {"orders": mine},
    }
    curious = shop.staff("customers:read")
    assert (await gateway.data(query, variables, as_=curious))["customer"] == {"orders": {"totalCount": 0, "nodes": []}}
    assert await till.cancel(id, as_=bo) == "NOT_FOUND"
    assert await till.cancel(id, as_=shop.staff("orders:read")) == "FORBIDDEN"
    for mutation in ("shipOrder", "refundOrder"):
        asked = (
            f'mutation ($id: ID!) {{ {mutation}(input: {{orderId: $id, idempotencyKey: "x"}}) {{ order {{ id }} }} }}'
        )
        assert await gateway.refused(asked, {"id": id}, as_=ada) == ["FORBIDDEN"]
    assert await till.statuses() == {"placed": 1}


async def test_orders_are_listed_by_status_in_pages(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 9})
    ids = []
    for _ in range(3):
        ids.append(await till.bought(ada, mug))
        shop.clock.forward(minutes=1)
    await till.cancel(ids[1])
    query = """query ($status: OrderStatus, $after: String) {
      orders(status: $status, first: 1, after: $after) { nodes { id } totalCount pageInfo { endCursor } }
    }"""
    page = (await gateway.data(query, {"status": "PLACED"}, as_=ada))["orders"]
    assert (page["nodes"], page["totalCount"]) == ([{"id": ids[2]}], 2)
    after = page["pageInfo"]["endCursor"]
    assert (await gateway.data(query, {"status": "PLACED", "after": after}, as_=ada))["orders"]["nodes"] == [
        {"id": ids[0]}
    ]
    assert await gateway.refused(query, {"after": after}, as_=ada) == ["INVALID_INPUT"]
    assert await gateway.refused("{ orders { totalCount } }") == ["UNAUTHENTICATED"]
