"""Activities: what is to be done, by whom and by when."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from datasources.enterprise.crm.activities import ActivityKind
from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_activities
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import ACTIVITIES
from datasources.errors import InvalidInput, NotFound
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.crm.contacts import whose
from resolvers.enterprise.records import Record, add, change, once, telling, text

ACTIVITY = Record(
    type="Activity",
    table=ACTIVITIES,
    batch=EnterpriseLoaders.activity_by_id,
    created=EventType.ACTIVITY_CREATED,
    changed=EventType.ACTIVITY_CHANGED,
    visible=visible_activities,
    rules={"subject": text(200)},
    names={"owner_id": "employee"},
    owner="owner_id",
    told=telling(kind="kind", customer="customer_id", order="order_id"),
)
CustomerOfOrder = Callable[[Context, UUID], Awaitable[UUID]]
"""Whose order this is. Raises: NotFound."""


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
    **about: UUID | None,
) -> UUID:
    """Something for this employee to do, `about` an `opportunity_id` or an `order_id`; of the customer's contact, where
    there is one and no other is given.

    Raises: InvalidInput, NotFound where the employee has left or the contact was erased.
    """
    contact_id = await whose(enterprise, transaction, contact_id, customer_id)
    of: dict[str, Any] = {"owner_id": owner_id, "customer_id": customer_id, "contact_id": contact_id}
    values = ACTIVITY.checked(kind=kind, subject=subject, due_at=due_at, done_at=None, **of, **about)
    return await add(enterprise, transaction, ACTIVITY, values)


async def create_activity(
    context: Context,
    customer_of: CustomerOfOrder,
    *,
    due_at: datetime,
    owner_id: UUID | None,
    opportunity_id: UUID | None,
    order_id: UUID | None,
    key: str,
    **given: Any,
) -> Any:
    """Something to do: about a contact, an opportunity, an order, or nothing; the actor's, unless it is another's.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:write")
    enterprise = context.of(Enterprise)
    about = {"opportunity_id": opportunity_id, "order_id": order_id}
    values = {**given, **about, "due_at": _aware(due_at), "owner_id": owner_id or context.actor.signed_in}
    customer_id = None if order_id is None else await customer_of(context, order_id)

    async def work(transaction: Transaction) -> UUID:
        if opportunity_id is not None and not await enterprise.pipeline.all.by_ids([opportunity_id]):
            raise NotFound("opportunity")
        return await open_activity(enterprise, transaction, customer_id=customer_id, **values)

    return await once(context, ACTIVITY.batch, "createActivity", key, values, work)


async def change_activity(
    context: Context, *, activity_id: UUID, done: bool | None, due_at: datetime | None, key: str, **given: Any
) -> Any:
    """Says that it is done, or not; puts it off, or gives it over. None where the actor does not see it any more.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("crm:read")
    new = ACTIVITY.given(due_at=due_at and _aware(due_at), **given)

    async def decide(_: Transaction, before: Row) -> Mapping[str, Any]:
        if done is None:
            return new
        return new | {"done_at": (before.done_at or context.clock()) if done else None}

    return await change(context, ACTIVITY, "changeActivity", key, activity_id, [done, new], decide)


def _aware(at: datetime) -> datetime:
    """Raises: InvalidInput."""
    if at.tzinfo is None:
        raise InvalidInput("dueAt", "Say the time zone too, as in 2026-03-01T09:00:00Z.")
    return at
