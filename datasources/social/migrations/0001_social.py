"""The tables of social as they were born, and the full-text indexes over posts and people."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from datasources.migrations.bookkeeping import create_bookkeeping
from datasources.sql import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Area by area, each after those that it refers to."""
    create_bookkeeping()
    _people()
    _posts()
    _said_of_posts()
    _reviews()
    _conversations()
    _notifications()
    _moderation()
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _people() -> None:
    op.create_table(
        "profiles",
        _id(),
        sa.Column("handle", sa.String(30), unique=True),
        sa.Column("name", sa.String(80)),
        sa.Column("bio", sa.String(500)),
        _always("private", sa.Boolean()),
        _always("created_at", UtcDateTime()),
        sa.Column("erased_at", UtcDateTime()),
    )
    op.create_table(
        "follows",
        _id(),
        _profile("follower_id"),
        _profile("followed_id"),
        _always("accepted", sa.Boolean()),
        _always("at", UtcDateTime()),
        sa.UniqueConstraint("follower_id", "followed_id"),
        sa.CheckConstraint("follower_id <> followed_id", name="nobody_follows_himself"),
    )
    op.create_index("ix_follows_followed", "follows", ["followed_id", "accepted", "at", "id"])
    op.create_index("ix_follows_follower", "follows", ["follower_id", "accepted", "at", "id"])
    op.create_table(
        "blocks",
        _id(),
        _profile("blocker_id"),
        _profile("blocked_id"),
        _always("at", UtcDateTime()),
        sa.UniqueConstraint("blocker_id", "blocked_id"),
    )
    op.create_index("ix_blocks_blocked", "blocks", ["blocked_id", "blocker_id"])


def _posts() -> None:
    op.create_table(
        "posts",
        _id(),
        _profile("author_id"),
        _always("text", sa.Text()),
        _always("visibility", sa.String(10)),
        _always("created_at", UtcDateTime()),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("hidden_at", UtcDateTime()),
    )
    op.create_index("ix_posts_author", "posts", ["author_id", "created_at", "id", "visibility", "hidden_at"])
    op.create_table(
        "post_mentions",
        _post(primary_key=True),
        sa.Column("profile_id", sa.Uuid(), sa.ForeignKey("profiles.id"), primary_key=True, index=True),
    )
    op.create_table(
        "post_products",
        _id(),
        _post(nullable=False),
        _always("product_id", sa.Uuid()),
        _always("position", sa.Integer()),
        _always("posted_at", UtcDateTime()),
        sa.UniqueConstraint("post_id", "position"),
    )
    op.create_index("ix_post_products_product", "post_products", ["product_id", "posted_at", "id"])


def _said_of_posts() -> None:
    op.create_table(
        "comments",
        _id(),
        _post(nullable=False),
        _profile("author_id", index=True),
        _always("text", sa.Text()),
        _always("created_at", UtcDateTime()),
        sa.Column("hidden_at", UtcDateTime()),
    )
    op.create_index("ix_comments_post", "comments", ["post_id", "created_at", "id"])
    op.create_table(
        "reactions",
        _post(primary_key=True),
        sa.Column("author_id", sa.Uuid(), sa.ForeignKey("profiles.id"), primary_key=True, index=True),
        _always("kind", sa.String(10)),
        _always("at", UtcDateTime()),
    )


def _reviews() -> None:
    op.create_table(
        "reviews",
        _id(),
        _profile("author_id"),
        _always("product_id", sa.Uuid()),
        _always("stars", sa.Integer()),
        _always("text", sa.Text()),
        _always("created_at", UtcDateTime()),
        sa.Column("edited_at", UtcDateTime()),
        sa.Column("hidden_at", UtcDateTime()),
        sa.UniqueConstraint("author_id", "product_id"),
        sa.CheckConstraint("stars BETWEEN 1 AND 5", name="one_to_five_stars"),
    )
    op.create_index("ix_reviews_product", "reviews", ["product_id", "created_at", "id"])
    op.create_index("ix_reviews_author", "reviews", ["author_id", "created_at", "id"])


