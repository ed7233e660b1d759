"""Each fault is what it says, for as long as it was told."""

import time
from uuid import uuid4

import httpx
import pytest

from tests.sandbox.clients import Payments
from tests.sandbox_process import RunningSandbox

LATEST = "/v1/latest?symbols=USD"


def test_down_gives_no_answer_and_heals_after_its_times(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    sandbox.fault("rates", "down", times=2)
    for _ in range(2):
        with pytest.raises(httpx.RemoteProtocolError):
            rates.get(LATEST)
    assert rates.get(LATEST).status_code == 200
    assert [request["path"] for request in sandbox.requests("rates")] == ["/v1/latest"] * 3


def test_a_fault_may_meet_only_some_paths_and_methods(sandbox: RunningSandbox, payments: Payments) -> None:
    sandbox.fault("payments", "error", status=503, path="/v1/refunds", method="POST")
    intent_id = payments.authorise().json()["id"]
    assert payments.change("/v1/refunds", {"payment_intent": intent_id}).status_code == 503
    assert payments.get("/v1/refunds", params={"payment_intent": intent_id}).status_code == 200
    sandbox.heal("payments")
    assert payments.change("/v1/refunds", {"payment_intent": intent_id}).status_code == 400


def test_slow_and_hang_outlast_a_client(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    sandbox.fault("rates", "slow", delay_s=0.1)
    start = time.monotonic()
    assert rates.get(LATEST).status_code == 200
    assert time.monotonic() - start >= 0.1
    sandbox.fault("rates", "hang")
    with pytest.raises(httpx.ReadTimeout):
        rates.get(LATEST, timeout=0.2)


def test_drip_gives_the_true_answer_byte_by_byte(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    true = rates.get(LATEST).content
    sandbox.fault("rates", "drip", delay_s=0.001)
    assert rates.get(LATEST).content == true
    sandbox.fault("rates", "drip", delay_s=30)
    with rates.stream("GET", LATEST) as answer:
        assert answer.status_code == 200  # headers come, the body takes for ever


def test_rate_limited_says_when_to_come_back(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    sandbox.fault("rates", "rate_limited", retry_after_s=7)
    answer = rates.get(LATEST)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "7")


def test_wrong_json_and_wrong_types(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    sandbox.fault("rates", "wrong_json")
    with pytest.raises(ValueError):
        rates.get(LATEST).json()
    sandbox.fault("rates", "wrong_types")
    lie = rates.get("/v1/2024-02-02?symbols=USD").json()
    assert lie == {"amount": "not 1.0", "base": 3, "date": 10, "rates": {"USD": "not 1.0883"}}


@pytest.mark.parametrize(("mode", "most_bytes"), [("huge", 64 * 2**20), ("gzip_bomb", 2**20)])
def test_huge_answers(sandbox: RunningSandbox, rates: httpx.Client, mode: str, most_bytes: int) -> None:
    sandbox.fault("rates", mode)
    with rates.stream("GET", LATEST) as answer:
        assert int(answer.headers["content-length"]) <= most_bytes
        decoded = sum(len(chunk) for chunk in answer.iter_bytes())
    assert decoded == 64 * 2**20


def test_redirect_leads_to_another_host(sandbox: RunningSandbox, rates: httpx.Client) -> None:
    sandbox.fault("rates", "redirect")
    answer = rates.get(LATEST)
    assert (answer.status_code, answer.headers["location"]) == (307, "http://elsewhere.invalid/rates/v1/latest")


def test_requests_are_recorded_with_their_keys_until_forgotten(sandbox: RunningSandbox, payments: Payments) -> None:
    sandbox.forget_requests("payments")
    key = uuid4().hex
    intent_id = payments.authorise(key=key).json()["id"]
    payments.intent(intent_id)
    assert sandbox.requests("payments") == [
        {"method": "POST", "path": "/v1/payment_intents", "idempotency_key": key},
        {"method": "GET", "path": f"/v1/payment_intents/{intent_id}", "idempotency_key": None},
    ]
    sandbox.forget_requests("payments")
    assert sandbox.requests("payments") == []


@pytest.mark.parametrize(
    ("service", "fault"),
    [("rates", {"mode": "sulk"}), ("rates", {"mode": "slow", "delay": 1}), ("webhooks", {"mode": "down"}), ("x", {})],
)
def test_an_unknown_fault_is_refused(sandbox: RunningSandbox, service: str, fault: dict[str, object]) -> None:
    assert httpx.put(f"{sandbox.url}/_sandbox/faults/{service}", json=fault).status_code == 422
