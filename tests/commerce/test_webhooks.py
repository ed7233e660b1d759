"""Webhooks of the payment service: signed, once, in any order."""

import asyncio
import hashlib
import hmac
import json
from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from datasources.commerce.tables import EVENTS, ORDERS, PAYMENTS, REFUNDS, WEBHOOK_EVENTS
from tests.commerce.shop import Shop
from tests.commerce.till import Till
from tests.gateway_client import Gateway
from tests.sandbox.clients import Payments, Receiver
from tests.sandbox_process import RunningSandbox

SECRET = "whsec_development"
ONE = "/v1/payment_intents/"
Json = dict[str, Any]


class Postman:
    """Brings events to the house, signed as Stripe documents it."""

    def __init__(self, gateway: Gateway, shop: Shop) -> None:
        self._gateway = gateway
        self._shop = shop
        self._numbers = count(1)

    def event(self, type: str, **about: Any) -> Json:
        return {"id": f"evt_{next(self._numbers)}", "object": "event", "type": type, "data": {"object": about}}

    def about(self, payment: str, type: str = "payment_intent.succeeded") -> Json:
        return self.event(type, object="payment_intent", id=payment, status="a lie")

    def signed(self, body: bytes, *, late_s: int = 0, secret: str = SECRET) -> str:
        at = int(self._shop.clock().timestamp()) - late_s
        return f"t={at},v1={hmac.new(secret.encode(), b'%d.%s' % (at, body), hashlib.sha256).hexdigest()}"

    async def bring(self, event: Json) -> int:
        body = json.dumps(event).encode()
        return await self.bring_raw(body, self.signed(body))

    async def bring_raw(self, body: bytes, signature: str | None) -> int:
        headers = {} if signature is None else {b"Stripe-Signature": signature.encode("latin-1")}
        answer = await self._gateway.http.post("/webhooks/payments", content=body, headers=headers)
        return answer.status_code


@pytest.fixture
def postman(gateway: Gateway, shop: Shop) -> Postman:
    return Postman(gateway, shop)


async def provider_id(shop: Shop) -> str:
    return str(await shop.database.scalar(sa.select(PAYMENTS.c.provider_id)))


async def test_the_services_own_deliveries_are_taken(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    shop.clock.now = datetime.now(UTC)  # which the service signs with
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    shop.clock.forward(seconds=1)
    with Receiver() as receiver:
        switches.send_webhooks_to(receiver.url, SECRET)
        switches.fault("payments", "lost_answer", path=ONE)
        await till.ship(id)
        switches.heal("payments")
        delivery = await asyncio.to_thread(receiver.next)
        assert await till.steps() == {"capturing": 1}
        assert await postman.bring_raw(delivery.body, delivery.signature) == 200
        assert await till.statuses() == {"shipped": 1}
        assert await till.history(id) == [("PLACED", "CUSTOMER"), ("SHIPPED", "STAFF")]
        assert await till.refund(id) == id
        delivery = await asyncio.to_thread(receiver.next)
        assert await postman.bring_raw(delivery.body, delivery.signature) == 200
    await till.balance()
    assert await shop.count(WEBHOOK_EVENTS) == 2


async def test_an_expired_authorisation_cancels_its_order_once(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    id = await till.bought(ada, mug)
    shop.clock.forward(minutes=1)
    payment = await provider_id(shop)
    with Payments(switches.url) as service:
        service.change(f"{ONE}{payment}/cancel")
    event = postman.about(payment, "payment_intent.canceled")
    assert await asyncio.gather(*(postman.bring(event) for _ in range(5))) == [200] * 5
    assert await till.history(id) == [("PLACED", "CUSTOMER"), ("CANCELLED", "SYSTEM")]
    assert await till.stock(mug) == (5, 0, 0)
    assert await shop.count(WEBHOOK_EVENTS) == 1
    await till.balance()


async def test_events_in_any_order_change_nothing_that_is_done(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    await till.ship(id)
    await till.refund(id)
    payment = await provider_id(shop)
    before = (await till.history(id), await till.money(), await till.refunds(), await shop.count(EVENTS))
    for type in ("charge.refunded", "payment_intent.canceled", "payment_intent.succeeded", "payment_intent.created"):
        assert await postman.bring(postman.about(payment, type)) == 200
    assert await postman.bring(postman.event("charge.refunded", object="charge", payment_intent=payment)) == 200
    assert (await till.history(id), await till.money(), await till.refunds(), await shop.count(EVENTS)) == before
    assert await shop.count(WEBHOOK_EVENTS) == 5
    await till.balance()


async def test_what_was_given_back_by_hand_cannot_be_given_back_again(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}), 2)
    await till.ship(id)
    payment = await provider_id(shop)
    with Payments(switches.url) as service:
        service.change("/v1/refunds", {"payment_intent": payment, "amount": 2000})
    event = postman.event("charge.refunded", object="charge", payment_intent=payment)
    for _ in range(2):
        assert await postman.bring(event) == 200
    assert await till.refund(id) == id
    assert await till.refunds() == [("done", 380)]
    await till.balance()


async def test_what_was_given_back_by_hand_is_added_to_what_is_under_way(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}), 3)
    await till.ship(id)
    line = (await till.told(id))["lines"][0]["id"]
    switches.fault("payments", "down", path="/v1/refunds")
    assert await till.refund(id, lines=[{"orderLineId": line, "quantity": 1}]) == "SOURCE_UNAVAILABLE"
    switches.heal("payments")
    await till.breaker_closes()
    payment = await provider_id(shop)
    with Payments(switches.url) as service:
        service.change("/v1/refunds", {"payment_intent": payment, "amount": 1190})
    assert await postman.bring(postman.event("charge.refunded", object="charge", payment_intent=payment)) == 200
    assert await till.refund(id) == id
    assert await till.refunds() == [("done", 1190), ("done", 1190)]
    await till.balance()


