"""Telling people what happened: a notification, and the event that wakes who waits for it."""

from typing import Any
from uuid import UUID

from datasources.social.events import EventType
from datasources.social.notifications import NotificationKind
from datasources.social.stores import Social
from datasources.sql import Transaction


async def tell(
    social: Social, transaction: Transaction, profile_id: UUID, kind: NotificationKind, *of: UUID | str, **what: Any
) -> None:
    """Tells a person once that the actor did this `of` that; whether they see it, the policy decides when they look."""
    told = await social.notifications.tell(transaction, profile_id, kind, *of, **what)
    if told is not None:
        await social.events.append(transaction, EventType.NOTIFICATION_CREATED, told, owner=profile_id)
