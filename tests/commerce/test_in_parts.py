"""The nested query in parts: what is late costs as many statements as it would cost at once, whatever is late."""

from decimal import Decimal

import pytest

from tests.commerce.crowd import NESTED, Crowd
from tests.commerce.shop import Shop
from tests.commerce.test_nested_query import ONE_EACH
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

DEFERRED = """
query ($customers: Int!) {
  customers(first: $customers) { nodes {
    name
    ... @defer {
      orders(first: 5) { nodes {
        number
        total { amount currency }
        ... @defer {
          lines {
            quantity
            product {
              name
              available
              ... @defer { stockLevels { warehouse { code } onHand reserved available } }
              priceIn(currency: USD) { amount currency }
            }
          }
        }
        ... @defer { payment { status amount { amount currency } } }
        ... @defer { shipment { status trackingNumber } }
      } }
    }
  } }
}
"""
STREAMED = NESTED.replace("nodes {", "nodes @stream(initialCount: 3) {", 1)


@pytest.mark.parametrize("size", [5, 20])
async def test_deferred_edges_cost_one_statement_or_batch_each(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal, size: int
) -> None:
    crowd = Crowd(shop, switches)
    await crowd.gather(size)
    first, whole = await gateway.parts(DEFERRED, {"customers": size}, as_=shop.staff("*"))
    assert first == {"customers": {"nodes": [{"name": f"Customer {n}"} for n in reversed(range(size))]}}
    assert whole == crowd.told(size, dollars)
    assert gateway.calls == ONE_EACH


@pytest.mark.parametrize("size", [5, 20])
async def test_the_rest_of_a_page_costs_what_its_beginning_costs(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal, size: int
) -> None:
    crowd = Crowd(shop, switches)
    await crowd.gather(size)
    first, whole = await gateway.parts(STREAMED, {"customers": size}, as_=shop.staff("*"))
    told = crowd.told(size, dollars)
    assert first["customers"]["nodes"] == told["customers"]["nodes"][:3]
    assert whole == told
    once = {"commerce.customers": 1, "commerce.warehouse_by_id": 1}  # the same warehouses are in both
    assert gateway.calls == dict.fromkeys(ONE_EACH, 2) | once
