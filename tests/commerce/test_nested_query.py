"""The nested query that all of this is for: customers, orders, lines, products, stock, prices, payments, shipments."""

import gc
from decimal import Decimal

import pytest

from datasources.errors import SourceError
from resolvers.context import Context
from tests.commerce.crowd import NESTED, Crowd
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

ONE_EACH = {
    "commerce.customers": 1,
    "commerce.orders_by_customer": 1,
    "commerce.lines_by_order": 1,
    "commerce.payment_by_id": 1,
    "commerce.shipment_by_id": 1,
    "commerce.product_by_id": 1,
    "commerce.available_by_product": 1,
    "commerce.levels_by_product": 1,
    "commerce.warehouse_by_id": 1,
    "commerce.price_in": 1,
}


@pytest.mark.parametrize("size", [20, 100])
async def test_it_costs_one_statement_or_batch_an_edge_however_many_ask(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal, size: int
) -> None:
    crowd = Crowd(shop, switches)
    await crowd.gather(size)
    answer = await gateway.data(NESTED, {"customers": size}, as_=shop.staff("*"))
    assert answer == crowd.told(size, dollars)
    assert gateway.calls == ONE_EACH


async def test_nothing_of_it_waits_for_the_collector(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, request: pytest.FixtureRequest
) -> None:
    """All that one operation held makes room for the next, also where its services are dead."""
    await Crowd(shop, switches).gather(20)
    staff = shop.staff("*")
    gc.collect()
    gc.disable()
    request.addfinalizer(gc.enable)
    before = [one for one in gc.get_objects() if isinstance(one, SourceError)]  # of other tests
    await gateway.data(NESTED, {"customers": 20}, as_=staff)
    for service in ("payments", "carriers"):
        switches.fault(service, "error")
    answer = await gateway.ask(NESTED, {"customers": 20}, as_=staff)
    assert len(answer["errors"]) == 20 * (4 + 3)  # payments and shipments
    assert [one for one in gc.get_objects() if isinstance(one, Context) and one.actor.id == staff.id] == []
    assert len([one for one in gc.get_objects() if isinstance(one, SourceError)]) == len(before)


async def test_it_explains_itself(gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal) -> None:
    crowd = Crowd(shop, switches)
    await crowd.gather(20)
    request = {"query": NESTED, "variables": {"customers": 20}, "extensions": {"plan": True}}
    response = await gateway.http.post("/graphql", json=request, headers=gateway.headers(shop.staff("*")))
    plan = response.json()["extensions"]["plan"]
    asked = {step["edge"].removeprefix("commerce."): (step["kind"], step["target"]) for step in plan["steps"]}
    assert asked == {
        "customers": ("sql", "customers"),
        "orders_by_customer": ("sql", "orders"),
        "lines_by_order": ("sql", "order_lines"),
        "product_by_id": ("sql", "products"),
        "available_by_product": ("sql", "stock_levels"),
        "levels_by_product": ("sql", "stock_levels"),
        "warehouse_by_id": ("sql", "warehouses"),
        "payment_by_id": ("rest", "/v1/payment_intents/{}"),
        "shipment_by_id": ("rest", "/v1/shipments:batchGet"),
        "price_in": ("rest", "/v1/latest"),
    }
    orders = next(step for step in plan["steps"] if step["edge"] == "commerce.orders_by_customer")
    assert (orders["keys"], orders["failed"]) == (20, False)
    assert (plan["statements"], plan["calls"]) == (7, 3)
