"""Payments behave as Stripe documents, whatever localstripe behind them forgets."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from datasources.sandbox.intents import ENGINE_HOLDS
from tests.sandbox.clients import Payments, authorisation
from tests.sandbox_process import RunningSandbox, start_sandbox


def error_of(answer: httpx.Response) -> tuple[int, str, str | None]:
    error = answer.json()["error"]
    return answer.status_code, error["type"], error.get("code")


def imported(status: str, **more: Any) -> dict[str, Any]:
    created = {"created": 1_700_000_000, "metadata": {"order": "A-1"}, "amount_received": 0, "amount_refunded": 0}
    return {"id": f"pi_{uuid4().hex}", "amount": 2000, "currency": "eur", "status": status, **created, **more}


def test_a_payment_is_authorised_then_captured_and_refunded_in_part(payments: Payments) -> None:
    authorised = payments.authorise(1500)
    intent = authorised.json()
    path = f"/v1/payment_intents/{intent['id']}"
    captured = payments.change(f"{path}/capture", {"amount_to_capture": 1000}).json()
    refund = payments.change("/v1/refunds", {"payment_intent": intent["id"], "amount": 300}).json()

    assert authorised.status_code == 200
    assert intent["metadata"] == {"order": "A-7"}
    amounts = ("status", "amount", "amount_capturable", "amount_received")
    assert [intent[name] for name in amounts] == ["requires_capture", 1500, 1500, 0]
    assert [captured[name] for name in amounts] == ["succeeded", 1500, 0, 1000]
    assert captured == {**intent, "status": "succeeded", "amount_capturable": 0, "amount_received": 1000}
    assert (refund["amount"], refund["status"], refund["charge"]) == (300, "succeeded", intent["latest_charge"])
    assert payments.get(path).json() == captured
    assert payments.get(f"/v1/refunds/{refund['id']}").json() == refund
    charge = payments.intent(intent["id"])["latest_charge"]
    assert (charge["amount_captured"], charge["amount_refunded"], charge["refunded"]) == (1000, 300, False)


def test_refunds_are_listed_newest_first_in_pages(payments: Payments) -> None:
    intent_id = payments.authorise().json()["id"]
    payments.change(f"/v1/payment_intents/{intent_id}/capture")
    made = [
        payments.change("/v1/refunds", {"payment_intent": intent_id, "amount": amount}).json() for amount in (1, 2, 3)
    ]

    def page(**query: Any) -> dict[str, Any]:
        listed: dict[str, Any] = payments.get("/v1/refunds", params={"payment_intent": intent_id, **query}).json()
        return listed

    first = page(limit=2)
    assert (first["data"], first["has_more"]) == ([made[2], made[1]], True)
    second = page(limit=2, starting_after=made[1]["id"])
    assert (second["data"], second["has_more"]) == ([made[0]], False)


def test_all_payments_and_refunds_are_listed_by_their_time(payments: Payments, sandbox: RunningSandbox) -> None:
    ahead = 4_000_000_000
    minimal = {"amount": 500, "amount_refunded": 200, "currency": "eur", "status": "succeeded"}
    sandbox.import_payments([{"id": f"pi_{at}", "created": ahead + at, **minimal} for at in range(3)])

    def page(path: str, **query: Any) -> tuple[list[str], bool]:
        listed = payments.get(f"/v1/{path}", params={"created[gte]": ahead + 1, **query}).json()
        return [one["id"] for one in listed["data"]], listed["has_more"]

    assert page("payment_intents") == (["pi_2", "pi_1"], False)
    assert page("payment_intents", limit=1) == (["pi_2"], True)
    assert page("payment_intents", limit=1, starting_after="pi_2") == (["pi_1"], False)
    assert page("refunds") == (["re_2", "re_1"], False)
    (one,) = payments.get(f"/v1/payment_intents?created[gte]={ahead + 2}&expand[]=data.latest_charge").json()["data"]
    assert (one["latest_charge"]["amount_captured"], one["latest_charge"]["amount_refunded"]) == (500, 200)


def test_a_cancelled_payment_cannot_be_captured(payments: Payments) -> None:
    path = f"/v1/payment_intents/{payments.authorise().json()['id']}"
    cancelled = payments.change(f"{path}/cancel", {"cancellation_reason": "requested_by_customer"}).json()
    assert (cancelled["status"], cancelled["amount_capturable"]) == ("canceled", 0)
    assert cancelled["cancellation_reason"] == "requested_by_customer"
    refused = payments.change(f"{path}/capture")
    assert error_of(refused) == (400, "invalid_request_error", "payment_intent_unexpected_state")
    assert payments.get(path).json() == cancelled


@pytest.mark.parametrize(
    ("card", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "expired_card"),
    ],
)
def test_a_declined_card_is_a_402_and_another_card_may_follow(
    payments: Payments, card: str, code: str, decline_code: str
) -> None:
    declined = payments.authorise(card=card)
    assert error_of(declined) == (402, "card_error", code)
    error = declined.json()["error"]
    assert error["decline_code"] == decline_code
    assert error["payment_intent"]["status"] == "requires_payment_method"

    path = f"/v1/payment_intents/{error['payment_intent']['id']}"
    confirmed = payments.change(f"{path}/confirm", {"payment_method": "pm_card_mastercard"}).json()
    assert (confirmed["status"], confirmed["amount_capturable"]) == ("requires_capture", 1500)
    assert payments.change(f"{path}/capture").json()["amount_received"] == 1500


def test_an_intent_may_be_confirmed_later_and_captured_at_once(payments: Payments) -> None:
    created = payments.change(
        "/v1/payment_intents", {"amount": 900, "currency": "usd", "payment_method": "pm_card_visa"}
    ).json()
    assert created["status"] == "requires_confirmation"
    confirmed = payments.change(f"/v1/payment_intents/{created['id']}/confirm").json()
    assert (confirmed["status"], confirmed["amount_received"]) == ("succeeded", 900)


@pytest.mark.parametrize(
    ("path", "fields", "refusal"),
    [
        ("payment_intents", {"currency": "eur"}, (400, "invalid_request_error", "parameter_missing")),
        ("payment_intents", {"amount": "0"}, (400, "invalid_request_error", "amount_too_small")),
        ("payment_intents", {"amount": "-3"}, (400, "invalid_request_error", "amount_too_small")),
        ("payment_intents", {"amount": "999999999"}, (400, "invalid_request_error", "amount_too_large")),
        ("payment_intents", {"amount": "1.5"}, (400, "invalid_request_error", "parameter_invalid_integer")),
        ("payment_intents", {"amont": "15"}, (400, "invalid_request_error", "parameter_unknown")),
        ("payment_intents", {"payment_method": "pm_none"}, (400, "invalid_request_error", "resource_missing")),
        ("payment_intents", {"currency": "euro"}, (400, "invalid_request_error", None)),
        ("payment_intents/pi_none/capture", {}, (404, "invalid_request_error", "resource_missing")),
        ("refunds", {"payment_intent": "pi_none"}, (404, "invalid_request_error", "resource_missing")),
        ("customers", {}, (404, "invalid_request_error", None)),
    ],
)
def test_bad_requests_are_refused_as_stripe_does(
    payments: Payments, path: str, fields: dict[str, str], refusal: tuple[int, str, str | None]
) -> None:
    complete = {"amount": "1500", "currency": "eur", **fields} if path == "payment_intents" and fields else fields
    if refusal[2] == "parameter_missing":
        complete.pop("amount")
    assert error_of(payments.change(f"/v1/{path}", complete)) == refusal


def test_more_than_was_taken_is_neither_captured_nor_refunded(payments: Payments) -> None:
    intent_id = payments.authorise(1000).json()["id"]
    capture, refund = f"/v1/payment_intents/{intent_id}/capture", {"payment_intent": intent_id}

    assert payments.change("/v1/refunds", refund).status_code == 400  # nothing captured yet
    too_much = payments.change(capture, {"amount_to_capture": 1001})
    assert error_of(too_much) == (400, "invalid_request_error", "amount_too_large")
    payments.change(capture, {"amount_to_capture": 700})
    assert error_of(payments.change(capture)) == (400, "invalid_request_error", "payment_intent_unexpected_state")
    assert payments.change("/v1/refunds", {**refund, "amount": 701}).status_code == 400
    assert payments.change("/v1/refunds", refund).json()["amount"] == 700
    again = payments.change("/v1/refunds", refund)
    assert error_of(again) == (400, "invalid_request_error", "charge_already_refunded")
    assert len(payments.get("/v1/refunds", params=refund).json()["data"]) == 1


def test_without_a_secret_key_nothing_is_answered(sandbox: RunningSandbox) -> None:
    for headers in ({}, {"Authorization": "Bearer pk_test_1"}):
        answer = httpx.get(f"{sandbox.url}/payments/v1/payment_intents/pi_1", headers=headers, verify=False)
        assert error_of(answer) == (401, "invalid_request_error", None)


def test_a_key_replays_its_first_answer(payments: Payments) -> None:
    key = uuid4().hex
    first, second = payments.authorise(key=key), payments.authorise(key=key)
    assert (second.status_code, second.content) == (200, first.content)
    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"


def test_a_key_replays_a_refusal_too(payments: Payments) -> None:
    key = uuid4().hex
    first = payments.authorise(card="pm_card_chargeDeclined", key=key)
    second = payments.authorise(card="pm_card_chargeDeclined", key=key)
    assert (second.status_code, second.content) == (402, first.content)
    assert second.headers["idempotent-replayed"] == "true"


def test_a_key_is_refused_for_another_request(payments: Payments) -> None:
    key = uuid4().hex
    intent_id = payments.authorise(1500, key=key).json()["id"]
    assert error_of(payments.authorise(1600, key=key)) == (400, "idempotency_error", None)
    elsewhere = payments.change(f"/v1/payment_intents/{intent_id}/cancel", key=key)
    assert error_of(elsewhere) == (400, "idempotency_error", None)
    assert payments.intent(intent_id)["status"] == "requires_capture"


def test_a_storm_under_one_key_makes_one_payment(payments: Payments) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(lambda _: payments.authorise(key=key), range(20)))
    first_answers = [a for a in answers if a.status_code == 200 and "idempotent-replayed" not in a.headers]
    assert len(first_answers) == 1
    for answer in answers:
        if answer.status_code == 200:
            assert answer.content == first_answers[0].content
        else:
            assert error_of(answer) == (409, "idempotency_error", "idempotency_key_in_use")


def test_a_lost_answer_is_found_again_by_its_key(sandbox: RunningSandbox, payments: Payments) -> None:
    key = uuid4().hex
    sandbox.fault("payments", "lost_answer", times=1, method="POST")
    with pytest.raises(httpx.RemoteProtocolError):
        payments.authorise(key=key)
    replayed = payments.authorise(key=key)
    assert replayed.headers["idempotent-replayed"] == "true"
    assert payments.intent(replayed.json()["id"])["status"] == "requires_capture"


def test_history_behaves_like_payments_made_here(sandbox: RunningSandbox, payments: Payments) -> None:
    held = imported("requires_capture")
    paid = imported("succeeded", amount_received=1800, amount_refunded=500)
    void = imported("canceled")
    sandbox.import_payments([held, paid, void])

    captured = payments.change(f"/v1/payment_intents/{held['id']}/capture", {"amount_to_capture": 1500}).json()
    assert (captured["id"], captured["status"], captured["amount_received"]) == (held["id"], "succeeded", 1500)
    refund = payments.change("/v1/refunds", {"payment_intent": paid["id"]}).json()
    assert (refund["payment_intent"], refund["amount"]) == (paid["id"], 1300)
    listed = payments.get("/v1/refunds", params={"payment_intent": paid["id"]}).json()["data"]
    assert [one["amount"] for one in listed] == [1300, 500]
    charge = payments.intent(paid["id"])["latest_charge"]
    assert (charge["amount_captured"], charge["amount_refunded"], charge["refunded"]) == (1800, 1800, True)
    assert payments.change(f"/v1/payment_intents/{void['id']}/capture").status_code == 400
    assert payments.intent(void["id"])["created"] == 1_700_000_000


def test_a_payment_that_localstripe_was_emptied_of_can_still_be_changed(payments: Payments) -> None:
    first = payments.authorise().json()
    paid = payments.authorise().json()["id"]
    payments.change(f"/v1/payment_intents/{paid}/capture", {"amount_to_capture": 1200})
    for _ in range(ENGINE_HOLDS):
        payments.authorise()
    captured = payments.change(f"/v1/payment_intents/{first['id']}/capture").json()
    assert captured == {**first, "status": "succeeded", "amount_capturable": 0, "amount_received": 1500}
    assert payments.change("/v1/refunds", {"payment_intent": paid}).json()["amount"] == 1200


def test_a_kill_forgets_nothing(tmp_path: Path) -> None:
    key = uuid4().hex
    with start_sandbox(tmp_path) as sandbox, Payments(sandbox.url) as payments:
        first = payments.authorise(key=key)
        refused = payments.authorise(card="pm_card_chargeDeclined", key=f"{key}-2").json()["error"]
        os.kill(sandbox.pid, signal.SIGKILL)
    path = f"/v1/payment_intents/{first.json()['id']}"
    with start_sandbox(tmp_path) as sandbox, Payments(sandbox.url) as payments:
        assert payments.get(path).json() == first.json()
        assert payments.authorise(key=key).content == first.content
        captured = payments.change(f"{path}/capture", {"amount_to_capture": 1400}).json()
        assert (captured["id"], captured["amount_received"]) == (first.json()["id"], 1400)
        failed = f"/v1/payment_intents/{refused['payment_intent']['id']}"
        assert payments.change(f"{failed}/cancel").json()["status"] == "canceled"
        assert error_of(payments.change("/v1/payment_intents", authorisation(), f"{key}-2"))[1] == "idempotency_error"
