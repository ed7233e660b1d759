"""Payments at the provider are compared with the books, from both sides, from the order at the till to the ledger."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from datasources.commerce.events import EventType
from datasources.ids import utc_now
from datasources.money import Money
from datasources.sandbox.process import Sandbox
from house import House
from resolvers.commerce.orders import paid
from resolvers.finance.reconciling import MOST_ALONE, Difference, differences
from tests.commerce.shop import Clock, Shop
from tests.commerce.till import Till
from tests.finance.bank import Bank
from tests.finance.test_postings import consume, happened
from tests.gateway_client import Gateway
from tests.sandbox.clients import Payments, authorisation
from tests.sandbox_process import RunningSandbox

RECONCILE = """query ($days: Int! = 1) { reconciliation(days: $days) { compared complete
  differences { orderId order { number } payments atProvider { amount currency } booked { amount currency } } } }"""
EURO = "EUR"


@pytest.fixture
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """One of its own: whatever payment is there counts."""
    with Sandbox(tmp_path_factory.mktemp("payments")) as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    """The payment service's clock is the real one."""
    clock = Clock()
    clock.now = utc_now()
    return clock


@pytest.fixture
def till(house: House, gateway: Gateway, shop: Shop, switches: RunningSandbox) -> Till:
    return Till(house, gateway, shop, switches)


@pytest.fixture
def provider(sandbox: Sandbox) -> Iterator[Payments]:
    """What others do there, behind our back."""
    with Payments(sandbox.url) as client:
        yield client


def captured(provider: Payments, minor: int, order: UUID | None = None) -> str:
    made = provider.change("/v1/payment_intents", authorisation(minor) | {"metadata[order]": str(order or "")}).json()
    provider.change(f"/v1/payment_intents/{made['id']}/capture")
    return str(made["id"])


async def compare(bank: Bank, days: int = 1) -> tuple[int, bool, list[tuple[str | None, int, str | None, str | None]]]:
    told = (await bank.gateway.data(RECONCILE, {"days": days}, as_=bank.accountant))["reconciliation"]
    sides = ("atProvider", "booked")
    found = [
        (one["orderId"], len(one["payments"]), *(one[side] and one[side]["amount"] for side in sides))
        for one in told["differences"]
    ]
    return told["compared"], told["complete"], found


async def test_each_side_is_looked_at_and_what_agrees_is_none(
    bank: Bank, shop: Shop, till: Till, provider: Payments
) -> None:
    ada, mug, unknown = await shop.customer(), await shop.product(price=10_00, stock={"BER": 9}), uuid4()
    order, waits = await till.ship(await till.bought(ada, mug, 2)), await till.bought(ada, mug)
    await happened(shop, EventType.ORDER_SHIPPED, unknown, amount_minor=5_00, tax_minor=0, currency=EURO)
    await consume(bank, shop)
    nowhere = (shop.id("Order", unknown), 0, None, "5.00")
    assert await compare(bank) == (2, True, [nowhere])
    await till.refund(order)
    await consume(bank, shop)
    assert await compare(bank) == (2, True, [nowhere])
    stray, twice = captured(provider, 7_00), captured(provider, 3_00, unknown)
    assert await compare(bank) == (3, True, [(shop.id("Order", unknown), 1, "3.00", "5.00"), (None, 1, "7.00", None)])
    captured(provider, 2_00, unknown)
    assert (await compare(bank))[2] == [(None, 1, "7.00", None)]
    provider.change("/v1/refunds", {"payment_intent": twice, "amount": 1_00})
    provider.change("/v1/refunds", {"payment_intent": stray})
    assert (await compare(bank))[2] == [(shop.id("Order", unknown), 2, "4.00", "5.00"), (None, 1, "0.00", None)]
    await till.ship(waits)
    await consume(bank, shop)
    assert waits not in [one[0] for one in (await compare(bank))[2]]
    await bank.must_balance()


async def test_a_day_is_some_calls_and_nothing_is_left_out(
    bank: Bank, shop: Shop, provider: Payments, switches: RunningSandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def imported(id: str, days: int, **more: Any) -> dict[str, Any]:
        created = int((bank.clock() - timedelta(days=days)).timestamp())
        return {"id": id, "amount": 5_00, "currency": "eur", "status": "succeeded", "created": created, **more}

    orders = [uuid4() for _ in range(104)]
    switches.import_payments(
        [
            *(imported(f"pi_{at}", 0, metadata={"order": str(order)}) for at, order in enumerate(orders)),
            imported("pi_last_week", 6),
            imported("pi_old", 60),
            imported("pi_older", 70),
            imported("pi_reserved", 0, status="requires_capture"),
        ]
    )
    for order in orders[1:]:
        await happened(shop, EventType.ORDER_SHIPPED, order, amount_minor=5_00, tax_minor=0, currency=EURO)
    await consume(bank, shop)
    switches.forget_requests()
    first = (shop.id("Order", orders[0]), 1, "5.00", None)
    assert await compare(bank) == (105, True, [first, (None, 1, "5.00", None)])
    assert len(switches.requests("payments")) == 3  # two of payments, one of refunds
    provider.change("/v1/refunds", {"payment_intent": "pi_old", "amount": 2_00})
    assert (await compare(bank))[2] == [first, (None, 1, "5.00", None), (None, 1, "3.00", None)]
    assert len((await compare(bank, days=90))[2]) == 4
    monkeypatch.setattr(paid, "MOST_LISTED", 2)
    compared, complete, _ = await compare(bank)
    assert (compared, complete) == (1 + 1 + MOST_ALONE, False)  # one of the two is not taken, one was given back


async def test_it_is_for_the_books_and_says_when_the_service_is_away(
    bank: Bank, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    await till.ship(await till.bought(await shop.customer(), await shop.product(stock={"BER": 9})))
    for actor in (bank.officers[0], bank.staff("audit:read"), bank.person()):
        assert await bank.gateway.refused(RECONCILE, as_=actor) == ["FORBIDDEN"]
    for days in (0, 91):
        assert await bank.gateway.refused(RECONCILE, {"days": days}, as_=bank.accountant) == ["INVALID_INPUT"]
    switches.fault("payments", "error", status=503)
    assert await bank.gateway.refused(RECONCILE, as_=bank.accountant) == ["SOURCE_UNAVAILABLE"]


@dataclass(frozen=True)
class Taken:
    id: str
    order_id: UUID | None
    money: Money


def test_what_one_side_alone_knows_is_a_difference_by_currency() -> None:
    same, other, taken, booked = [uuid4() for _ in range(4)]
    paid = [
        Taken("a", same, Money(2, EURO)),
        Taken("b", same, Money(3, EURO)),
        Taken("c", other, Money(6, EURO)),
        Taken("d", taken, Money(1, EURO)),
        Taken("e", None, Money(9, EURO)),
    ]
    ours = {same: [Money(5, EURO)], other: [Money(6, "USD")], booked: [Money(0, EURO)]}
    assert differences(paid, ours) == [
        Difference(other, ["c"], Money(6, EURO), None),
        Difference(taken, ["d"], Money(1, EURO), None),
        Difference(None, ["e"], Money(9, EURO), None),
        Difference(other, ["c"], None, Money(6, "USD")),
        Difference(booked, [], None, Money(0, EURO)),
    ]
