"""Reporting, and what moderation decides."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from datasources.errors import InvalidInput, NotFound
from datasources.social.errors import NoProfile
from datasources.social.moderation import Action, Subject
from datasources.social.policies import MODERATE
from loaders.social import SocialLoaders
from resolvers.social import moderation
from schema.access import INHERITED, SIGNED_IN, scope
from schema.connection import Connection
from schema.enums import told
from schema.fields import computed, edge, root_page
from schema.node import Node, global_id, read_id
from schema.problems import Problem, mutation, payload
from schema.social.posts import Comment, Post
from schema.social.profiles import Profile
from schema.social.reviews import Review

told(
    Action,
    "What moderation does with what somebody wrote.",
    name="ModerationAction",
    HIDE="From then on its author alone sees it.",
    RESTORE="It is shown again.",
    DISMISS="It stays as it is.",
)
MODERATORS = scope(MODERATE)
_KINDS = {"Post": Subject.POST, "Comment": Subject.COMMENT, "Review": Subject.REVIEW}
_GONE = "Null where it is gone, or this is about something else."


def _subject_id(kind: str, id: UUID) -> str:
    return global_id(kind.capitalize(), id)


def _subject(id: str) -> tuple[Subject, UUID]:
    """Raises: InvalidInput."""
    kind, uuid = read_id(id, "subjectId")
    if kind not in _KINDS:
        raise InvalidInput("subjectId", "Pass the id of a post, a comment or a review.")
    return _KINDS[kind], uuid


@strawberry.type(description="What somebody finds should not be there.", directives=[MODERATORS])
class Report(Node, batch=SocialLoaders.report_by_id):
    reporter: Profile | None = edge(
        SocialLoaders.profile_by_id, key="reporter_id", description="Null where they have erased their profile."
    )
    subject_id: strawberry.ID = computed(_subject_id, "subject", "subject_id", description="What it is about.")
    post: Post | None = edge(SocialLoaders.post_by_id, key="post_id", description=_GONE)
    comment: Comment | None = edge(SocialLoaders.comment_by_id, key="comment_id", description=_GONE)
    review: Review | None = edge(SocialLoaders.review_by_id, key="review_id", description=_GONE)
    reason: str | None = strawberry.field(description="Null where its reporter has erased their profile.")
    created_at: datetime
    decided_at: datetime | None = strawberry.field(description="Null where moderation has not decided yet.")


@strawberry.type(description="What moderation decided; it stays.", directives=[MODERATORS])
class Decision(Node, batch=SocialLoaders.decision_by_id):
    moderator: Profile | None = edge(
        SocialLoaders.profile_by_id, key="moderator_id", description="Null where they have no profile."
    )
    moderator_subject: str = computed(
        str, "moderator_id", description="Who decided, as tokens name them: staff need no profile."
    )
    subject_id: strawberry.ID = computed(_subject_id, "subject", "subject_id", description="What it is about.")
    post: Post | None = edge(SocialLoaders.post_by_id, key="post_id", description=_GONE)
    comment: Comment | None = edge(SocialLoaders.comment_by_id, key="comment_id", description=_GONE)
    review: Review | None = edge(SocialLoaders.review_by_id, key="review_id", description=_GONE)
    action: Action
    note: str | None = strawberry.field(description="Why; null where nothing was said.")
    at: datetime


def _which(open_only: bool = True) -> dict[str, Any]:
    return {"open": open_only}


@strawberry.type
class ModerationQuery:
    reports: Connection[Report] | None = root_page(
        SocialLoaders.reports,
        MODERATORS,
        "What people reported, the oldest first: the open ones, or all.",
        arguments=_which,
    )
    decisions: Connection[Decision] | None = root_page(
        SocialLoaders.decisions, MODERATORS, "What moderation decided, the newest first."
    )


@strawberry.input(description="What should not be there, and why.")
class ReportInput:
    subject_id: strawberry.ID = strawberry.field(description="Of a post, a comment or a review.")
    reason: str


@strawberry.input(description="What to do with what somebody wrote.")
class ModerateInput:
    subject_id: strawberry.ID = strawberry.field(description="Of a post, a comment or a review.")
    action: Action
    note: str | None = strawberry.field(default=None, description="Why, for those who ask later.")


@strawberry.type(description="The id of what was reported, or why it was refused.", directives=[INHERITED])
class ReportPayload:
    subject_id: strawberry.ID | None = None
    problem: Problem | None = None


@strawberry.type(description="The decision, or why there is none.", directives=[INHERITED])
class ModeratePayload:
    decision: Decision | None = None
    problem: Problem | None = None


@strawberry.type
class ModerationMutation:
    @mutation(
        SIGNED_IN, "Reports something to moderation; again, it changes nothing.", InvalidInput, NoProfile, NotFound
    )
    async def report(self, info: strawberry.Info, input: ReportInput) -> ReportPayload | None:
        async def report() -> str:
            await moderation.report(info.context, *_subject(input.subject_id), input.reason)
            return input.subject_id

        return await payload(ReportPayload, subject_id=report)

    @mutation(MODERATORS, "Decides about something; each decision is kept.", InvalidInput, NotFound)
    async def moderate(self, info: strawberry.Info, input: ModerateInput) -> ModeratePayload | None:
        return await payload(
            ModeratePayload,
            decision=lambda: moderation.decide(info.context, *_subject(input.subject_id), input.action, input.note),
        )
