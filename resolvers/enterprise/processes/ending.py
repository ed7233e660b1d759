"""How a run ends before its last step: it is not needed any more, or somebody cancels it."""

from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.processes import ApprovalStatus, RunStatus, StepStatus
from datasources.enterprise.stores import Enterprise
from datasources.sql import Transaction
from resolvers.enterprise.processes.definitions import read


async def end(enterprise: Enterprise, transaction: Transaction, id: UUID, why: str) -> bool:
    """Cancels a run, and withdraws what it asks for; whether it had not ended."""
    run = await enterprise.runs.hold(transaction, id)
    if run is None or run.ended_at is not None:
        return False
    asked = await enterprise.approvals.waiting_of(transaction, id)
    if asked is not None:
        await enterprise.approvals.close(transaction, asked.id, ApprovalStatus.WITHDRAWN, why, None)
        await enterprise.events.append(transaction, EventType.APPROVAL_DECIDED, asked.id, owner=asked.asked_by)
    kind = read(run.definition).steps[run.position].does.kind
    await enterprise.runs.note(transaction, run, kind, StepStatus.CANCELLED, why, run.attempts)
    now = enterprise.sources.clock()
    await enterprise.runs.change(transaction, id, status=RunStatus.CANCELLED, due_at=None, ended_at=now)
    await enterprise.events.append(transaction, EventType.RUN_ENDED, id, status=RunStatus.CANCELLED)
    return True
