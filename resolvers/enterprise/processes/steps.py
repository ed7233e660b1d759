"""What each kind of step does: in the transaction that moves its run on, or, of a call, before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.processes import StepStatus
from datasources.enterprise.stores import Enterprise
from datasources.prepared import Row
from datasources.sql import Transaction
from resolvers.enterprise.processes.definitions import AskApproval, CallWebhook, Does, Wait


@dataclass(frozen=True, slots=True)
class Done:
    """What a step did, in words, and the fields that it gives its run; or until when it waits, if that is known."""

    did: str
    status: StepStatus = StepStatus.DONE
    gives: Mapping[str, Any] = field(default_factory=dict)
    until: datetime | None = None


async def call(enterprise: Enterprise, run: Row, does: CallWebhook) -> None:
    """Made again, with the same key, where nobody knows whether it came through. Raises: Refusal, SourceError."""
    told = {"run": str(run.id), "workflow": str(run.workflow_id), "cause": run.cause, "data": run.data}
    await enterprise.sources.webhooks.call(does.url, f"{run.id}:{run.position}", told)


async def do(enterprise: Enterprise, transaction: Transaction, run: Row, does: Does, given: Mapping[str, Any]) -> Done:
    """`given` are the values of the fields that it needs. Raises: Refusal."""
    match does:
        case Wait(minutes):
            until = enterprise.sources.clock() + timedelta(minutes=minutes)
            return Done(f"Until {until:%Y-%m-%d %H:%M} UTC.", StepStatus.WAITING, until=until)
        case CallWebhook(url):
            return Done(f"Called {url}.")
        case AskApproval():
            return await _ask(enterprise, transaction, run, does, given)
    raise NotImplementedError


async def _ask(
    enterprise: Enterprise, transaction: Transaction, run: Row, does: AskApproval, given: Mapping[str, Any]
) -> Done:
    asked_by = run.actor_id if run.actor_id and run.actor_id.int > 1 else None
    id = await enterprise.approvals.ask(
        transaction,
        run_id=run.id,
        position=run.position,
        text=does.text,
        subject=does.subject,
        subject_id=UUID(given["subject"]),
        amount_minor=given["amount"],
        currency=given["currency"],
        asked_by=asked_by,
    )
    await enterprise.events.append(transaction, EventType.APPROVAL_ASKED, id, owner=asked_by, run=str(run.id))
    return Done("Asked for approval.", StepStatus.WAITING)
