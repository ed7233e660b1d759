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
    assert await lives(processes, receiver, tmp_path) == 2 * COMMITS + 1, "each commit was died for twice"
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


async def test_what_is_short_is_ordered_once(
    elsewhere: None, processes: Processes, shop: Shop, receiver: Receiver, tmp_path: Path
) -> None:
    company, supply = processes.company, Supply(processes.company)
    place = {"product": "subject", "warehouse": "warehouse", "available": "available"}
    steps = ({"draftPurchase": place}, {"approvePurchase": {"purchase": "purchase"}})
    trigger = {"event": "commerce: stock.moved", "when": "on_hand > 0"}
    assert (await processes.save("Order", trigger, *steps))["problem"] is None
    warehouse, product = await shop.warehouse("BER"), await shop.product("Mug", stock={"BER": 3})
    supplier = await supply.supplier()
    await supply.price(supplier, product, "2.50")
    await supply.point(supplier, product, warehouse, 5, 10)
    moved: dict[str, Any] = {"warehouse": str(warehouse), "kind": "adjusted", "on_hand": 1, "reserved": 0}
    await processes.tell("stock.moved", product, **moved, available=3)
    assert await lives(processes, receiver, tmp_path) == 2 * 3 + 1, "it begins, drafts, approves"
    (purchase,) = await company.database.rows(sa.select(PURCHASE_ORDERS))
    assert (purchase.status, purchase.total_minor) == ("approved", 25_00)
    types = Counter(row.type for row in await company.database.rows(sa.select(EVENTS.c.type)))
    once = ("run.started", "run.ended", "purchase.drafted", "purchase.approved")
    assert [types[type] for type in once] == [1] * len(once)


async def lives(processes: Processes, receiver: Receiver, data: Path) -> int:
    """How often a worker had to begin until its run had ended, killed before and after each commit."""
    given = {
        "data": str(data),
        "enterprise": processes.company.database.url,
        "commerce": processes.house.sources[Commerce].database.url,
        "host": receiver.host,
        "secret": SECRET,
        "director": str(processes.company.director.id),
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
    return int(told)