async def test_a_refund_that_fails_days_later_is_taken_back_once(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    id = await till.bought(ada, mug, 3)
    await till.ship(id)
    line = (await till.told(id))["lines"][0]["id"]
    for restock in (False, True):
        shop.clock.forward(seconds=1)
        await till.refund(id, lines=[{"orderLineId": line, "quantity": 1}], restock=restock)
    payment = await provider_id(shop)
    first, second = await shop.database.rows(sa.select(REFUNDS.c.provider_id).order_by(REFUNDS.c.created_at))
    told = [
        postman.event("refund.failed", object="refund", id=one.provider_id, payment_intent=payment)
        for one in (first, second)
    ]
    assert await postman.bring(told[0]) == 200
    assert await till.refunds() == [("done", 1190), ("done", 1190)]
    shop.clock.forward(days=3)
    for event, refund, status, quantity in ((told[0], first, "PARTIALLY_REFUNDED", 1), (told[1], second, "SHIPPED", 0)):
        shop.clock.forward(seconds=1)  # histories of one moment have no order
        switches.fail_refund(refund.provider_id)
        repeated = event | {"id": f"{event['id']} again"}
        assert await asyncio.gather(*(postman.bring(one) for one in (event, event, repeated))) == [200] * 3
        order = await till.told(id)
        assert (order["status"], order["lines"][0]["refundedQuantity"]) == (status, quantity)
        assert (await till.history(id))[-1] == (status, "SYSTEM")
    assert await till.refunds() == [("refused", 1190), ("refused", 1190)]
    assert await shop.database.scalar(sa.select(PAYMENTS.c.refunded_minor)) == 0
    failed = sa.select(sa.func.count()).select_from(EVENTS).where(EVENTS.c.type == "order.refund_failed")
    assert await shop.database.scalar(failed) == 2
    assert await till.refund(id, lines=[{"orderLineId": line, "quantity": 1}], restock=True) == "INVALID_INPUT"
    assert await till.refund(id, lines=[{"orderLineId": line, "quantity": 1}]) == id
    assert await till.money() == [("succeeded", 3570, 1190)]
    assert (await till.stock(mug))[0] == 3


async def test_what_is_not_ours_is_ignored(shop: Shop, till: Till, postman: Postman) -> None:
    ada = await shop.customer()
    await till.bought(ada, await shop.product(stock={"BER": 5}))
    assert await postman.bring(postman.about("pi_unknown")) == 200
    assert await postman.bring(postman.event("customer.created", object="customer", id="cus_1")) == 200
    assert await postman.bring(postman.event("charge.refunded", object="charge", payment_intent=None)) == 200
    assert await shop.count(WEBHOOK_EVENTS) == 0
    assert await till.statuses() == {"placed": 1}


async def test_a_forged_or_broken_event_is_refused_and_changes_nothing(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    await till.bought(ada, await shop.product(stock={"BER": 5}))
    payment = await provider_id(shop)
    with Payments(switches.url) as service:
        service.change(f"{ONE}{payment}/cancel")
    body = json.dumps(postman.about(payment, "payment_intent.canceled")).encode()
    good = postman.signed(body)
    at, v1 = good.split(",")
    for signature in (
        None,
        "",
        "nonsense",
        v1,
        at,
        f"{at},v0={v1.removeprefix('v1=')}",
        f"{at},v1=",
        f"{at},{v1[:-1]}",
        f"{at},v1=é",
        f"{at},{at},{v1}",
        f"t=9{at.removeprefix('t=')},{v1}",
        f"t=-1,{v1}",
        f"t={'9' * 400},{v1}",
        postman.signed(body, secret="whsec_other"),
        postman.signed(body + b" "),
        postman.signed(body, late_s=301),
        postman.signed(body, late_s=-301),
    ):
        assert await postman.bring_raw(body, signature) == 400, signature
    for broken in (b"", b"[]", b"{", b'{"id": 1}', b"\xff"):
        assert await postman.bring_raw(broken, postman.signed(broken)) == 400
    huge = b" " * 300_000
    assert await postman.bring_raw(huge, postman.signed(huge)) == 413
    assert await shop.count(WEBHOOK_EVENTS) == 0
    assert await till.statuses() == {"placed": 1}
    changing_secrets = f"{at},v1={'0' * 64},{v1},v0=old"
    assert await postman.bring_raw(body, changing_secrets) == 200
    assert await till.statuses() == {"cancelled": 1}


async def test_while_a_source_is_away_the_event_is_wanted_again(
    shop: Shop, till: Till, postman: Postman, switches: RunningSandbox
) -> None:
    ada = await shop.customer()
    await till.bought(ada, await shop.product(stock={"BER": 5}))
    payment = await provider_id(shop)
    with Payments(switches.url) as service:
        service.change(f"{ONE}{payment}/cancel")
    event = postman.about(payment, "payment_intent.canceled")
    switches.fault("payments", "error", status=503)
    assert await postman.bring(event) == 503
    assert await shop.count(WEBHOOK_EVENTS) == 0
    assert await shop.count(ORDERS) == 1
    switches.fault("payments", "error", status=503, method="POST")
    assert await postman.bring(event) == 503
    switches.heal("payments")
    await till.breaker_closes()
    assert await postman.bring(event) == 200
    assert await till.statuses() == {"cancelled": 1}
    await till.balance()


async def test_only_posts_are_taken(gateway: Gateway) -> None:
    assert (await gateway.http.get("/webhooks/payments")).status_code == 405
