"""Runs: begun by what meets a condition, or by a schedule; taken on a step at a time, retried, cancelled."""

import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

from datasources.actor import SYSTEM
from datasources.commerce.stores import Commerce
from resolvers.enterprise.processes.runner import RETRY_S
from tests.commerce.shop import START
from tests.enterprise.processes.conftest import PLACED, Processes
from tests.enterprise.processes.receiver import Receiver
from tests.gateway_client import Gateway

SWITCH = """mutation ($input: SwitchWorkflowInput!) { done: switchWorkflow(input: $input) {
  workflow { on changes(first: 5) { nodes { field } } } problem { code } } }"""
CANCEL = "mutation ($input: WorkflowRunInput!) { done: cancelRun(input: $input) { run { status } problem { code } } }"
RETRY = "mutation ($input: WorkflowRunInput!) { done: retryRun(input: $input) { run { status } problem { code } } }"
BIG = {"event": PLACED, "when": 'total_minor >= 100000 and currency = "EUR"', "until": ["commerce: order.cancelled"]}
WAIT = {"wait": {"minutes": 5}}
ELSEWHERE = [
    "https://elsewhere.example.com/hook",
    "http://localhost/hook",  # a name, in the clear
    "http://{host}@elsewhere.example.com/",
    "http://elsewhere.example.com#{host}",
    "http://user:pass@{host}/",
    "http://{host}.example.com/",
    "ftp://{host}/",
    "//{host}/",
    "http://{host}:1/",
    "http://{host}/\r\nX-Injected: 1",
    "http://[::1/",
    "",
]
WRONG: list[tuple[dict[str, Any], dict[str, Any], str]] = [
    ({}, WAIT, "trigger"),
    ({"event": PLACED, "everyMinutes": 5}, WAIT, "trigger"),
    ({"everyMinutes": 5, "when": "a = 1"}, WAIT, "trigger"),
    ({"event": PLACED, "when": "total < 1"}, WAIT, "trigger.when"),
    ({"event": PLACED}, {}, "steps[0]"),
    ({"event": PLACED}, {**WAIT, "callWebhook": {"url": "x"}}, "steps[0]"),
    ({"event": PLACED}, {"when": "total_minor <", **WAIT}, "steps[0].when"),
]


async def test_what_meets_the_condition_begins_a_run_that_keeps_its_definition(
    processes: Processes, gateway: Gateway
) -> None:
    company, clock = processes.company, processes.clock
    await processes.place(500_000)
    done = await processes.save("Big", BIG, WAIT, {"when": "total_minor > 200000", **WAIT}, WAIT)
    workflow = done["workflow"]
    assert (workflow["version"], workflow["on"], workflow["nextAt"]) == (1, True, None)
    assert json.loads(workflow["steps"][0]) == {"does": {"kind": "wait", "minutes": 5}, "when": None}
    await processes.place(99_999)
    await processes.place(150_000, currency="USD")
    order = await processes.place(150_000)
    (run,) = await processes.until("WAITING")
    assert json.loads(run["data"])["subject"] == str(order)
    assert run["steps"] == [
        {"position": 0, "kind": "wait", "status": "WAITING", "attempts": 1, "did": "Until 2026-03-02 09:05 UTC."}
    ]
    saved = await processes.save("Bigger", BIG, {"wait": {"minutes": 60}}, workflowId=workflow["id"])
    assert saved["workflow"]["version"] == 2
    clock.forward(minutes=5)
    (run,) = await processes.until("WAITING")
    assert (run["version"], run["position"]) == (1, 2)
    assert [step["did"] for step in run["steps"][:2]] == ["Waited.", "Not where total_minor > 200000."]
    clock.forward(minutes=5)
    (run,) = await processes.until("DONE")
    assert gateway.calls == {
        "enterprise.runs": 1,
        "enterprise.steps_by_run": 1,
        "enterprise.workflow_by_id": 1,
    }
    assert [step["status"] for step in run["steps"]] == ["DONE", "SKIPPED", "DONE"]
    off = await company.do(SWITCH, company.director, workflowId=workflow["id"], on=False)
    assert {"field": "active"} in off["workflow"]["changes"]["nodes"]
    await processes.place(150_000)
    await processes.save("Other", {"event": PLACED}, WAIT)
    await processes.place(1)
    await processes.until("WAITING", "DONE")


