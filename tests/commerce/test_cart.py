"""The cart: filled, priced, and nobody else's."""

import asyncio
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.tables import CART_LINES, CARTS, EVENTS
from resolvers.commerce.pricing import Line, price_lines
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

RESULT = """
fragment Result on CartPayload {
  cart { lines { product { name } quantity } } problem { __typename code ... on InputProblem { field } }
}
"""
ADD = "mutation ($input: AddToCartInput!) { addToCart(input: $input) { ...Result } }" + RESULT
SET = "mutation ($input: SetCartLineInput!) { setCartLine(input: $input) { ...Result } }" + RESULT
CLEAR = "mutation { clearCart { ...Result } }" + RESULT
CART = "{ cart { lines { product { name } quantity } } }"
TOTALS = """
query ($country: String!) {
  cart {
    currency
    lines { quantity }
    totals(country: $country) {
      currency country rate subtotal { amount currency } tax { amount } total { amount }
      lines { product { name } quantity unitPrice { amount currency } tax { amount } total { amount } }
    }
  }
}
"""


class Customer:
    """Someone who fills a cart."""

    def __init__(self, gateway: Gateway, actor: Actor) -> None:
        self.gateway = gateway
        self.actor = actor

    async def add(self, product: str, quantity: int, key: str) -> Any:
        wish = {"productId": product, "quantity": quantity, "idempotencyKey": key}
        return (await self.gateway.data(ADD, {"input": wish}, as_=self.actor))["addToCart"]

    async def set(self, product: str, quantity: int) -> Any:
        wish = {"productId": product, "quantity": quantity}
        return (await self.gateway.data(SET, {"input": wish}, as_=self.actor))["setCartLine"]

    async def clear(self) -> Any:
        return (await self.gateway.data(CLEAR, as_=self.actor))["clearCart"]

    async def cart(self) -> Any:
        return quantities(await self.gateway.data(CART, as_=self.actor))

    async def totals(self, country: str) -> Any:
        return await self.gateway.ask(TOTALS, {"country": country}, as_=self.actor)


def quantities(answer: Any) -> dict[str, int] | None:
    return answer["cart"] and {line["product"]["name"]: line["quantity"] for line in answer["cart"]["lines"]}


@pytest.fixture
async def ada(gateway: Gateway, shop: Shop) -> Customer:
    return Customer(gateway, await shop.customer(currency="USD"))


async def products(shop: Shop, *names: str, **more: Any) -> list[str]:
    return [shop.id("Product", await shop.product(name, **more)) for name in names]


async def test_add_change_and_remove(shop: Shop, ada: Customer) -> None:
    mug, pot = await products(shop, "Mug", "Pot")
    assert await ada.cart() is None
    assert quantities(await ada.add(mug, 2, "k1")) == {"Mug": 2}
    shop.clock.forward(seconds=1)
    assert quantities(await ada.add(pot, 1, "k2")) == {"Mug": 2, "Pot": 1}
    assert quantities(await ada.add(mug, 3, "k3")) == {"Mug": 5, "Pot": 1}
    assert quantities(await ada.set(mug, 1)) == {"Mug": 1, "Pot": 1}
    assert quantities(await ada.set(mug, 1)) == {"Mug": 1, "Pot": 1}
    assert list(await ada.cart()) == ["Mug", "Pot"]
    assert quantities(await ada.set(mug, 0)) == {"Pot": 1}
    assert quantities(await ada.set(mug, 0)) == {"Pot": 1}
    assert quantities(await ada.clear()) == {}
    assert await ada.cart() == {}
    assert (await shop.count(CARTS), await shop.count(CART_LINES)) == (1, 0)


