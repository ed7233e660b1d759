"""What each kind of step does: in the transaction that moves its run on, or, of a call, before it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from datasources.enterprise.crm.activities import ActivityKind
from datasources.enterprise.crm.tickets import TicketPriority
from datasources.enterprise.events import EventType
from datasources.enterprise.processes import StepStatus, heads_above
from datasources.enterprise.stores import Enterprise
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.enterprise.crm.activities import open_activity
from resolvers.enterprise.crm.contacts import account_owner
from resolvers.enterprise.crm.tickets import open_ticket
from resolvers.enterprise.processes.definitions import (
    ApprovePurchase,
    AskApproval,
    Assignee,
    CallWebhook,
    Does,
    DraftPurchase,
    OpenActivity,
    OpenTicket,
    Wait,
)
from resolvers.enterprise.supply import purchasing


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
            return Done(f"Called {urlsplit(url).netloc}.")
        case AskApproval():
            return await _ask(enterprise, transaction, run, does, given)
        case OpenTicket():
            return await _open_ticket(enterprise, transaction, run, does, given)
        case OpenActivity():
            return await _open_activity(enterprise, transaction, does, given)
        case DraftPurchase():
            return await _draft(enterprise, transaction, given)
        case ApprovePurchase():
            approver = _id(run.data.get("approved_by"))
            await purchasing.approve(enterprise, transaction, UUID(given["purchase"]), approver)
            return Done("Approved the purchase order.")


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


async def _draft(enterprise: Enterprise, transaction: Transaction, given: Mapping[str, Any]) -> Done:
    product_id, warehouse_id = UUID(given["product"]), UUID(given["warehouse"])
    id = await purchasing.draft_for(
        enterprise, transaction, product_id=product_id, warehouse_id=warehouse_id, available=given.get("available")
    )
    if id is None:
        return Done("There is nothing to order.", StepStatus.SKIPPED)
    total = await purchasing.amount_of(enterprise, transaction, id)
    gives = {"purchase": str(id), "purchase_minor": total.minor, "purchase_currency": total.currency}
    return Done("Drafted a purchase order.", gives=gives)


async def _open_ticket(
    enterprise: Enterprise, transaction: Transaction, run: Row, does: OpenTicket, given: Mapping[str, Any]
) -> Done:
    id = await open_ticket(
        enterprise,
        transaction,
        subject=does.text,
        text=f"Opened by a workflow: {run.cause}.",
        order_id=_id(given.get("order")),
        customer_id=UUID(given["customer"]),
        priority=TicketPriority.NORMAL,
    )
    return Done("Opened a ticket.", gives={"ticket": str(id)})


async def _open_activity(
    enterprise: Enterprise, transaction: Transaction, does: OpenActivity, given: Mapping[str, Any]
) -> Done:
    customer_id = UUID(given["customer"])
    owner_id = await account_owner(enterprise, transaction, customer_id)
    if does.assignee is not Assignee.ACCOUNT_OWNER:
        heads = await heads_above(transaction, owner_id)
        owner_id = heads[0 if does.assignee is Assignee.MANAGER else -1] if heads else None
    if owner_id is None:
        return Done(f"There is no {does.assignee.replace('_', ' ')}.", StepStatus.SKIPPED)
    id = await open_activity(
        enterprise,
        transaction,
        kind=ActivityKind.TASK,
        subject=does.text,
        owner_id=owner_id,
        due_at=enterprise.sources.clock() + timedelta(days=does.due_days),
        customer_id=customer_id,
        order_id=_id(given.get("order")),
    )
    return Done("Opened an activity.", gives={"activity": str(id)})


def _id(text: str | None) -> UUID | None:
    return UUID(text) if text else None
