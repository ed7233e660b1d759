"""Analytics: exact sums of what was sold, over orders as they are kept."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway

REVENUE = """
query ($by: SalesRevenueBy!, $from: Date! = "2026-02-27", $to: Date! = "2026-03-02") {
  salesRevenue(by: $by, from: $from, to: $to) {
    period category { name } orders units revenue { amount currency }
  }
}
"""
BEST = """
query ($first: Int! = 20, $category: ID, $from: Date! = "2026-02-27", $to: Date! = "2026-03-02") {
  bestSellers(from: $from, to: $to, first: $first, categoryId: $category) {
    product { name } orders units revenue { amount currency }
  }
}
"""


def at(month: int, day: int, hour: int = 12, minute: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def told(row: dict[str, Any]) -> tuple[Any, ...]:
    """Of whom, orders, units, revenue."""
    named = row.get("product") or row.get("category")
    assert row["revenue"]["currency"] == "EUR"
    return (named["name"] if named else row["period"]), row["orders"], row["units"], row["revenue"]["amount"]


async def sums(gateway: Gateway, shop: Shop, query: str = REVENUE, **variables: object) -> list[tuple[Any, ...]]:
    (rows,) = (await gateway.data(query, variables, as_=shop.staff("analytics:read"))).values()
    return [told(row) for row in rows]


@pytest.fixture
async def cups(shop: Shop) -> str:
    """A shop that sold something from 27 February to 2 March; the global id of its category of cups."""
    ada = await shop.customer()
    home, garden = await shop.category("Home"), await shop.category("Garden")
    await shop.category("Office")
    kitchen = await shop.category("Kitchen", parent=home)
    cups = await shop.category("Cups", parent=kitchen)
    mug = await shop.product("Mug", category=cups)
    pot = await shop.product("Pot", category=kitchen)
    rake = await shop.product("Rake", category=garden)
    await shop.product("Rug", category=home)
    await shop.order(ada, Sold(mug, 2, price=500, tax=210), Sold(rake, 1, price=3000), at=at(2, 27, 0))
    await shop.order(ada, Sold(mug, 3, price=333, tax=1, refunded=1), at=at(2, 27, 23, 59), status="partially_refunded")
    await shop.order(ada, Sold(pot, 1, price=2000, refunded=1), at=at(3, 1), status="refunded")
    await shop.order(ada, Sold(pot, 9, price=2000), at=at(3, 1), status="cancelled")
    await shop.order(ada, Sold(mug, 1, price=1000), at=at(3, 2), currency="JPY", rate="160.5", status="shipped")
    await shop.order(ada, Sold(mug, 5), at=at(2, 26, 23, 59))
    await shop.order(ada, Sold(mug, 5), at=at(3, 3, 0))
    return shop.id("ProductCategory", cups)


@pytest.mark.usefixtures("cups")
async def test_revenue_by_day_has_every_day_and_what_refunds_left(gateway: Gateway, shop: Shop) -> None:
    assert await sums(gateway, shop, by="DAY") == [
        # 12.10 + 30.00, and 10.00 less a third of it rounded down
        ("2026-02-27", 2, 5, "48.77"),
        ("2026-02-28", 0, 0, "0.00"),
        ("2026-03-01", 1, 0, "0.00"),
        ("2026-03-02", 1, 1, "10.00"),
    ]
    assert gateway.calls == {"orders": 1}


@pytest.mark.usefixtures("cups")
async def test_revenue_by_month_takes_only_the_days_asked_for(gateway: Gateway, shop: Shop) -> None:
    assert await sums(gateway, shop, by="MONTH", **{"from": "2026-01-31"}) == [
        ("2026-01", 0, 0, "0.00"),
        ("2026-02", 3, 10, "98.77"),
        ("2026-03", 2, 1, "10.00"),
    ]
    assert gateway.calls == {"orders": 1}


@pytest.mark.usefixtures("cups")
async def test_revenue_by_category_is_that_of_the_whole_branch(gateway: Gateway, shop: Shop) -> None:
    assert await sums(gateway, shop, by="CATEGORY") == [
        ("Garden", 1, 1, "30.00"),
        ("Home", 4, 5, "28.77"),
        ("Office", 0, 0, "0.00"),
    ]
    assert gateway.calls == {"categories": 1, "commerce.category_by_id": 1}


async def test_best_sellers_are_ranked_by_what_was_kept(gateway: Gateway, shop: Shop, cups: str) -> None:
    assert await sums(gateway, shop, BEST) == [("Mug", 3, 5, "28.77"), ("Rake", 1, 1, "30.00")]
    assert gateway.calls == {"orders": 1, "commerce.product_by_id": 1}
    assert await sums(gateway, shop, BEST, first=1) == [("Mug", 3, 5, "28.77")]
    assert await sums(gateway, shop, BEST, category=cups) == [("Mug", 3, 5, "28.77")]
    garden = (await gateway.data("{ categories { id name } }"))["categories"][0]
    assert await sums(gateway, shop, BEST, category=garden["id"]) == [("Rake", 1, 1, "30.00")]


async def test_best_sellers_equal_in_units_are_ranked_by_revenue(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    mug, pot = await shop.product("Mug"), await shop.product("Pot")
    await shop.order(ada, Sold(mug, price=500), Sold(pot, price=900))
    assert [row[0] for row in await sums(gateway, shop, BEST)] == ["Pot", "Mug"]


async def test_where_nothing_was_sold_there_are_zeros(gateway: Gateway, shop: Shop) -> None:
    assert await sums(gateway, shop, by="DAY", to="2026-02-27") == [("2026-02-27", 0, 0, "0.00")]
    assert await sums(gateway, shop, by="CATEGORY") == []
    assert await sums(gateway, shop, BEST) == []


async def test_three_years_are_summed_up_at_once_and_not_more(gateway: Gateway, shop: Shop) -> None:
    assert len(await sums(gateway, shop, by="DAY", **{"from": "2024-01-01"}, to="2026-12-31")) == 1096


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (REVENUE, {"by": "DAY", "from": "2026-03-03"}),
        (REVENUE, {"by": "MONTH", "from": "0001-01-01", "to": "9999-12-31"}),
        (REVENUE, {"by": "CATEGORY", "from": "2023-12-31", "to": "2026-12-31"}),
        (BEST, {"from": "2026-03-03"}),
        (BEST, {"first": 101}),
        (BEST, {"first": -1}),
        (BEST, {"category": "garbage"}),
    ],
)
async def test_what_cannot_be_meant_is_refused(
    gateway: Gateway, shop: Shop, query: str, variables: dict[str, object]
) -> None:
    assert await gateway.refused(query, variables, as_=shop.staff("analytics:read")) == ["INVALID_INPUT"]
    assert not gateway.calls


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.usefixtures("cups")
async def test_the_ends_of_the_calendar_are_days_too(gateway: Gateway, shop: Shop, day: str) -> None:
    assert await sums(gateway, shop, by="DAY", **{"from": day}, to=day) == [(day, 0, 0, "0.00")]


@pytest.mark.usefixtures("cups")
@pytest.mark.parametrize(("query", "variables"), [(REVENUE, {"by": "DAY"}), (BEST, {})])
async def test_only_staff_with_the_scope_may_ask(
    gateway: Gateway, shop: Shop, query: str, variables: dict[str, object]
) -> None:
    assert await gateway.refused(query, variables) == ["UNAUTHENTICATED"]
    assert await gateway.refused(query, variables, as_=await shop.customer("bo@example.com")) == ["FORBIDDEN"]
    assert await gateway.refused(query, variables, as_=shop.staff("orders:read")) == ["FORBIDDEN"]
    assert not gateway.calls
