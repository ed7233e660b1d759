"""Payments: whatever is lost on the way, money is never taken twice and never lost."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from datasources.commerce.payments import provider
from datasources.commerce.tables import IDEMPOTENCY, ORDERS, PAYMENTS, PRODUCTS, REFUNDS
from resolvers.commerce.orders.shipping import LOST
from tests.commerce.shop import Shop
from tests.commerce.till import ADDRESS, PLACE, Till
from tests.gateway_client import Gateway
from tests.sandbox.clients import Payments
from tests.sandbox_process import RunningSandbox

UNKNOWN = ("SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT")
ONE = "/v1/payment_intents/"
"""Below it are capture and cancel, but not authorisation."""
FAULTY = {"place": "/v1/payment_intents", "ship": ONE, "cancel": ONE, "refund": "/v1/refunds"}
DONE = {
    "place": ({"placed": 1}, [("requires_capture", 0, 0)], (5, 2, 2)),
    "ship": ({"shipped": 1}, [("succeeded", 2380, 0)], (3, 0, 2)),
    "cancel": ({"cancelled": 1}, [("canceled", 0, 0)], (5, 0, 0)),
    "refund": ({"refunded": 1}, [("succeeded", 2380, 2380)], (3, 0, 2)),
}
"""Orders by status, what the payment service has, and the stock, once an operation is done."""


class Case:
    """A customer who is about to buy two mugs, and an operation that is about to be done with them."""

    def __init__(self, till: Till, shop: Shop, operation: str) -> None:
        self.till = till
        self.operation = operation
        self._shop = shop
        self._repeat: Callable[[], Awaitable[str]]

    async def prepare(self) -> None:
        self.ada = await self._shop.customer()
        self.mug = await self._shop.product(price=1000, stock={"BER": 5})
        await self.till.fill(self.ada, self.mug, 2)
        if self.operation == "place":
            self._repeat = lambda: self.till.place(self.ada, "once")
            return
        id = await self.till.place(self.ada)
        if self.operation == "refund":
            await self.till.ship(id)
        self._repeat = lambda: self.till.move(self.operation, id, "once")

    async def do(self) -> str:
        """The operation, always with the same key; the code of what went wrong, or the order's id."""
        return await self._repeat()

    async def found(self) -> Any:
        return await self.till.statuses(), await self.till.money(), await self.till.stock(self.mug)


@pytest.fixture(params=["place", "ship", "cancel", "refund"])
async def case(request: pytest.FixtureRequest, till: Till, shop: Shop) -> Case:
    case = Case(till, shop, request.param)
    await case.prepare()
    return case


@pytest.mark.parametrize("mode", ["lost_answer", "down", "wrong_types"])
async def test_the_same_key_goes_on_after_a_lost_answer(case: Case, switches: RunningSandbox, mode: str) -> None:
    switches.fault("payments", mode, path=FAULTY[case.operation], method="POST")
    assert await case.do() in UNKNOWN
    switches.heal("payments")
    done = await case.do()
    assert not done.isupper(), done
    assert await case.do() == done
    assert await case.found() == DONE[case.operation]
    await case.till.balance()


@pytest.mark.parametrize("mode", ["lost_answer", "down"])
async def test_the_settler_ends_what_nobody_repeats(case: Case, switches: RunningSandbox, mode: str) -> None:
    switches.fault("payments", mode, path=FAULTY[case.operation], method="POST")
    assert await case.do() in UNKNOWN
    early = await case.found()
    switches.heal("payments")
    settled = await case.till.settle()
    assert (settled.done, settled.left) == (1, 0)
    await case.till.balance()
    if case.operation == "place":
        assert await case.found() == ({}, [("canceled", 0, 0)], (5, 0, 0))
        assert await case.do() == "COMMERCE_PAYMENT_RELEASED"
        assert await case.found() == ({}, [("canceled", 0, 0)], (5, 0, 0))
    else:
        assert await case.found() == DONE[case.operation] != early
        assert not (await case.do()).isupper()
        assert await case.found() == DONE[case.operation]


