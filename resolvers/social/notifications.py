"""What people are told, and whether they have read it."""

from collections.abc import Sequence
from uuid import UUID

from datasources.social.events import EventType
from datasources.social.stores import Social
from resolvers.context import Context


async def read_notifications(context: Context, ids: Sequence[UUID] | None) -> int:
    """Marks these of the actor's as read, or all; how many were not. Raises: Unauthenticated."""
    social, me = context.of(Social), context.actor.signed_in
    async with social.sources.database.transaction() as transaction:
        read = await social.notifications.mark_read(transaction, ids, context.clock())
        if read:
            await social.events.append(transaction, EventType.NOTIFICATIONS_READ, me, count=read)
    return read
