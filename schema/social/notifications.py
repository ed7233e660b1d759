"""What you are told."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from datasources.errors import InvalidInput
from datasources.social.notifications import NotificationKind
from loaders.social import SocialLoaders
from resolvers.social import notifications
from schema.access import INHERITED, SIGNED_IN, policy
from schema.connection import Connection
from schema.enums import told
from schema.fields import computed, edge, root_page
from schema.node import Node, uuid_of
from schema.problems import Problem, mutation, payload
from schema.social.posts import Comment, Post
from schema.social.profiles import Profile

MAX_IDS = 100

told(NotificationKind, "What a notification is about.", COMMENT="Somebody said something to a post of yours.")


@strawberry.type(description="What you are told.", directives=[policy("whom it is for")])
class Notification(Node, batch=SocialLoaders.notification_by_id):
    kind: NotificationKind
    actor: Profile | None = edge(
        SocialLoaders.profile_by_id, key="actor_id", description="Who did it; null where it is of an order."
    )
    post: Post | None = edge(
        SocialLoaders.post_by_id, key="post_id", description="What it is about; null where that is no post."
    )
    comment: Comment | None = edge(
        SocialLoaders.comment_by_id, key="comment_id", description="What was said; null where it is of no comment."
    )
    order_status: str | None = computed(
        lambda status: status, "status", description="What became of your order: shipped, cancelled or refunded."
    )
    created_at: datetime
    read_at: datetime | None = strawberry.field(description="Null where you have not read it.")


def _wanted(unread_only: bool = False) -> dict[str, Any]:
    return {"unread": unread_only}


@strawberry.type
class NotificationsQuery:
    notifications: Connection[Notification] | None = root_page(
        SocialLoaders.notifications,
        SIGNED_IN,
        "What you are told, the newest first, or the unread of it, whose `totalCount` is how many you have not read.",
        arguments=_wanted,
    )


@strawberry.input(description="What you have read.")
class ReadNotificationsInput:
    notification_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description=f"{MAX_IDS} at most; all where it is left out."
    )

    def value(self) -> list[UUID] | None:
        """Raises: InvalidInput."""
        if self.notification_ids is None:
            return None
        if len(self.notification_ids) > MAX_IDS:
            raise InvalidInput("notificationIds", f"Name {MAX_IDS} at most, or leave it out for all.")
        return [uuid_of(id, "Notification", "notificationIds") for id in self.notification_ids]


@strawberry.type(description="How many you had not read before, or why it was refused.", directives=[INHERITED])
class ReadNotificationsPayload:
    read_count: int | None = None
    problem: Problem | None = None


@strawberry.type
class NotificationsMutation:
    @mutation(SIGNED_IN, "Marks notifications as read.", InvalidInput)
    async def read_notifications(
        self, info: strawberry.Info, input: ReadNotificationsInput
    ) -> ReadNotificationsPayload | None:
        async def read() -> int:
            return await notifications.read_notifications(info.context, input.value())

        return await payload(ReadNotificationsPayload, read_count=read)
