"""Approvals: decided once, by who may, up to their amount, and not by who is behind it."""

import asyncio
from typing import Any

from datasources.actor import Actor
from tests.enterprise.processes.conftest import PLACED, Processes
from tests.gateway_client import Gateway
from tests.listening import Listen

DECIDE = """mutation ($input: DecideApprovalInput!) { done: decideApproval(input: $input) {
  approval { status note decidedBy { name } } problem { code } } }"""
ASKED = """{ approvals(first: 50) { totalCount nodes { id status text amount { amount currency } askedBy { name }
  run { status } } } }"""
HEARD = 'subscription { approvalChanged(after: "oldest") { type approval { amount { amount } } } }'
RAN = 'subscription { workflowRunChanged(after: "oldest") { type run { status } } }'
ASK = {"askApproval": {"text": "Is it real?", "subject": "subject", "amount": "total_minor", "currency": "currency"}}
WAIT = {"wait": {"minutes": 5}}
CANCEL = "mutation ($input: WorkflowRunInput!) { done: cancelRun(input: $input) { run { status } } }"


async def asked(processes: Processes, as_: Actor) -> Any:
    return (await processes.company.gateway.data(ASKED, as_=as_))["approvals"]["nodes"]


async def decide(processes: Processes, actor: Actor, id: str, approve: bool = True) -> Any:
    return await processes.company.do(DECIDE, actor, approvalId=id, approve=approve, note="As agreed")


async def test_who_may_decides_and_the_run_goes_on(processes: Processes, gateway: Gateway) -> None:
    company = processes.company
    await processes.save("Ask", {"event": PLACED}, ASK, WAIT)
    await processes.place(20_000_00)
    (run,) = await processes.until("WAITING")
    (one,) = await asked(processes, company.manager)
    assert gateway.calls == {"enterprise.approvals": 1, "enterprise.approvals.count": 1, "enterprise.run_by_id": 1}
    assert (one["text"], one["askedBy"], one["run"]) == ("Is it real?", None, {"status": "WAITING"})
    assert one["amount"] == {"amount": "20000.00", "currency": "EUR"}
    assert await asked(processes, company.buyer) == []
    assert await gateway.refused(ASKED, as_=company.sales) == ["FORBIDDEN"]
    done = await decide(processes, company.manager, one["id"])
    assert done == {
        "approval": {"status": "APPROVED", "note": "As agreed", "decidedBy": {"name": "Max Nager"}},
        "problem": None,
    }
    (run,) = await processes.until("WAITING")
    assert run["steps"][0] == {
        "position": 0,
        "kind": "ask_approval",
        "status": "DONE",
        "attempts": 1,
        "did": "Approved: As agreed",
    }
    processes.clock.forward(minutes=5)
    await processes.until("DONE")


async def test_not_above_the_limit_nor_in_what_it_is_not_in_nor_of_ones_own(processes: Processes) -> None:
    company = processes.company
    await processes.save("Ask", {"event": PLACED}, ASK)
    await processes.place(20_000_01)
    await processes.place(1, currency="USD")
    await processes.place(1, actor=company.manager)
    await processes.until("WAITING", "WAITING", "WAITING")
    (own,) = await asked(processes, company.manager)
    assert own["askedBy"] == {"name": "Max Nager"}
    codes = {"20000.01 EUR": "NOT_FOUND", "0.01 USD": "NOT_FOUND", "0.01 EUR": "ENTERPRISE_FOUR_EYES"}
    for one in await asked(processes, company.director):
        code = codes.pop("{amount} {currency}".format_map(one["amount"]))
        assert (await decide(processes, company.manager, one["id"]))["problem"] == {"code": code}
        assert (await decide(processes, company.director, one["id"]))["approval"]["status"] == "APPROVED"
    assert not codes
    await processes.until("DONE", "DONE", "DONE")


async def test_it_is_decided_once(processes: Processes) -> None:
    company = processes.company
    await processes.save("Ask", {"event": PLACED}, ASK)
    await processes.place(1)
    await processes.until("WAITING")
    (one,) = await asked(processes, company.manager)
    wishes = [(company.manager, True), (company.director, False)] * 2
    done = await asyncio.gather(*(decide(processes, actor, one["id"], approve) for actor, approve in wishes))
    refused = [payload["problem"] for payload in done if payload["problem"]]
    assert refused == [{"code": "ENTERPRISE_DECIDED"}] * 3
    (approved,) = [wish[1] for wish, payload in zip(wishes, done, strict=True) if payload["approval"]]
    (run,) = await processes.until("DONE" if approved else "REJECTED")
    assert run["steps"][0]["status"] == ("DONE" if approved else "REJECTED")


async def test_what_is_cancelled_needs_no_approval(processes: Processes) -> None:
    company = processes.company
    await processes.save("Ask", {"event": PLACED}, ASK)
    await processes.place(1)
    (run,) = await processes.until("WAITING")
    (one,) = await asked(processes, company.manager)
    await company.do(CANCEL, company.director, runId=run["id"])
    assert [one["status"] for one in await asked(processes, company.manager)] == ["WITHDRAWN"]
    assert (await decide(processes, company.manager, one["id"]))["problem"] == {"code": "ENTERPRISE_DECIDED"}
    await processes.place(1)
    await processes.until("WAITING", "CANCELLED")
    (one, _) = await asked(processes, company.manager)
    assert (await decide(processes, company.manager, one["id"], approve=False))["approval"]["status"] == "REJECTED"
    await processes.until("REJECTED", "CANCELLED")


async def test_who_may_see_it_hears_of_it(processes: Processes, listen: Listen) -> None:
    company = processes.company
    await processes.save("Ask", {"event": PLACED}, ASK)
    await processes.place(20_000_01)
    await processes.until("WAITING")
    await processes.place(1)
    await processes.until("WAITING", "WAITING")
    async with listen(HEARD, company.manager) as next:
        assert await next() == {"type": "APPROVAL_ASKED", "approval": {"amount": {"amount": "0.01"}}}
    async with listen(HEARD, company.director) as next:
        assert (await next())["approval"] == {"amount": {"amount": "20000.01"}}
    async with listen(RAN, company.manager) as next:
        assert await next() == {"type": "RUN_STARTED", "run": {"status": "WAITING"}}
    async with listen(RAN, company.sales) as next:
        assert await next() == ["FORBIDDEN"]
