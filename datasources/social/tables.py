"""The database of social at a glance; `policies.py` says which rows an actor sees.

A profile has the id of its person: of the customer or the staff member, or of whomever a token names. What belongs to
a post goes with it (ON DELETE CASCADE). Nothing is counted here but messages: a count is what its viewer may see.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from datasources.events import events_table, offsets_table
from datasources.idempotency import idempotency_table
from datasources.sql import UtcDateTime, table


class SocialTable(SQLModel, registry=registry()):
    metadata = sa.MetaData()


class Profile(SocialTable, table=True):
    """After an erasure handle, name and bio are null; the row stays, so that the person gets no other."""

    __tablename__ = "profiles"
    id: UUID = Field(primary_key=True)
    handle: str | None = Field(max_length=30, unique=True)
    name: str | None = Field(max_length=80)
    bio: str | None = Field(max_length=500)
    private: bool
    created_at: datetime = Field(sa_type=UtcDateTime)
    erased_at: datetime | None = Field(sa_type=UtcDateTime)


class Follow(SocialTable, table=True):
    """`accepted` is false while a private profile has not said yes."""

    __tablename__ = "follows"
    __table_args__ = (
        sa.UniqueConstraint("follower_id", "followed_id"),
        sa.Index("ix_follows_followed", "followed_id", "accepted", "at", "id"),
        sa.Index("ix_follows_follower", "follower_id", "accepted", "at", "id"),
        sa.CheckConstraint("follower_id <> followed_id", name="nobody_follows_himself"),
    )
    id: UUID = Field(primary_key=True)
    follower_id: UUID = Field(foreign_key="profiles.id")
    followed_id: UUID = Field(foreign_key="profiles.id")
    accepted: bool
    at: datetime = Field(sa_type=UtcDateTime)


class Block(SocialTable, table=True):
    __tablename__ = "blocks"
    __table_args__ = (
        sa.UniqueConstraint("blocker_id", "blocked_id"),
        sa.Index("ix_blocks_blocked", "blocked_id", "blocker_id"),
    )
    id: UUID = Field(primary_key=True)
    blocker_id: UUID = Field(foreign_key="profiles.id")
    blocked_id: UUID = Field(foreign_key="profiles.id")
    at: datetime = Field(sa_type=UtcDateTime)


class Post(SocialTable, table=True):
    """`visibility`: public, followers, me. `hidden_at` is when moderation hid it.

    The index has all that the policy looks at: the feed passes over many posts without reading them.
    """

    __tablename__ = "posts"
    __table_args__ = (sa.Index("ix_posts_author", "author_id", "created_at", "id", "visibility", "hidden_at"),)
    id: UUID = Field(primary_key=True)
    author_id: UUID = Field(foreign_key="profiles.id")
    text: str = Field(sa_type=sa.Text)
    visibility: str = Field(max_length=10)
    created_at: datetime = Field(sa_type=UtcDateTime)
    edited_at: datetime | None = Field(sa_type=UtcDateTime)
    hidden_at: datetime | None = Field(sa_type=UtcDateTime)


class PostMention(SocialTable, table=True):
    __tablename__ = "post_mentions"
    post_id: UUID = Field(primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    profile_id: UUID = Field(primary_key=True, foreign_key="profiles.id", index=True)


class PostProduct(SocialTable, table=True):
    """Products are those of commerce, which says what they are. `posted_at` is when the post was."""

    __tablename__ = "post_products"
    __table_args__ = (
        sa.UniqueConstraint("post_id", "position"),
        sa.Index("ix_post_products_product", "product_id", "posted_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    post_id: UUID = Field(foreign_key="posts.id", ondelete="CASCADE")
    product_id: UUID
    position: int
    posted_at: datetime = Field(sa_type=UtcDateTime)


class Comment(SocialTable, table=True):
    __tablename__ = "comments"
    __table_args__ = (sa.Index("ix_comments_post", "post_id", "created_at", "id"),)
    id: UUID = Field(primary_key=True)
    post_id: UUID = Field(foreign_key="posts.id", ondelete="CASCADE")
    author_id: UUID = Field(foreign_key="profiles.id", index=True)
    text: str = Field(sa_type=sa.Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    hidden_at: datetime | None = Field(sa_type=UtcDateTime)


class Reaction(SocialTable, table=True):
    """One of a person to a post. `kind`: like, love, laugh, wow, sad."""

    __tablename__ = "reactions"
    post_id: UUID = Field(primary_key=True, foreign_key="posts.id", ondelete="CASCADE")
    author_id: UUID = Field(primary_key=True, foreign_key="profiles.id", index=True)
    kind: str = Field(max_length=10)
    at: datetime = Field(sa_type=UtcDateTime)


class Review(SocialTable, table=True):
    """One of a person of a product."""

    __tablename__ = "reviews"
    __table_args__ = (
        sa.UniqueConstraint("author_id", "product_id"),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five_stars"),
        sa.Index("ix_reviews_product", "product_id", "created_at", "id"),
        sa.Index("ix_reviews_author", "author_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    author_id: UUID = Field(foreign_key="profiles.id")
    product_id: UUID
    stars: int
    text: str = Field(sa_type=sa.Text)
    created_at: datetime = Field(sa_type=UtcDateTime)
    edited_at: datetime | None = Field(sa_type=UtcDateTime)
    hidden_at: datetime | None = Field(sa_type=UtcDateTime)


class Conversation(SocialTable, table=True):
    """`messages` is how many were ever sent, and so the number of the last. `pair` is set where there are just two."""

    __tablename__ = "conversations"
    id: UUID = Field(primary_key=True)
    pair: str | None = Field(max_length=73, unique=True)
    messages: int
    created_at: datetime = Field(sa_type=UtcDateTime)
    active_at: datetime = Field(sa_type=UtcDateTime)


class Member(SocialTable, table=True):
    """`read_number` is that of the last message that was read."""

    __tablename__ = "members"
    __table_args__ = (sa.Index("ix_members_profile", "profile_id", "conversation_id"),)
    conversation_id: UUID = Field(primary_key=True, foreign_key="conversations.id")
    profile_id: UUID = Field(primary_key=True, foreign_key="profiles.id")
    read_number: int


class Message(SocialTable, table=True):
    """`number` counts up in its conversation, without gaps. `text` is null where its author was erased."""

    __tablename__ = "messages"
    __table_args__ = (sa.UniqueConstraint("conversation_id", "number"),)
    id: UUID = Field(primary_key=True)
    conversation_id: UUID = Field(foreign_key="conversations.id")
    number: int
    author_id: UUID = Field(foreign_key="profiles.id", index=True)
    text: str | None = Field(sa_type=sa.Text)
    sent_at: datetime = Field(sa_type=UtcDateTime)


class Notification(SocialTable, table=True):
    """`kind`: mention, comment, reaction, follow, follow_request, follow_accepted, order. `cause` happens once.

    `actor_id` is who caused it; nobody, where it is of an order of commerce, which is then in `status`.
    """

    __tablename__ = "notifications"
    __table_args__ = (
        sa.UniqueConstraint("profile_id", "cause"),
        sa.Index("ix_notifications_profile", "profile_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    profile_id: UUID = Field(foreign_key="profiles.id")
    cause: str = Field(max_length=120)
    kind: str = Field(max_length=20)
    actor_id: UUID | None = Field(foreign_key="profiles.id", index=True)
    post_id: UUID | None = Field(foreign_key="posts.id", ondelete="CASCADE", index=True)
    comment_id: UUID | None = Field(foreign_key="comments.id", ondelete="CASCADE", index=True)
    order_id: UUID | None
    status: str | None = Field(max_length=20)
    created_at: datetime = Field(sa_type=UtcDateTime)
    read_at: datetime | None = Field(sa_type=UtcDateTime)


class Report(SocialTable, table=True):
    """One of a person of a post, a comment or a review, of which one is set; it may be gone by now."""

    __tablename__ = "reports"
    __table_args__ = (
        sa.UniqueConstraint("reporter_id", "subject_id"),
        sa.Index("ix_reports_created", "created_at", "id"),
        sa.Index("ix_reports_subject", "subject_id"),
    )
    id: UUID = Field(primary_key=True)
    reporter_id: UUID = Field(foreign_key="profiles.id")
    subject: str = Field(max_length=10)
    subject_id: UUID
    reason: str | None = Field(max_length=500)
    created_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(sa_type=UtcDateTime)


class Decision(SocialTable, table=True):
    """What moderation decided, for ever. `action`: hide, restore, dismiss."""

    __tablename__ = "decisions"
    __table_args__ = (sa.Index("ix_decisions_at", "at", "id"),)
    id: UUID = Field(primary_key=True)
    moderator_id: UUID
    subject: str = Field(max_length=10)
    subject_id: UUID = Field(index=True)
    action: str = Field(max_length=10)
    note: str | None = Field(max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)


METADATA = SocialTable.metadata
PROFILES, FOLLOWS, BLOCKS = table(Profile), table(Follow), table(Block)
POSTS, POST_MENTIONS, POST_PRODUCTS = table(Post), table(PostMention), table(PostProduct)
COMMENTS, REACTIONS, REVIEWS = table(Comment), table(Reaction), table(Review)
CONVERSATIONS, MEMBERS, MESSAGES = table(Conversation), table(Member), table(Message)
NOTIFICATIONS, REPORTS, DECISIONS = table(Notification), table(Report), table(Decision)
EVENTS, OFFSETS, IDEMPOTENCY = events_table(METADATA), offsets_table(METADATA), idempotency_table(METADATA)
