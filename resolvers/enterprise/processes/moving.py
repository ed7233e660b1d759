"""How a run moves: a step came to something, so it goes on, waits, or ends; each time it is noted and told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.processes import ApprovalStatus, RunStatus, StepStatus
from datasources.enterprise.stores import Enterprise
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.enterprise.processes.definitions import Definition, read


async def move(
    enterprise: Enterprise,
    transaction: Transaction,
    run: Row,
    step: StepStatus,
    did: str,
    attempts: int,
    changed: Mapping[str, Any],
) -> None:
    """Notes what became of the step that the held run is at, and changes the run."""
    kind = read(run.definition).steps[run.position].does.kind
    await enterprise.runs.note(transaction, run, kind, step, did, attempts)
    await enterprise.runs.change(transaction, run.id, **changed)
    event = EventType.RUN_ENDED if changed.get("ended_at") else EventType.RUN_CHANGED
    await enterprise.events.append(transaction, event, run.id, status=changed["status"])


def after_step(run: Row, definition: Definition, gives: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """What becomes of a run when the step that it was at is done: the next one at `now`, or its end."""
    data = {**run.data, **gives}
    if run.position + 1 < len(definition.steps):
        return {"status": RunStatus.RUNNING, "position": run.position + 1, "due_at": now, "data": data}
    return over(RunStatus.DONE, now) | {"data": data}


def over(status: RunStatus, now: datetime) -> dict[str, Any]:
    return {"status": status, "due_at": None, "ended_at": now}


async def end(enterprise: Enterprise, transaction: Transaction, id: UUID, why: str) -> bool:
    """Cancels a run, and withdraws what it asks for; whether it had not ended."""
    run = await enterprise.runs.hold(transaction, id)
    if run is None or run.ended_at is not None:
        return False
    asked = await enterprise.approvals.waiting_of(transaction, id)
    if asked is not None:
        await enterprise.approvals.close(transaction, asked.id, ApprovalStatus.WITHDRAWN, why, None)
        await enterprise.events.append(transaction, EventType.APPROVAL_DECIDED, asked.id, owner=asked.asked_by)
    cancelled = over(RunStatus.CANCELLED, enterprise.sources.clock())
    await move(enterprise, transaction, run, StepStatus.CANCELLED, why, run.attempts, cancelled)
    return True
