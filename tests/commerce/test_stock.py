"""Stock through the graph: what is told to whom, and how staff correct it."""

import asyncio
from typing import Any

import pytest

from datasources.commerce.tables import EVENTS, STOCK_LEVELS, STOCK_MOVEMENTS
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

STOCK = """
query ($id: ID!) {
  product(id: $id) { available stockLevels { warehouse { code country } product { name } onHand reserved available } }
}
"""
ADJUST = """
mutation ($input: AdjustStockInput!) {
  adjustStock(input: $input) {
    level { onHand reserved available warehouse { code } }
    problem { __typename code message ... on InputProblem { field } ... on StockReservedProblem { available } }
  }
}
"""
LEDGER = """
query ($product: ID!, $warehouse: ID, $first: Int! = 20, $after: String) {
  stockMovements(productId: $product, warehouseId: $warehouse, first: $first, after: $after) {
    nodes { kind onHandChange reservedChange reason warehouse { code } product { name } }
    pageInfo { hasNextPage endCursor } totalCount
  }
}
"""


async def adjusting(shop: Shop, product: Any, code: str, change: int, **others: Any) -> dict[str, Any]:
    return {
        "input": {
            "productId": shop.id("Product", product),
            "warehouseId": shop.id("Warehouse", await shop.warehouse(code)),
            "by": change,
            "reason": "COUNTED",
            "idempotencyKey": "k1",
            **others,
        }
    }


async def test_everyone_sees_what_is_available_and_staff_see_where(gateway: Gateway, shop: Shop) -> None:
    mug = await shop.product("Mug", stock={"LYS": 2, "BER": 3})
    product = {"id": shop.id("Product", mug)}
    seen = await gateway.data(STOCK, product, as_=shop.staff("inventory:read"))
    places = {"LYS": 2, "BER": 3}
    assert seen["product"] == {
        "available": 5,
        "stockLevels": [
            {
                "warehouse": {"code": code, "country": "DE"},
                "product": {"name": "Mug"},
                "onHand": places[code],
                "reserved": 0,
                "available": places[code],
            }
            for code in ("BER", "LYS")
        ],
    }
    answer = await gateway.ask(STOCK, product, as_=await shop.customer())
    assert answer["data"] == {"product": {"available": 5, "stockLevels": None}}
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["FORBIDDEN"]


async def test_stock_of_many_products_costs_a_statement_an_edge(gateway: Gateway, shop: Shop) -> None:
    category = await shop.category("Cups")
    for i in range(12):
        await shop.product(f"Mug {i}", category=category, stock={"BER": i, "LYS": 1} if i else {})
    query = "{ products { nodes { available stockLevels { onHand warehouse { code } product { name } } } } }"
    answer = await gateway.data(query, as_=shop.staff("inventory:read"))
    assert [node["available"] for node in answer["products"]["nodes"]] == [*range(12, 1, -1), 0]
    assert gateway.calls == {
        "commerce.products": 1,
        "commerce.available_by_product": 1,
        "commerce.levels_by_product": 1,
        "commerce.warehouse_by_id": 1,
        "commerce.product_by_id": 1,
    }