async def test_a_repeated_wish_adds_once(shop: Shop, ada: Customer) -> None:
    mug, pot = await products(shop, "Mug", "Pot")
    await asyncio.gather(*(ada.add(mug, 2, "same") for _ in range(5)))
    assert await ada.cart() == {"Mug": 2}
    assert (await ada.add(pot, 2, "same"))["problem"]["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await ada.cart() == {"Mug": 2}
    assert await shop.count(EVENTS) == 1


async def test_wishes_at_once_all_count(shop: Shop, ada: Customer) -> None:
    (mug,) = await products(shop, "Mug")
    await asyncio.gather(*(ada.add(mug, 1, f"k{i}") for i in range(10)))
    assert await ada.cart() == {"Mug": 10}


async def test_a_cart_is_its_customers_alone(gateway: Gateway, shop: Shop, ada: Customer) -> None:
    (mug,) = await products(shop, "Mug")
    await ada.add(mug, 2, "k1")
    bo = Customer(gateway, await shop.customer("bo@example.com"))
    assert await bo.cart() is None
    id = (await gateway.data("{ cart { id } }", as_=ada.actor))["cart"]["id"]
    node = "query ($id: ID!) { node(id: $id) { id ... on Cart { lines { quantity } } } }"
    assert await gateway.data(node, {"id": id}, as_=ada.actor) == {"node": {"id": id, "lines": [{"quantity": 2}]}}
    for actor in (bo.actor, shop.staff("*")):
        assert await gateway.data(node, {"id": id}, as_=actor) == {"node": None}
    assert await gateway.refused(CART) == ["UNAUTHENTICATED"]
    wish = {"productId": mug, "quantity": 1}
    assert await gateway.refused(SET, {"input": wish}) == ["UNAUTHENTICATED"]
    staff = Customer(gateway, shop.staff("*"))
    assert (await staff.set(mug, 1))["problem"]["code"] == "NOT_FOUND"
    assert (await staff.add(mug, 1, "k2"))["problem"]["code"] == "NOT_FOUND"
    assert (await shop.count(CARTS), await shop.count(EVENTS)) == (1, 1)


@pytest.mark.parametrize(
    ("quantity", "product", "problem"),
    [
        (0, None, ("INVALID_INPUT", "quantity")),
        (-1, None, ("INVALID_INPUT", "quantity")),
        (1000, None, ("INVALID_INPUT", "quantity")),
        (2**31 - 1, None, ("INVALID_INPUT", "quantity")),
        (1, "nonsense", ("INVALID_INPUT", "productId")),
        (1, "Q2F0ZWdvcnk6MDE5Y2FlNDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw", ("INVALID_INPUT", "productId")),
        (1, "UHJvZHVjdDowMTljYWU0MC0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDA", ("NOT_FOUND", None)),
    ],
)
async def test_bad_wishes_change_nothing(
    shop: Shop, ada: Customer, quantity: int, product: str | None, problem: tuple[str, str | None]
) -> None:
    (mug,) = await products(shop, "Mug")
    answers = [await ada.add(product or mug, quantity, "k1")]
    if quantity:
        answers.append(await ada.set(product or mug, quantity))
    for answer in answers:
        assert answer["cart"] is None
        assert (answer["problem"]["code"], answer["problem"].get("field")) == problem
    assert (await shop.count(CARTS), await shop.count(EVENTS)) == (0, 0)


async def test_what_is_retired_cannot_be_added_but_removed(gateway: Gateway, shop: Shop, ada: Customer) -> None:
    old, mug = [*await products(shop, "Old", active=False), *await products(shop, "Mug")]
    assert (await ada.add(old, 1, "k1"))["problem"]["field"] == "productId"
    await ada.set(mug, 1)
    retire = "mutation ($id: ID!) { retireProduct(input: {productId: $id}) { product { active } } }"
    await gateway.data(retire, {"id": mug}, as_=shop.staff("catalogue:write"))
    assert (await ada.set(mug, 2))["problem"]["field"] == "productId"
    assert await ada.cart() == {"Mug": 1}
    assert quantities(await ada.set(mug, 0)) == {}


async def test_quantities_and_lines_are_bounded(shop: Shop, ada: Customer) -> None:
    mug, pot = await products(shop, "Mug", "Pot")
    assert quantities(await ada.add(mug, 998, "k1")) == {"Mug": 998}
    assert (await ada.add(mug, 2, "k2"))["problem"]["field"] == "quantity"
    assert quantities(await ada.add(mug, 1, "k2")) == {"Mug": 999}
    category = await shop.category("Cups")
    cart_id = await shop.database.scalar(sa.select(CARTS.c.id))
    for _ in range(99):
        other = await shop.product(category=category)
        line = {"cart_id": cart_id, "product_id": other, "quantity": 1, "added_at": shop.clock()}
        async with shop.database.transaction() as transaction:
            await transaction.write(sa.insert(CART_LINES).values(line))
    assert (await ada.set(pot, 1))["problem"]["field"] == "productId"
    assert (await ada.add(pot, 1, "k3"))["problem"]["field"] == "productId"
    assert (await ada.set(mug, 5))["problem"] is None
    assert await shop.count(CART_LINES) == 100


async def test_totals_are_in_the_customers_currency_with_its_countrys_tax(
    gateway: Gateway, shop: Shop, ada: Customer, dollars: Decimal
) -> None:
    mug, pot = [*await products(shop, "Mug", price=999), *await products(shop, "Pot", price=2550)]
    await ada.set(mug, 3)
    shop.clock.forward(seconds=1)
    await ada.set(pot, 1)
    answer = await ada.totals("FI")
    lines = [Line(UUID(int=0), quantity, price) for quantity, price in ((3, 999), (1, 2550))]
    expected = price_lines(lines, rate=dollars, currency="USD", country="FI")

    def money(minor: int) -> str:
        return f"{minor // 100}.{minor % 100:02}"

    assert answer == {
        "data": {
            "cart": {
                "currency": "USD",
                "lines": [{"quantity": 3}, {"quantity": 1}],
                "totals": {
                    "currency": "USD",
                    "country": "FI",
                    "rate": str(dollars),
                    "subtotal": {"amount": money(expected.subtotal_minor), "currency": "USD"},
                    "tax": {"amount": money(expected.tax_minor)},
                    "total": {"amount": money(expected.total_minor)},
                    "lines": [
                        {
                            "product": {"name": name},
                            "quantity": line.quantity,
                            "unitPrice": {"amount": money(line.unit_price_minor), "currency": "USD"},
                            "tax": {"amount": money(line.tax_minor)},
                            "total": {"amount": money(line.total_minor)},
                        }
                        for name, line in zip(("Mug", "Pot"), expected.lines, strict=True)
                    ],
                },
            }
        }
    }


async def test_an_empty_cart_costs_nothing_and_a_wrong_country_is_told(shop: Shop, ada: Customer) -> None:
    await ada.clear()
    answer = await ada.totals("DE")
    assert answer["data"]["cart"]["totals"]["total"] == {"amount": "0.00"}
    wrong = await ada.totals("Germany")
    assert wrong["data"]["cart"] == {"currency": "USD", "lines": [], "totals": None}
    assert [error["extensions"] for error in wrong["errors"]] == [{"code": "INVALID_INPUT", "field": "country"}]


async def test_without_rates_the_lines_arrive(shop: Shop, ada: Customer, switches: RunningSandbox) -> None:
    (mug,) = await products(shop, "Mug")
    await ada.set(mug, 3)
    switches.fault("rates", "down")
    answer = await ada.totals("DE")
    assert answer["data"]["cart"] == {"currency": "USD", "lines": [{"quantity": 3}], "totals": None}
    assert [(error["path"], error["extensions"]) for error in answer["errors"]] == [
        (["cart", "totals"], {"code": "SOURCE_UNAVAILABLE", "service": "rates"})
    ]
    switches.heal("rates")
    assert (await ada.totals("DE"))["data"]["cart"]["totals"]["currency"] == "USD"
