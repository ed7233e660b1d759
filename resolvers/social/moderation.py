"""Reporting, and what moderation decides."""

from typing import Any
from uuid import UUID

from datasources.errors import NotFound
from datasources.ids import uuid7
from datasources.social.events import EventType
from datasources.social.moderation import Action, Subject
from datasources.social.policies import MODERATE
from datasources.social.stores import Social
from loaders.batch import Batch
from loaders.social import SocialLoaders
from resolvers.context import Context
from resolvers.social.profiles import hold_me
from resolvers.text import plain

_BATCHES: dict[Subject, Batch] = {
    Subject.POST: SocialLoaders.post_by_id,
    Subject.COMMENT: SocialLoaders.comment_by_id,
    Subject.REVIEW: SocialLoaders.review_by_id,
}


async def report(context: Context, subject: Subject, id: UUID, reason: str) -> UUID:
    """Tells moderation of what the actor sees; again, it changes nothing. Gives the subject's id.

    Raises: Unauthenticated, InvalidInput, NoProfile, NotFound.
    """
    words, social = plain(reason, "reason", 500, lines=True), context.of(Social)
    if await context.loaders.load(_BATCHES[subject], id) is None:
        raise NotFound(subject)
    async with social.sources.database.transaction() as transaction:
        me, now = await hold_me(social, transaction), context.clock()
        values = {"id": uuid7(now), "reporter_id": me.id, "subject": subject, "subject_id": id, "reason": words}
        if await social.moderation.report(transaction, {**values, "created_at": now}):
            await social.events.append(transaction, EventType.REPORT_CREATED, values["id"], kind=subject, of=str(id))
    return id


async def decide(context: Context, subject: Subject, id: UUID, action: Action, note: str | None) -> Any:
    """Hides or shows it again, or leaves it; what was reported of it is closed. Gives the decision.

    Raises: Unauthenticated, Forbidden, InvalidInput, NotFound where it is gone.
    """
    context.actor.require(MODERATE)
    social, now = context.of(Social), context.clock()
    decision = {
        "id": uuid7(now),
        "moderator_id": context.actor.signed_in,
        "subject": subject,
        "subject_id": id,
        "action": action,
        "note": None if note is None else plain(note, "note", 500, lines=True),
        "at": now,
    }
    async with social.sources.database.transaction() as transaction:
        if not await social.moderation.decide(transaction, decision):
            raise NotFound(subject)
        await social.events.append(transaction, EventType(f"{subject}.moderated"), id, action=action)
    context.loaders.forget()
    return await context.loaders.load(SocialLoaders.decision_by_id, decision["id"])
