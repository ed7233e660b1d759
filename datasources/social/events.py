"""What happens in social, and is written into its log."""

from enum import StrEnum


class EventType(StrEnum):
    """The word before the dot says what the subject is; the owner is who did it, but for these.

    Of a follow and a block the subject is the other profile; of a message the owner is its conversation, of a
    notification whom it is for.
    """

    PROFILE_CREATED = "profile.created"
    PROFILE_CHANGED = "profile.changed"
    PROFILE_EXPORTED = "profile.exported"
    PROFILE_ERASED = "profile.erased"
    FOLLOW_REQUESTED = "follow.requested"
    FOLLOW_BEGAN = "follow.began"
    FOLLOW_ENDED = "follow.ended"
    BLOCK_BEGAN = "block.began"
    BLOCK_ENDED = "block.ended"
    POST_CREATED = "post.created"
    POST_CHANGED = "post.changed"
    POST_DELETED = "post.deleted"
    POST_MODERATED = "post.moderated"
    COMMENT_CREATED = "comment.created"
    COMMENT_DELETED = "comment.deleted"
    COMMENT_MODERATED = "comment.moderated"
    REACTION_CHANGED = "reaction.changed"
    REVIEW_WRITTEN = "review.written"
    REVIEW_DELETED = "review.deleted"
    REVIEW_MODERATED = "review.moderated"
    CONVERSATION_STARTED = "conversation.started"
    CONVERSATION_READ = "conversation.read"
    MESSAGE_SENT = "message.sent"
    NOTIFICATION_CREATED = "notification.created"
    NOTIFICATIONS_READ = "notifications.read"
    REPORT_CREATED = "report.created"