@pytest.mark.parametrize("case", ["place", "refund"], indirect=True)
async def test_a_request_that_meets_its_twin_is_not_refused(case: Case, switches: RunningSandbox) -> None:
    switches.fault("payments", "error", status=409, path=FAULTY[case.operation], method="POST")
    assert await case.do() == "SOURCE_UNAVAILABLE"
    switches.heal("payments")
    assert not (await case.do()).isupper()
    assert await case.found() == DONE[case.operation]
    await case.till.balance()


async def test_a_declined_card_leaves_nothing(
    gateway: Gateway, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    await till.fill(ada, mug)
    query = PLACE.replace("code }", "code ... on PaymentDeclinedProblem { declineCode } }")
    wanted = {"address": ADDRESS, "paymentMethod": "pm_card_chargeDeclinedInsufficientFunds", "idempotencyKey": "once"}
    for _ in range(2):
        answer = await gateway.data(query, {"input": wanted}, as_=ada)
        assert answer["done"] == {
            "order": None,
            "problem": {
                "__typename": "PaymentDeclinedProblem",
                "code": "COMMERCE_PAYMENT_DECLINED",
                "declineCode": "insufficient_funds",
            },
        }
    assert len(switches.requests("payments")) == 1
    told = {"reason": "insufficient_funds", "amount_minor": 1190, "currency": "EUR"}
    assert await till.failed() == [(ada.id, told)]
    assert await shop.count(ORDERS) == 0
    assert await till.stock(mug) == (5, 0, 0)
    assert await till.steps() == {"declined": 1}
    await till.balance()
    assert (await gateway.data("{ cart { lines { quantity } } }", as_=ada))["cart"] == {"lines": [{"quantity": 1}]}
    assert not (await till.place(ada)).isupper()


async def test_a_payment_method_that_nobody_knows_is_wrong_input(gateway: Gateway, shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(stock={"BER": 5}))
    query = PLACE.replace("code }", "code ... on InputProblem { field } }")
    wanted = {"address": ADDRESS, "paymentMethod": "pm_unknown", "idempotencyKey": "once"}
    for _ in range(2):
        answer = await gateway.data(query, {"input": wanted}, as_=ada)
        assert answer["done"]["problem"] == {
            "__typename": "InputProblem",
            "code": "INVALID_INPUT",
            "field": "paymentMethod",
        }
    assert await till.steps() == {"declined": 1}
    assert await shop.count(ORDERS) == 0
    assert not (await till.place(ada)).isupper()


async def test_what_the_service_does_not_understand_is_no_declined_card(
    shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(stock={"BER": 5}))
    switches.fault("payments", "error", status=400, path="/v1/payment_intents")
    with capture_logs() as logged:
        assert await till.place(ada, "once") == "SOURCE_REFUSED"
    told = [one for one in logged if one["event"] == "authorisation not understood"]
    assert [(one["log_level"], one["status"], one["code"]) for one in told] == [("error", 400, "sandbox_fault")]
    assert await till.steps() == {"authorising": 1}
    assert (await till.settle()).done == 1
    assert await till.steps() == {"declined": 1}
    switches.heal("payments")
    assert not (await till.place(ada)).isupper()
    await till.balance()


async def test_a_cart_that_costs_nothing_is_refused_before_anybody_is_asked(
    gateway: Gateway, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(price=0, stock={"BER": 5}))
    query = PLACE.replace("code }", "code ... on InputProblem { field } }")
    wanted = {"address": ADDRESS, "paymentMethod": "pm_card_visa", "idempotencyKey": "once"}
    answer = await gateway.data(query, {"input": wanted}, as_=ada)
    assert answer["done"]["problem"] == {"__typename": "InputProblem", "code": "INVALID_INPUT", "field": "cart"}
    assert switches.requests("payments") == []
    assert await shop.count(PAYMENTS) == 0


async def test_a_declined_card_whose_answer_was_lost(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(stock={"BER": 5}))
    switches.fault("payments", "lost_answer")
    assert await till.place(ada, "once", paymentMethod="pm_card_chargeDeclined") in UNKNOWN
    switches.heal("payments")
    assert (await till.settle()).done == 1
    assert await till.steps() == {"declined": 1}
    assert await till.place(ada, "once", paymentMethod="pm_card_chargeDeclined") == "COMMERCE_PAYMENT_DECLINED"


async def test_an_attempt_whose_cart_has_changed_is_released(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    mug, cup = await shop.product("Mug", stock={"BER": 5}), await shop.product("Cup", stock={"BER": 5})
    await till.fill(ada, mug)
    switches.fault("payments", "lost_answer")
    assert await till.place(ada, "once") in UNKNOWN
    switches.heal("payments")
    await till.fill(ada, cup)
    assert await till.place(ada, "once") == "COMMERCE_BASKET_CHANGED"
    assert await till.place(ada, "once") == "COMMERCE_PAYMENT_RELEASED"
    assert await till.money() == [("canceled", 0, 0)]
    await till.balance()
    assert not (await till.place(ada, "other")).isupper()
    await till.balance()


async def test_a_price_that_changed_meanwhile_is_never_charged(
    shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    await till.fill(ada, mug)
    switches.fault("payments", "down")
    assert await till.place(ada, "once") in UNKNOWN
    switches.heal("payments")
    async with shop.database.transaction() as transaction:
        await transaction.write(sa.update(PRODUCTS).values(price_minor=2000))
    assert await till.place(ada, "once") == "COMMERCE_BASKET_CHANGED"
    assert await till.money() == [("canceled", 0, 0)]
    await till.balance()


async def test_an_authorisation_that_ended_cancels_the_order(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    id = await till.bought(ada, mug)
    await cancel_at_the_service(shop, switches)
    assert await till.ship(id, "once") == "COMMERCE_AUTHORISATION_LOST"
    assert await till.ship(id, "once") == "COMMERCE_AUTHORISATION_LOST"
    assert [(who, told["reason"]) for who, told in await till.failed()] == [(ada.id, LOST)]
    assert await till.statuses() == {"cancelled": 1}
    assert await till.stock(mug) == (5, 0, 0)
    await till.balance()
    assert [one["path"].rpartition(":")[2] for one in switches.requests("carriers")][-1] == "cancel"


async def test_money_that_was_taken_by_hand_is_given_back_when_voided(
    shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    with Payments(switches.url) as service:
        service.change(f"{ONE}{await provider_id(shop)}/capture")
    assert await till.cancel(id, as_=ada) == id
    assert await till.money() == [("succeeded", 1190, 1190)]
    assert await till.statuses() == {"cancelled": 1}


@pytest.mark.parametrize("mode", ["down", "lost_answer"])
async def test_a_carrier_that_fails_delays_and_one_that_refuses_undoes(
    shop: Shop, till: Till, switches: RunningSandbox, mode: str
) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    id = await till.bought(ada, mug)
    switches.fault("carriers", mode, path="/v1/shipments")
    assert await till.ship(id, "once") in UNKNOWN
    assert await till.money() == [("requires_capture", 0, 0)]
    assert await till.cancel(id) == "COMMERCE_INVALID_MOVE"
    switches.heal("carriers")
    assert await till.ship(id, "once") == id
    assert await till.money() == [("succeeded", 1190, 0)]
    other = await till.bought(ada, mug)
    switches.fault("carriers", "error", status=422, path="/v1/shipments")
    assert await till.ship(other) == "COMMERCE_SHIPMENT_REFUSED"
    switches.heal("carriers")
    await till.balance()
    assert await till.cancel(other) == other
    await till.balance()


async def test_a_refused_refund_is_not_counted(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    id = await till.bought(ada, mug, 2)
    await till.ship(id)
    switches.fault("payments", "error", status=400, path="/v1/refunds")
    for _ in range(2):
        assert await till.refund(id, "once") == "COMMERCE_REFUND_REFUSED"
    switches.heal("payments")
    told = await till.told(id)
    assert (told["status"], told["lines"][0]["refundedQuantity"]) == ("SHIPPED", 0)
    assert await till.refunds() == [("refused", 2380)]
    shop.clock.forward(minutes=1)
    assert await till.refund(id) == id
    assert await till.refunds() == [("refused", 2380), ("done", 2380)]
    await till.balance()


@pytest.mark.parametrize("page", [1, 100])
async def test_a_refund_whose_key_is_forgotten_is_not_paid_twice(
    shop: Shop, till: Till, switches: RunningSandbox, monkeypatch: pytest.MonkeyPatch, page: int
) -> None:
    monkeypatch.setattr(provider, "_PAGE", page)
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}), 3)
    await till.ship(id)
    line = (await till.told(id))["lines"][0]["id"]
    one = [{"orderLineId": line, "quantity": 1}]
    switches.fault("payments", "lost_answer", path="/v1/refunds", method="POST")
    assert await till.refund(id, lines=one) in UNKNOWN
    switches.heal("payments")
    assert await till.refund(id, lines=one) == id
    switches.forget_keys()
    settled = await till.settle(after_s=25 * 3600)
    assert (settled.done, settled.left) == (1, 0)
    assert await till.refunds() == [("done", 1190), ("done", 1190)]
    assert await till.money() == [("succeeded", 3570, 2380)]
    await till.balance()


async def test_an_old_refund_that_never_reached_the_service_is_paid(
    shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    await till.ship(id)
    switches.fault("payments", "down", path="/v1/refunds")
    assert await till.refund(id) in UNKNOWN
    switches.heal("payments")
    switches.forget_keys()
    assert (await till.settle(after_s=25 * 3600)).done == 1
    assert await till.money() == [("succeeded", 1190, 1190)]
    await till.balance()


async def test_a_service_that_is_away_leaves_a_hole_and_heals(
    gateway: Gateway, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    for _ in range(2):
        await till.bought(ada, mug)
    query = "{ orders { nodes { total { amount } payment { status } } } }"
    for mode in ("down", "wrong_json", "wrong_types"):
        switches.fault("payments", mode)
        answer = await gateway.ask(query, as_=ada)
        assert answer["data"]["orders"]["nodes"] == 2 * [{"total": {"amount": "11.90"}, "payment": None}]
        assert {(error["extensions"]["code"], error["extensions"]["service"]) for error in answer["errors"]} == {
            ("SOURCE_UNAVAILABLE", "payments")
        }
        switches.heal("payments")
    assert gateway.calls["commerce.payment_by_id"] == 1


@pytest.mark.parametrize(("currency", "counted"), [("EUR", 1), ("JPY", 1), ("ISK", 100)])
async def test_amounts_are_counted_as_the_service_does(
    gateway: Gateway, shop: Shop, till: Till, switches: RunningSandbox, currency: str, counted: int
) -> None:
    ada = await shop.customer(currency=currency)
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    await till.ship(id)
    assert await till.refund(id) == id
    row = await shop.database.row(sa.select(PAYMENTS))
    assert row is not None
    assert await till.money() == [("succeeded", row.amount_minor * counted, row.amount_minor * counted)]
    amounts = "{ orders { nodes { total { amount } payment { refunded { amount } } } } }"
    (told,) = (await gateway.data(amounts, as_=ada))["orders"]["nodes"]
    assert told["payment"]["refunded"] == told["total"]


async def test_nothing_of_a_refused_attempt_is_left(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    assert await till.place(ada) == "COMMERCE_EMPTY_CART"
    for table in (PAYMENTS, REFUNDS, ORDERS, IDEMPOTENCY):
        assert await shop.count(table) == 0


async def cancel_at_the_service(shop: Shop, switches: RunningSandbox) -> None:
    """As if the authorisation had expired."""
    with Payments(switches.url) as service:
        assert service.change(f"{ONE}{await provider_id(shop)}/cancel").status_code == 200


async def provider_id(shop: Shop) -> str:
    return str(await shop.database.scalar(sa.select(PAYMENTS.c.provider_id)))
