"""Activities: what is to be done, by whom and by when."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.activities import ActivityKind
from datasources.enterprise.crm.references import require
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import ACTIVITIES
from datasources.errors import InvalidInput, NotFound
from datasources.prepared import Row
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.changing import Kind, change, create, given, tell
from resolvers.text import plain

MAX_SUBJECT = 200
ACTIVITY = Kind(
    "Activity",
    ACTIVITIES,
    "owner_id",
    EnterpriseLoaders.activity_by_id,
    EventType.ACTIVITY_CHANGED,
    {"kind": "kind", "customer": "customer_id", "order": "order_id"},
)
CustomerOfOrder = Callable[[Context, UUID], Awaitable[UUID]]
"""Whose order this is. Raises: NotFound."""


@dataclass(frozen=True, slots=True)
class ToDo:
    """For the actor, where `owner_id` is None."""

    kind: ActivityKind
    subject: str
    due_at: datetime
    owner_id: UUID | None
    contact_id: UUID | None
    opportunity_id: UUID | None
    order_id: UUID | None


async def open_activity(
    enterprise: Enterprise,
    transaction: Transaction,
    *,
    kind: ActivityKind,
    subject: str,
    owner_id: UUID,
    due_at: datetime,
    customer_id: UUID | None = None,
    contact_id: UUID | None = None,
    opportunity_id: UUID | None = None,
    order_id: UUID | None = None,
) -> UUID:
    """Something for this employee to do; about the customer's contact, where there is one and no other is given.

    Raises: InvalidInput, NotFound where the employee has left or the contact was erased.
    """
    await require(transaction, employee=owner_id, contact=contact_id)
    if contact_id is None and customer_id is not None:
        known = await enterprise.contacts.of_customer(transaction, customer_id)
        contact_id = known and known.id
    values = {
        "kind": kind,
        "subject": plain(subject, "subject", MAX_SUBJECT),
        "owner_id": owner_id,
        "due_at": due_at,
        "done_at": None,
        "customer_id": customer_id,
        "contact_id": contact_id,
        "opportunity_id": opportunity_id,
        "order_id": order_id,
    }
    id = await enterprise.activities.add(transaction, **values)
    await tell(enterprise, transaction, ACTIVITY, EventType.ACTIVITY_CREATED, id, values)
    return id


async def create_activity(context: Context, wanted: ToDo, customer_of: CustomerOfOrder, key: str) -> Any:
    """Something to do: about a contact, an opportunity, an order, or nothing.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:write")
    enterprise = context.of(Enterprise)
    customer_id = None if wanted.order_id is None else await customer_of(context, wanted.order_id)

    async def add(transaction: Transaction) -> UUID:
        hoped = wanted.opportunity_id
        if hoped is not None and not await enterprise.pipeline.all.by_ids([hoped]):
            raise NotFound("opportunity")
        return await open_activity(
            enterprise,
            transaction,
            kind=wanted.kind,
            subject=wanted.subject,
            owner_id=wanted.owner_id or context.actor.signed_in,
            due_at=_aware(wanted.due_at),
            customer_id=customer_id,
            contact_id=wanted.contact_id,
            opportunity_id=hoped,
            order_id=wanted.order_id,
        )

    return await create(context, ACTIVITY, "createActivity", key, wanted, add)


async def change_activity(
    context: Context, id: UUID, done: bool | None, due_at: datetime | None, owner_id: UUID | None, key: str
) -> Any:
    """Says that it is done, or not; puts it off, or gives it over. None where the actor does not see it any more.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:read")
    new = given(due_at=due_at and _aware(due_at), owner_id=owner_id)

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        await require(transaction, employee=owner_id)
        if done is None:
            return new
        return new | {"done_at": (before.done_at or context.clock()) if done else None}

    request = [done, new]
    visible = context.of(Enterprise).activities.visible
    return await change(context, ACTIVITY, "changeActivity", key, request, id, visible, decide)


def _aware(at: datetime) -> datetime:
    """Raises: InvalidInput."""
    if at.tzinfo is None:
        raise InvalidInput("dueAt", "Say the time zone too, as in 2026-03-01T09:00:00Z.")
    return at