async def test_staff_correct_a_level_once_and_the_ledger_says_why(gateway: Gateway, shop: Shop) -> None:
    mug = await shop.product("Mug", stock={"BER": 3})
    staff = shop.staff("inventory:write")
    for _ in range(2):
        answer = await gateway.data(ADJUST, await adjusting(shop, mug, "BER", -1, reason="DAMAGED"), as_=staff)
        assert answer["adjustStock"] == {
            "level": {"onHand": 2, "reserved": 0, "available": 2, "warehouse": {"code": "BER"}},
            "problem": None,
        }
    new = await adjusting(shop, mug, "OSL", 7, reason="RECEIVED", idempotencyKey="k2")
    assert (await gateway.data(ADJUST, new, as_=staff))["adjustStock"]["level"]["onHand"] == 7
    reused = await gateway.data(ADJUST, await adjusting(shop, mug, "BER", -2), as_=staff)
    assert reused["adjustStock"]["problem"]["code"] == "IDEMPOTENCY_KEY_REUSED"

    reader = shop.staff("inventory:read")
    product = {"product": shop.id("Product", mug)}
    ledger = (await gateway.data(LEDGER, product, as_=reader))["stockMovements"]
    assert [(m["kind"], m["onHandChange"], m["reason"], m["warehouse"]["code"]) for m in ledger["nodes"]] == [
        ("RECEIVED", 7, "RECEIVED", "OSL"),
        ("ADJUSTED", -1, "DAMAGED", "BER"),
        ("RECEIVED", 3, None, "BER"),
    ]
    assert ledger["totalCount"] == 3
    place = {"warehouse": shop.id("Warehouse", await shop.warehouse("BER")), "first": 1}
    page = (await gateway.data(LEDGER, product | place, as_=reader))["stockMovements"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (2, True)
    last = await gateway.data(LEDGER, product | place | {"after": page["pageInfo"]["endCursor"]}, as_=reader)
    assert [m["onHandChange"] for m in last["stockMovements"]["nodes"]] == [3]
    assert await shop.count(EVENTS) == 2


async def test_what_orders_wait_for_cannot_be_taken_away(gateway: Gateway, shop: Shop) -> None:
    mug = await shop.product(stock={"BER": 3})
    staff = shop.staff("inventory:write")
    inputs = [await adjusting(shop, mug, "BER", -1, idempotencyKey=f"k{i}") for i in range(5)]
    answers = await asyncio.gather(*(gateway.data(ADJUST, one, as_=staff) for one in inputs))
    problems = [answer["adjustStock"]["problem"] for answer in answers]
    assert problems.count(None) == 3
    assert [p for p in problems if p] == [
        {
            "__typename": "StockReservedProblem",
            "code": "COMMERCE_STOCK_RESERVED",
            "message": "Only 0 pieces there are not reserved for orders; take away 0 at most.",
            "available": 0,
        }
    ] * 2
    missing = await gateway.data(ADJUST, await adjusting(shop, mug, "OSL", -1, idempotencyKey="k9"), as_=staff)
    assert missing["adjustStock"]["problem"]["available"] == 0
    assert await shop.count(EVENTS) == 3


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"by": 0}, ("INVALID_INPUT", "by")),
        ({"by": 1_000_001}, ("INVALID_INPUT", "by")),
        ({"by": -(2**31)}, ("INVALID_INPUT", "by")),
        ({"by": -1, "reason": "RECEIVED"}, ("INVALID_INPUT", "by")),
        ({"idempotencyKey": ""}, ("INVALID_INPUT", "idempotencyKey")),
        ({"idempotencyKey": "k" * 129}, ("INVALID_INPUT", "idempotencyKey")),
        ({"idempotencyKey": "k\0"}, ("INVALID_INPUT", "idempotencyKey")),
        ({"productId": "nonsense"}, ("INVALID_INPUT", "productId")),
        (
            {"warehouseId": "UHJvZHVjdDowMTljYWU0MC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA"},
            ("INVALID_INPUT", "warehouseId"),
        ),
        ({"productId": "UHJvZHVjdDowMTljYWU0MC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA"}, ("NOT_FOUND", None)),
        ({"warehouseId": "V2FyZWhvdXNlOjAxOWNhZTQwLTAwMDAtNzAwMC04MDAwLTAwMDAwMDAwMDAwMA"}, ("NOT_FOUND", None)),
    ],
)
async def test_bad_corrections_change_nothing(
    gateway: Gateway, shop: Shop, changes: dict[str, Any], problem: tuple[str, str | None]
) -> None:
    mug = await shop.product(stock={"BER": 3})
    answer = await gateway.data(
        ADJUST, await adjusting(shop, mug, "BER", 1, **changes), as_=shop.staff("inventory:write")
    )
    told = answer["adjustStock"]["problem"]
    assert (told["code"], told.get("field")) == problem
    assert (await shop.count(STOCK_LEVELS), await shop.count(STOCK_MOVEMENTS), await shop.count(EVENTS)) == (1, 1, 0)


async def test_inventory_is_for_its_staff(gateway: Gateway, shop: Shop) -> None:
    mug = await shop.product(stock={"BER": 3})
    ada, writer = await shop.customer(), shop.staff("inventory:write")
    correction = await adjusting(shop, mug, "BER", 1)
    product = {"product": shop.id("Product", mug)}
    assert await gateway.refused(ADJUST, correction) == ["UNAUTHENTICATED"]
    for actor in (ada, shop.staff("inventory:read")):
        assert await gateway.refused(ADJUST, correction, as_=actor) == ["FORBIDDEN"]
    for actor in (ada, writer):
        assert await gateway.refused(LEDGER, product, as_=actor) == ["FORBIDDEN"]
        assert await gateway.refused("{ warehouses { code } }", as_=actor) == ["FORBIDDEN"]
    node = {"id": shop.id("Warehouse", await shop.warehouse("BER"))}
    warehouse = "query ($id: ID!) { node(id: $id) { ... on Warehouse { code } } }"
    assert await gateway.data(warehouse, node, as_=ada) == {"node": None}
    reader = shop.staff("inventory:read")
    assert await gateway.data(warehouse, node, as_=reader) == {"node": {"code": "BER"}}
    assert await gateway.data("{ warehouses { code } }", as_=reader) == {"warehouses": [{"code": "BER"}]}
    assert await shop.count(STOCK_MOVEMENTS) == 1