def _conversations() -> None:
    op.create_table(
        "conversations",
        _id(),
        sa.Column("pair", sa.String(73), unique=True),
        _always("messages", sa.Integer()),
        _always("created_at", UtcDateTime()),
        _always("active_at", UtcDateTime()),
    )
    op.create_table(
        "members",
        sa.Column("conversation_id", sa.Uuid(), sa.ForeignKey("conversations.id"), primary_key=True),
        sa.Column("profile_id", sa.Uuid(), sa.ForeignKey("profiles.id"), primary_key=True),
        _always("read_number", sa.Integer()),
    )
    op.create_index("ix_members_profile", "members", ["profile_id", "conversation_id"])
    op.create_table(
        "messages",
        _id(),
        _always("conversation_id", sa.Uuid(), sa.ForeignKey("conversations.id")),
        _always("number", sa.Integer()),
        _profile("author_id", index=True),
        sa.Column("text", sa.Text()),
        _always("sent_at", UtcDateTime()),
        sa.UniqueConstraint("conversation_id", "number"),
    )


def _notifications() -> None:
    comment = sa.ForeignKey("comments.id", ondelete="CASCADE")
    op.create_table(
        "notifications",
        _id(),
        _profile("profile_id"),
        _always("cause", sa.String(120)),
        _always("kind", sa.String(20)),
        sa.Column("actor_id", sa.Uuid(), sa.ForeignKey("profiles.id"), index=True),
        _post(nullable=True, index=True),
        sa.Column("comment_id", sa.Uuid(), comment, index=True),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("status", sa.String(20)),
        _always("created_at", UtcDateTime()),
        sa.Column("read_at", UtcDateTime()),
        sa.UniqueConstraint("profile_id", "cause"),
    )
    op.create_index("ix_notifications_profile", "notifications", ["profile_id", "created_at", "id"])


def _moderation() -> None:
    op.create_table(
        "reports",
        _id(),
        _profile("reporter_id"),
        _always("subject", sa.String(10)),
        _always("subject_id", sa.Uuid()),
        sa.Column("reason", sa.String(500)),
        _always("created_at", UtcDateTime()),
        sa.Column("decided_at", UtcDateTime()),
        sa.UniqueConstraint("reporter_id", "subject_id"),
    )
    op.create_index("ix_reports_created", "reports", ["created_at", "id"])
    op.create_index("ix_reports_subject", "reports", ["subject_id"])
    op.create_table(
        "decisions",
        _id(),
        _always("moderator_id", sa.Uuid()),
        _always("subject", sa.String(10)),
        _always("subject_id", sa.Uuid(), index=True),
        _always("action", sa.String(10)),
        sa.Column("note", sa.String(500)),
        _always("at", UtcDateTime()),
    )
    op.create_index("ix_decisions_at", "decisions", ["at", "id"])


def _id() -> sa.Column[Any]:
    return sa.Column("id", sa.Uuid(), primary_key=True)


def _always(name: str, type: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    """A column that is never null."""
    return sa.Column(name, type, *more, nullable=False, **options)


def _profile(name: str, **options: Any) -> sa.Column[Any]:
    return _always(name, sa.Uuid(), sa.ForeignKey("profiles.id"), **options)


def _post(**options: Any) -> sa.Column[Any]:
    """The post to which a row belongs, and with which it goes."""
    return sa.Column("post_id", sa.Uuid(), sa.ForeignKey("posts.id", ondelete="CASCADE"), **options)


_SEARCHED = {"posts": ("text",), "profiles": ("handle", "name", "bio")}
"""The columns of each table that are searched, the most important first."""


def _on_postgresql() -> None:
    for table, columns in _SEARCHED.items():
        words = " || ' ' || ".join(f"coalesce({column}, '')" for column in columns)
        searched = f"tsvector GENERATED ALWAYS AS (to_tsvector('simple', {words})) STORED"
        op.execute(f"ALTER TABLE {table} ADD COLUMN search {searched}")
        op.execute(f"CREATE INDEX ix_{table}_search ON {table} USING gin (search)")


def _on_sqlite() -> None:
    """A row of the index is found by its `id`, a word as all others: by another column all rows would be looked at."""
    for table, columns in _SEARCHED.items():
        index, names = f"{table}_search", ", ".join(columns)
        new = ", ".join(f"new.{column}" for column in columns)
        add = f"INSERT INTO {index} (id, {names}) VALUES (new.id, {new});"
        remove = f"DELETE FROM {index} WHERE {index} MATCH 'id:' || old.id;"
        op.execute(f"CREATE VIRTUAL TABLE {index} USING fts5(id, {names}, tokenize = 'unicode61 remove_diacritics 2')")
        op.execute(f"CREATE TRIGGER {table}_added AFTER INSERT ON {table} BEGIN {add} END")
        op.execute(f"CREATE TRIGGER {table}_removed AFTER DELETE ON {table} BEGIN {remove} END")
        op.execute(f"CREATE TRIGGER {table}_changed AFTER UPDATE OF {names} ON {table} BEGIN {remove} {add} END")
