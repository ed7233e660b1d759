"""Payments at the provider are compared with the books, from the order at the till to the ledger."""

from uuid import uuid4

import pytest

from datasources.commerce.events import EventType
from datasources.money import Money
from house import House
from resolvers.finance.reconciling import Difference, differences
from tests.commerce.shop import Shop
from tests.commerce.till import Till
from tests.finance.bank import Bank
from tests.finance.test_postings import consume, happened
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

RECONCILE = """{ reconciliation { compared complete
  differences { orderId order { number } atProvider { amount } booked { amount } } } }"""


@pytest.fixture
def till(house: House, gateway: Gateway, shop: Shop, switches: RunningSandbox) -> Till:
    return Till(house, gateway, shop, switches)


async def test_each_difference_is_listed_until_there_is_none(bank: Bank, shop: Shop, till: Till) -> None:
    async def found() -> list[tuple[str, str | None, str | None]]:
        told = (await bank.gateway.data(RECONCILE, as_=bank.accountant))["reconciliation"]
        assert (told["compared"], told["complete"]) == (2, True)
        return [
            (one["orderId"], *(one[side] and one[side]["amount"] for side in ("atProvider", "booked")))
            for one in told["differences"]
        ]

    ada, mug, unknown = await shop.customer(), await shop.product(price=10_00, stock={"BER": 9}), uuid4()
    order = await till.ship(await till.bought(ada, mug, 2))
    await happened(shop, EventType.ORDER_SHIPPED, unknown, amount_minor=5_00, tax_minor=0, currency="EUR")
    await consume(bank, shop)
    nowhere = (shop.id("Order", unknown), None, "5.00")
    assert await found() == [nowhere]
    await till.refund(order)
    await consume(bank, shop)
    assert await found() == [nowhere]
    await bank.must_balance()


async def test_it_is_for_the_books_and_says_when_the_service_is_away(
    bank: Bank, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    await till.ship(await till.bought(await shop.customer(), await shop.product(stock={"BER": 9})))
    assert await bank.gateway.refused(RECONCILE, as_=bank.officers[0]) == ["FORBIDDEN"]
    many = "{ reconciliation(days: 91) { compared } }"
    assert await bank.gateway.refused(many, as_=bank.accountant) == ["INVALID_INPUT"]
    switches.fault("payments", "error", status=503)
    assert await bank.gateway.refused(RECONCILE, as_=bank.accountant) == ["SOURCE_UNAVAILABLE"]


def test_what_one_side_alone_knows_is_a_difference() -> None:
    same, more, taken, booked = orders = [uuid4() for _ in range(4)]
    paid = {same: Money(5, "EUR"), more: Money(6, "EUR"), taken: Money(1, "EUR")}
    ours = {same: Money(5, "EUR"), more: Money(6, "USD"), booked: Money(0, "EUR")}
    assert differences(orders, paid, ours) == [
        Difference(more, Money(6, "EUR"), Money(6, "USD")),
        Difference(taken, Money(1, "EUR"), None),
        Difference(booked, None, Money(0, "EUR")),
    ]
