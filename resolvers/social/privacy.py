"""The rights of a person over its data: to have all of it, and to have it erased."""

from typing import Any
from uuid import UUID

from datasources.social.events import EventType
from datasources.social.stores import Social
from datasources.sql import Transaction
from resolvers.context import Context


async def export(context: Context, id: UUID) -> dict[str, Any] | None:
    """Everything held of this person, as JSON values; None where that is nothing. The caller may export them.

    What they wrote in conversations is told to nobody but themselves: there is no way to it for staff.
    """
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        profile = await social.privacy.hold(transaction, id)
        if profile is None:
            return None
        dossier = await social.privacy.dossier(transaction, profile)
        await social.events.append(transaction, EventType.PROFILE_EXPORTED, id)
    if context.actor.id != id:
        del dossier["messages"]
    return dossier


async def erase_in(context: Context, transaction: Transaction, id: UUID) -> None:
    """Erases what this person wrote and did; again, it changes nothing. The caller may erase them."""
    social = context.of(Social)
    profile = await social.privacy.hold(transaction, id)
    if profile is None or profile.erased_at is not None:
        return
    await social.privacy.erase(transaction, id, context.clock())
    await social.events.append(transaction, EventType.PROFILE_ERASED, id)


async def delete_profile(context: Context) -> UUID:
    """Erases the actor's own. Raises: Unauthenticated."""
    me = context.actor.signed_in
    async with context.of(Social).sources.database.transaction() as transaction:
        await erase_in(context, transaction, me)
    return me
