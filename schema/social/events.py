"""What happens in social, as those hear of it whom it concerns."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.events import Cursor, Topic
from datasources.social.events import EventType
from datasources.social.stores import Social
from loaders.social import SocialLoaders
from schema.access import SIGNED_IN, policy
from schema.feeds import feed
from schema.fields import edge
from schema.node import uuid_of
from schema.social.messages import Message
from schema.social.notifications import Notification
from schema.social.posts import Post

_HEARD = policy("who may subscribe to it")
_CURSOR = "Where to go on from after this event, as `after`."
_NOW = "As it is now; null where it is gone, or you may not see it any more."


@strawberry.type(description="Somebody posted.", directives=[_HEARD])
class PostEvent:
    cursor: Cursor = strawberry.field(description=_CURSOR)
    at: datetime
    post: Post | None = edge(SocialLoaders.post_by_id, key="subject", description=_NOW)


@strawberry.type(description="Somebody wrote in a conversation.", directives=[_HEARD])
class MessageEvent:
    cursor: Cursor = strawberry.field(description=_CURSOR)
    at: datetime
    message: Message | None = edge(SocialLoaders.message_by_id, key="subject", description=_NOW)


@strawberry.type(description="There is something to be told.", directives=[_HEARD])
class NotificationEvent:
    cursor: Cursor = strawberry.field(description=_CURSOR)
    at: datetime
    notification: Notification | None = edge(SocialLoaders.notification_by_id, key="subject", description=_NOW)


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
