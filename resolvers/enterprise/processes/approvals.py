"""Approvals: who may decides once, up to their amount, and never on what goes back to themselves."""

from typing import Any
from uuid import UUID

from datasources.enterprise.errors import Decided
from datasources.enterprise.events import EventType
from datasources.enterprise.processes import ApprovalStatus, RunStatus, StepStatus
from datasources.enterprise.stores import Enterprise
from datasources.errors import NotFound
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.approving import must_be_allowed
from resolvers.enterprise.processes.definitions import read
from resolvers.enterprise.processes.moving import after_step, move, over
from resolvers.enterprise.records import once
from resolvers.text import plain

MAX_NOTE = 500


async def decide(context: Context, approval_id: UUID, approve: bool, note: str, key: str) -> Any:
    """Approves or rejects. The run that waits for it goes on, or ends as rejected.

    Raises: Forbidden, InvalidInput, NotFound, FourEyes, OverLimit, Decided, KeyReused.
    """
    context.actor.require("approvals:decide")
    enterprise = context.of(Enterprise)
    note = plain(note, "note", MAX_NOTE, lines=True, empty=True)
    status = ApprovalStatus.APPROVED if approve else ApprovalStatus.REJECTED

    async def close(transaction: Transaction) -> UUID:
        asked = await enterprise.approvals.get(transaction, approval_id)
        if asked is None:
            raise NotFound("approval")
        # The run first, as whoever moves or cancels it: what it waits for changes with it alone.
        run = await enterprise.runs.hold(transaction, asked.run_id)
        await must_be_allowed(enterprise, transaction, Money(asked.amount_minor, asked.currency), asked.asked_by)
        decided = (approval_id, status, note, enterprise.actor.id)
        if run is None or not await enterprise.approvals.close(transaction, *decided):
            raise Decided
        await _go_on(enterprise, transaction, run, approve, note)
        told = {"owner": asked.asked_by, "status": status}
        await enterprise.events.append(transaction, EventType.APPROVAL_DECIDED, approval_id, **told)
        return approval_id

    request = [approval_id, approve, note]
    return await once(context, EnterpriseLoaders.approval_by_id, "decideApproval", key, request, close)


async def _go_on(enterprise: Enterprise, transaction: Transaction, run: Row, approve: bool, note: str) -> None:
    now = enterprise.sources.clock()
    did = f"{'Approved' if approve else 'Rejected'}{f': {note}' if note else '.'}"
    gives = {"approved_by": str(enterprise.actor.signed_in)}
    changed = after_step(run, read(run.definition), gives, now) if approve else over(RunStatus.REJECTED, now)
    step = StepStatus.DONE if approve else StepStatus.REJECTED
    await move(enterprise, transaction, run, step, did, 1, changed)
