"""Prices in other currencies, through the graph."""

from decimal import Decimal
from typing import Any

import pytest

from datasources.money import Money
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

PRICES = """
{
  products(sort: PRICE_LOW) {
    nodes { price { amount } usd: priceIn(currency: USD) { amount currency } yen: priceIn(currency: JPY) { currency } }
  }
}
"""

# Nothing here depends on the database.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


async def twenty_products(shop: Shop) -> None:
    category = await shop.category("Cups")
    for i in range(20):
        await shop.product(price=1000 + i, category=category)


def in_dollars(cents: int, dollars: Decimal) -> dict[str, str]:
    return {"amount": str(Money(cents, "EUR").converted(dollars, "USD").amount), "currency": "USD"}


async def test_twenty_products_in_two_currencies_cost_one_request(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal
) -> None:
    await twenty_products(shop)
    switches.forget_requests()
    for _ in range(2):
        nodes = (await gateway.data(PRICES))["products"]["nodes"]
        assert [node["usd"] for node in nodes] == [in_dollars(1000 + i, dollars) for i in range(20)]
        assert {node["yen"]["currency"] for node in nodes} == {"JPY"}
        assert gateway.calls == {"commerce.products": 1, "commerce.price_in": 2}  # one for each currency
    assert [request["path"] for request in switches.requests("rates")] == ["/v1/latest"]


async def test_the_price_in_its_own_currency_needs_no_service(
    gateway: Gateway, shop: Shop, switches: RunningSandbox
) -> None:
    await shop.product(price=1234)
    switches.fault("rates", "down")
    answer = await gateway.data("{ products { nodes { priceIn(currency: EUR) { amount currency } } } }")
    assert answer["products"]["nodes"] == [{"priceIn": {"amount": "12.34", "currency": "EUR"}}]


@pytest.mark.parametrize("mode", ["down", "error", "wrong_json", "wrong_types"])
async def test_without_rates_the_rest_of_the_answer_arrives(
    gateway: Gateway, shop: Shop, switches: RunningSandbox, dollars: Decimal, mode: str
) -> None:
    await shop.product(price=1000)
    switches.fault("rates", mode)
    answer = await gateway.ask(PRICES)
    assert answer["data"]["products"]["nodes"] == [{"price": {"amount": "10.00"}, "usd": None, "yen": None}]
    assert [(error["path"], error["extensions"]) for error in answer["errors"]] == [
        (["products", "nodes", 0, name], {"code": "SOURCE_UNAVAILABLE", "service": "rates"}) for name in ("usd", "yen")
    ]
    switches.heal("rates")
    healed = (await gateway.data(PRICES))["products"]["nodes"]
    assert healed[0]["usd"] == in_dollars(1000, dollars)


async def test_rates_are_told_for_any_base(gateway: Gateway, dollars: Decimal) -> None:
    query = "query ($base: Currency!) { exchangeRates(base: $base) { date base rates { currency rate } } }"
    euro: Any = (await gateway.data(query, {"base": "EUR"}))["exchangeRates"]
    by_currency = {one["currency"]: Decimal(one["rate"]) for one in euro["rates"]}
    assert (euro["base"], by_currency["USD"], "EUR" in by_currency) == ("EUR", dollars, False)
    dollar = (await gateway.data(query, {"base": "USD"}))["exchangeRates"]
    of_euro = next(Decimal(one["rate"]) for one in dollar["rates"] if one["currency"] == "EUR")
    assert abs(of_euro * dollars - 1) < Decimal("1e-9")
    assert len(dollar["rates"]) == len(euro["rates"])
