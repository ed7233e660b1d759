import hashlib
import hmac
import queue
import time
from uuid import uuid4

import pytest

from tests.sandbox.clients import Payments, Receiver
from tests.sandbox_process import RunningSandbox


def test_every_change_is_told_with_a_signature(sandbox: RunningSandbox, payments: Payments) -> None:
    with Receiver() as receiver:
        sandbox.send_webhooks_to(receiver.url, "whsec_secret")
        key = uuid4().hex
        authorised = payments.authorise(key=key).json()
        delivery = receiver.next()
        event = delivery.event
        assert event["type"] == "payment_intent.amount_capturable_updated"
        assert event["data"]["object"] == authorised
        assert event["request"]["idempotency_key"] == key

        at, signature = (part.partition("=")[2] for part in delivery.signature.split(","))
        expected = hmac.new(b"whsec_secret", at.encode() + b"." + delivery.body, hashlib.sha256).hexdigest()
        assert signature == expected
        assert abs(int(at) - time.time()) < 60

        captured = payments.change(f"/v1/payment_intents/{authorised['id']}/capture").json()
        event = receiver.next().event
        assert (event["type"], event["data"]["object"]) == ("payment_intent.succeeded", captured)
        payments.change("/v1/refunds", {"payment_intent": authorised["id"], "amount": 400})
        event = receiver.next().event
        assert (event["type"], event["data"]["object"]["amount_refunded"]) == ("charge.refunded", 400)
        assert event["data"]["object"]["payment_intent"] == authorised["id"]


def test_declines_and_cancellations_are_told_and_replays_are_not(sandbox: RunningSandbox, payments: Payments) -> None:
    with Receiver() as receiver:
        sandbox.send_webhooks_to(receiver.url)
        key = uuid4().hex
        declined = payments.authorise(card="pm_card_chargeDeclined", key=key)
        payments.authorise(card="pm_card_chargeDeclined", key=key)
        path = f"/v1/payment_intents/{declined.json()['error']['payment_intent']['id']}"
        assert receiver.next().event["type"] == "payment_intent.payment_failed"
        payments.change(f"{path}/cancel")
        assert receiver.next().event["type"] == "payment_intent.canceled"


def test_a_refused_delivery_is_tried_again(sandbox: RunningSandbox, payments: Payments) -> None:
    with Receiver(refusals=2) as receiver:
        sandbox.send_webhooks_to(receiver.url)
        intent_id = payments.authorise().json()["id"]
        assert receiver.next().event["data"]["object"]["id"] == intent_id
        assert receiver.refused == 2


@pytest.mark.parametrize(
    ("mode", "order"),
    [("drop", [1, 2]), ("duplicate", [0, 0, 1, 2]), ("reorder", [1, 0, 2])],
)
def test_events_are_lost_doubled_or_late_on_demand(
    sandbox: RunningSandbox, payments: Payments, mode: str, order: list[int]
) -> None:
    with Receiver() as receiver:
        sandbox.send_webhooks_to(receiver.url)
        sandbox.fault("webhooks", mode, times=1)
        ids, told = [], []
        for _ in range(3):
            ids.append(payments.authorise().json()["id"])
            while sandbox.webhooks()["pending"]:
                time.sleep(0.005)
        for _ in order:
            told.append(receiver.next().event["data"]["object"]["id"])
        assert told == [ids[at] for at in order]
        with pytest.raises(queue.Empty):
            receiver.deliveries.get_nowait()