async def test_a_run_ends_when_it_is_not_needed_or_somebody_cancels_it(processes: Processes) -> None:
    company = processes.company
    await processes.save("Big", BIG, WAIT)
    order = await processes.place(150_000)
    await processes.until("WAITING")
    await processes.tell("order.shipped", order)
    await processes.tell("order.cancelled", order)
    (run,) = await processes.until("CANCELLED")
    assert run["steps"][-1]["did"] == "Not needed any more: order.cancelled."
    await processes.place(150_000)
    (run, _) = await processes.until("WAITING", "CANCELLED")
    done = await company.do(CANCEL, company.director, runId=run["id"])
    assert done == {"run": {"status": "CANCELLED"}, "problem": None}
    for again in (CANCEL, RETRY):
        done = await company.do(again, company.director, runId=run["id"])
        assert done["problem"] == {"code": "ENTERPRISE_RUN_OVER"}
    processes.clock.forward(minutes=5)
    await processes.until("CANCELLED", "CANCELLED")


async def test_what_ends_a_run_may_be_read_together_with_what_began_it(processes: Processes) -> None:
    await processes.save("Big", BIG, WAIT)
    processes.clock.forward(seconds=1)
    commerce, order = processes.house.sources[Commerce], uuid4()
    async with commerce.database.transaction() as transaction:
        log = commerce.events(SYSTEM)
        await log.append(transaction, "order.placed", order, total_minor=150_000, currency="EUR")
        await log.append(transaction, "order.cancelled", order)
    await processes.until("CANCELLED")


async def test_a_schedule_begins_one_run_for_all_times_that_were_missed(processes: Processes) -> None:
    done = await processes.save("Often", {"everyMinutes": 5}, WAIT)
    assert done["workflow"]["nextAt"] == (START + timedelta(minutes=5, seconds=1)).isoformat()
    await processes.until()
    processes.clock.forward(minutes=17)
    await processes.until("WAITING")
    processes.clock.forward(minutes=4)
    await processes.until("WAITING")
    processes.clock.forward(minutes=1)
    await processes.until("WAITING", "DONE")


async def test_a_service_is_told_signed_and_with_one_key(processes: Processes, receiver: Receiver) -> None:
    company = processes.company
    receiver.answers = [503, 302]
    call = {"callWebhook": {"url": receiver.url}}
    await processes.save("Tell", {"event": PLACED}, call, call)
    order = await processes.place(150_000)
    for attempts in (1, 2):
        (run,) = await processes.until("RUNNING")
        assert run["attempts"] == attempts
        assert "webhook" in run["error"]
        processes.clock.forward(seconds=RETRY_S[attempts - 1])
    (run,) = await processes.until("DONE")
    assert [step["attempts"] for step in run["steps"]] == [3, 1]
    assert len(receiver.keys) == 4
    assert len(set(receiver.keys[:3])) == 1
    assert receiver.keys[3] != receiver.keys[0]
    assert receiver.bodies[0]["data"]["subject"] == str(order)
    receiver.check(processes.clock())
    receiver.answers = [500] * (len(RETRY_S) + 1)
    await processes.place(150_000)
    for wait in RETRY_S:
        await processes.until("RUNNING", "DONE")
        processes.clock.forward(seconds=wait)
    (run, _) = await processes.until("FAILED", "DONE")
    assert (run["attempts"], run["dueAt"]) == (len(RETRY_S) + 1, None)
    assert (await company.do(RETRY, company.director, runId=run["id"]))["run"] == {"status": "RUNNING"}
    (run, _) = await processes.until("DONE", "DONE")
    assert len(set(receiver.keys[4:-1])) == 1


async def test_only_listed_hosts_are_called(processes: Processes, receiver: Receiver) -> None:
    for url in ELSEWHERE:
        given = {"callWebhook": {"url": url.format(host=receiver.host)}}
        done = await processes.save("Out", {"event": PLACED}, given)
        assert (done["problem"]["code"], done["problem"]["field"]) == ("INVALID_INPUT", "steps[0].url"), url
        assert "HEDDLE_WEBHOOK_HOSTS" in done["problem"]["message"]
    # A listed name may lead inside by the time that it is called.
    done = await processes.save("In", {"event": PLACED}, {"callWebhook": {"url": "https://localhost/hook"}})
    assert done["problem"] is None
    await processes.place(1)
    (run,) = await processes.until("RUNNING")
    assert (run["attempts"], receiver.keys) == (1, [])


async def test_what_cannot_be_meant_is_not_saved(processes: Processes) -> None:
    for trigger, step, field in WRONG:
        done = await processes.save("Wrong", trigger, step)
        assert (done["workflow"], done["problem"]["field"]) == (None, field)
    await processes.save("Right", {"everyMinutes": 5}, WAIT)
    assert (await processes.save("Right", {"everyMinutes": 5}, WAIT))["problem"]["field"] == "name"
