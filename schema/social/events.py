"""What happens in social, as those hear of it whom it concerns."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.events import Cursor, Topic
from datasources.social.events import EventType
from datasources.social.stores import Social
from loaders.social import SocialLoaders
from schema.access import SIGNED_IN
from schema.enums import told
from schema.feeds import GO_ON, OfSubjects, event, everything, feed
from schema.fields import computed
from schema.node import edge_to, uuid_of
from schema.social.messages import Conversation, Message
from schema.social.moderation import Report
from schema.social.notifications import Notification
from schema.social.posts import Comment, Post
from schema.social.profiles import Profile
from schema.social.reviews import Review

_NOW = "As it is now; null where it is gone, or you may not see it any more."


told(
    EventType,
    "What happened.",
    name="SocialEventType",
    PROFILE_EXPORTED="All that is kept of a person was given out.",
    FOLLOW_REQUESTED="Somebody asked to follow a private profile.",
    NOTIFICATIONS_READ="Somebody read what they were told.",
    REACTION_CHANGED="Somebody reacted to a post, or took it back.",
)


@strawberry.interface(description="Something that happened in social.")
class SocialEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@event("Something became of a person, or between two.")
class ProfileEvent(SocialEvent):
    subjects = ("profile", "follow", "block", "notifications")
    profile: Profile | None = edge_to(Profile, "subject", f"Who is followed or blocked, if so. {_NOW}")


@event("Something became of a post, or of what people think of it.")
class PostEvent(SocialEvent):
    subjects = ("post", "reaction")
    post: Post | None = edge_to(Post, "subject", _NOW)


@event("Something became of a comment.")
class CommentEvent(SocialEvent):
    subjects = ("comment",)
    comment: Comment | None = edge_to(Comment, "subject", _NOW)


@event("Something became of a review.")
class ReviewEvent(SocialEvent):
    subjects = ("review",)
    review: Review | None = edge_to(Review, "subject", _NOW)


@event("A conversation was started, or a member has read on.")
class ConversationEvent(SocialEvent):
    subjects = ("conversation",)
    conversation: Conversation | None = edge_to(Conversation, "subject", _NOW)


@event("Somebody wrote in a conversation.")
class MessageEvent(SocialEvent):
    subjects = ("message",)
    message: Message | None = edge_to(Message, "subject", _NOW)


@event("There is something to be told.")
class NotificationEvent(SocialEvent):
    subjects = ("notification",)
    notification: Notification | None = edge_to(Notification, "subject", _NOW)


@event("Somebody reported something to moderation.")
class ReportEvent(SocialEvent):
    subjects = ("report",)
    report: Report | None = edge_to(Report, "subject", _NOW)


def _posts(_: Actor) -> Topic:
    return Topic(frozenset((EventType.POST_CREATED,)))


def _messages(_: Actor, conversation_id: strawberry.ID) -> Topic:
    """Raises: InvalidInput."""
    conversation = uuid_of(conversation_id, "Conversation", "conversationId")
    return Topic(frozenset((EventType.MESSAGE_SENT,)), frozenset((conversation,)))


def _notifications(actor: Actor) -> Topic:
    return Topic(frozenset((EventType.NOTIFICATION_CREATED,)), frozenset((actor.signed_in,)))


@strawberry.type
class SocialSubscription:
    followed_posted: PostEvent = feed(
        Social,
        SIGNED_IN,
        "What those post whom you follow: what is new in your feed.",
        topic=_posts,
        seen=SocialLoaders.followed_post_by_id,
    )
    message_sent: MessageEvent = feed(
        Social,
        SIGNED_IN,
        "What is written in a conversation of yours, by you too.",
        topic=_messages,
        seen=SocialLoaders.message_by_id,
    )
    notification_created: NotificationEvent = feed(
        Social,
        SIGNED_IN,
        "What you are told from now on.",
        topic=_notifications,
        seen=SocialLoaders.notification_by_id,
    )
    social_events: SocialEvent = everything(Social, EventType)
