"""Killed at every commit of a run, before it and after it, each effect has happened exactly once."""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from datasources.commerce.stores import Commerce
from datasources.enterprise.tables import ACTIVITIES, APPROVALS, EVENTS, PURCHASE_ORDERS, RUN_STEPS, RUNS, TICKETS
from tests.commerce.shop import Shop
from tests.enterprise.processes.conftest import PLACED, Processes
from tests.enterprise.processes.receiver import SECRET, Receiver
from tests.enterprise.supply import Supply
from tests.server.command import ROOT

COMMITS = 12
"""One run begins, opens a ticket, an activity, calls, asks, is approved, waits, has waited, calls; another begins,
drafts, approves."""


async def test_each_effect_happens_once(
    elsewhere: None, processes: Processes, shop: Shop, receiver: Receiver, tmp_path: Path
) -> None:
    company, supply = processes.company, Supply(processes.company)
    steps: list[dict[str, Any]] = [
        {"openTicket": {"text": "Look at this", "order": "subject"}},
        {"openActivity": {"text": "Call them", "assignee": "DIRECTOR"}},
        {"callWebhook": {"url": receiver.url}},
        {"askApproval": {"text": "Go on?", "subject": "subject", "amount": "total_minor", "currency": "currency"}},
        {"wait": {"minutes": 5}},
        {"callWebhook": {"url": receiver.url}},
    ]
    assert (await processes.save("All", {"event": PLACED}, *steps))["problem"] is None
    place = {"product": "subject", "warehouse": "warehouse", "available": "available"}
    buying = ({"draftPurchase": place}, {"approvePurchase": {"purchase": "purchase"}})
    trigger = {"event": "commerce: stock.moved", "when": "on_hand > 0"}
    assert (await processes.save("Order", trigger, *buying))["problem"] is None
    warehouse, product = await shop.warehouse("BER"), await shop.product("Mug", stock={"BER": 3})
    supplier = await supply.supplier()
    await supply.price(supplier, product, "2.50")
    await supply.point(supplier, product, warehouse, 5, 10)
    moved: dict[str, Any] = {"warehouse": str(warehouse), "kind": "adjusted", "on_hand": 1, "reserved": 0}
    await processes.tell("stock.moved", product, **moved, available=3)
    order = await processes.place(100)
    given = {
        "data": str(tmp_path),
        "enterprise": company.database.url,
        "commerce": processes.house.sources[Commerce].database.url,
        "host": receiver.host,
        "secret": SECRET,
        "director": str(company.director.id),
        "runs": 2,
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
    effects = (TICKETS, ACTIVITIES, APPROVALS, PURCHASE_ORDERS)
    ((ticket,), (activity,), (approval,), (purchase,)) = [
        await company.database.rows(sa.select(table)) for table in effects
    ]
    assert (purchase.status, purchase.total_minor) == ("approved", 25_00)
    run, _ = sorted(await company.database.rows(sa.select(RUNS)), key=lambda run: run.subject_id != order)
    assert (ticket.order_id, activity.owner_id, approval.status, run.status) == (
        order,
        company.director.id,
        "approved",
        "done",
    )
    steps_done = await company.database.rows(
        sa.select(RUN_STEPS).where(RUN_STEPS.c.run_id == run.id).order_by(RUN_STEPS.c.position)
    )
    assert [(step.position, step.status) for step in steps_done] == [(number, "done") for number in range(6)]
    types = Counter(row.type for row in await company.database.rows(sa.select(EVENTS.c.type)))
    once = ("ticket.opened", "activity.created", "approval.asked", "approval.decided")
    assert [types[type] for type in (*once, "purchase.drafted", "purchase.approved")] == [1] * 6
    assert (types["run.started"], types["run.ended"]) == (2, 2)
    assert Counter(receiver.keys) == {f"{run.id}:2": 2, f"{run.id}:5": 2}, "said twice, and known by its key"
