"""Killed at every commit of a run, before it and after it, each effect has happened exactly once."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from datasources.commerce.stores import Commerce
from datasources.enterprise.tables import ACTIVITIES, APPROVALS, EVENTS, RUN_STEPS, RUNS, TICKETS
from tests.enterprise.processes.conftest import PLACED, Processes
from tests.enterprise.processes.receiver import SECRET, Receiver
from tests.server.command import ROOT

COMMITS = 9
"""It begins, opens a ticket, an activity, calls, asks, is approved, waits, has waited, calls."""


async def test_each_effect_happens_once(
    elsewhere: None, processes: Processes, receiver: Receiver, tmp_path: Path
) -> None:
    company = processes.company
    steps: list[dict[str, Any]] = [
        {"openTicket": {"text": "Look at this", "order": "subject"}},
        {"openActivity": {"text": "Call them", "assignee": "DIRECTOR"}},
        {"callWebhook": {"url": receiver.url}},
        {"askApproval": {"text": "Go on?", "subject": "subject", "amount": "total_minor", "currency": "currency"}},
        {"wait": {"minutes": 5}},
        {"callWebhook": {"url": receiver.url}},
    ]
    assert (await processes.save("All", {"event": PLACED}, *steps))["problem"] is None
    order = await processes.place(100)
    given = {
        "data": str(tmp_path),
        "enterprise": company.database.url,
        "commerce": processes.house.sources[Commerce].database.url,
        "host": receiver.host,
        "secret": SECRET,
        "director": str(company.director.id),
        "now": processes.clock().isoformat(),
    }
    worker = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.enterprise.processes.dying"),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(60):
        told, _ = await worker.communicate(json.dumps(given).encode())
    assert int(told) == 2 * COMMITS + 1, "each commit was died for twice"
    ((ticket,), (activity,), (approval,), (run,)) = [
        await company.database.rows(sa.select(table)) for table in (TICKETS, ACTIVITIES, APPROVALS, RUNS)
    ]
    assert (ticket.order_id, activity.owner_id, approval.status, run.status) == (
        order,
        company.director.id,
        "approved",
        "done",
    )
    steps_done = await company.database.rows(sa.select(RUN_STEPS).order_by(RUN_STEPS.c.position))
    assert [(step.position, step.status) for step in steps_done] == [(number, "done") for number in range(6)]
    types = Counter(row.type for row in await company.database.rows(sa.select(EVENTS.c.type)))
    once = ("run.started", "run.ended", "ticket.opened", "activity.created", "approval.asked", "approval.decided")
    assert [types[type] for type in once] == [1] * len(once)
    assert Counter(receiver.keys) == {f"{run.id}:2": 2, f"{run.id}:5": 2}, "said twice, and known by its key"
