"""All that is held of one person: to be told to them, and to be erased."""

from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.social.sources import SocialSources
from datasources.social.tables import (
    BLOCKS,
    COMMENTS,
    FOLLOWS,
    MEMBERS,
    MESSAGES,
    NOTIFICATIONS,
    POST_MENTIONS,
    POST_PRODUCTS,
    POSTS,
    PROFILES,
    REACTIONS,
    REPORTS,
    REVIEWS,
)
from datasources.sql import Transaction
from datasources.table import Row

_THEIRS: dict[str, sa.Column[Any]] = {
    "posts": POSTS.c.author_id,
    "mentions": POST_MENTIONS.c.profile_id,
    "comments": COMMENTS.c.author_id,
    "reactions": REACTIONS.c.author_id,
    "reviews": REVIEWS.c.author_id,
    "following": FOLLOWS.c.follower_id,
    "followers": FOLLOWS.c.followed_id,
    "blocked": BLOCKS.c.blocker_id,
    "conversations": MEMBERS.c.profile_id,
    "messages": MESSAGES.c.author_id,
    "notifications": NOTIFICATIONS.c.profile_id,
    "reports": REPORTS.c.reporter_id,
}
"""What is told of a person, each by the column that says whose it is. Who has blocked them is not theirs to know."""

_ERASED = (
    NOTIFICATIONS.c.profile_id,
    NOTIFICATIONS.c.actor_id,
    REACTIONS.c.author_id,
    COMMENTS.c.author_id,
    POST_MENTIONS.c.profile_id,
    POSTS.c.author_id,
    REVIEWS.c.author_id,
    FOLLOWS.c.follower_id,
    FOLLOWS.c.followed_id,
    BLOCKS.c.blocker_id,
    BLOCKS.c.blocked_id,
)
"""Rows that go; those of posts go with these."""


class Privacy:
    """No policy of its own: who may export or erase a person, the use case decides."""

    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._dialect = sources.database.dialect

    async def hold(self, transaction: Transaction, id: UUID) -> Row | None:
        """The profile, erased or not; nobody changes it, or adds to it, until the transaction ends."""
        return await transaction.row(sa.select(PROFILES).where(PROFILES.c.id == id).with_for_update())

    async def dossier(self, transaction: Transaction, profile: Row) -> dict[str, Any]:
        """Everything held of this person, as JSON values; records are named and made as their tables."""
        told: dict[str, Any] = {"profile": dict(profile._mapping)}
        for name, owner in _THEIRS.items():
            rows = sa.select(owner.table).where(owner == profile.id).order_by(*owner.table.primary_key)
            told[name] = [dict(row._mapping) for row in await transaction.rows(rows)]
        shown = POST_PRODUCTS.c.post_id.in_(sa.select(POSTS.c.id).where(POSTS.c.author_id == profile.id))
        products = sa.select(POST_PRODUCTS).where(shown).order_by(POST_PRODUCTS.c.id)
        told["post_products"] = [dict(row._mapping) for row in await transaction.rows(products)]
        plain: dict[str, Any] = orjson.loads(orjson.dumps(told, default=str))
        return plain

    async def erase(self, transaction: Transaction, id: UUID, at: datetime) -> None:
        """What they wrote and did; of messages the text, since the conversation is of others too."""
        for owner in _ERASED:
            await transaction.write(sa.delete(owner.table).where(owner == id))
        await transaction.write(sa.update(MESSAGES).where(MESSAGES.c.author_id == id).values(text=None))
        await transaction.write(sa.update(REPORTS).where(REPORTS.c.reporter_id == id).values(reason=None))
        nothing = {"handle": None, "name": None, "bio": None, "private": True, "erased_at": at}
        await transaction.write(sa.update(PROFILES).where(PROFILES.c.id == id).values(nothing))
        if self._dialect == "sqlite":
            for table in (POSTS, PROFILES):
                await transaction.write(_words_forgotten(table))


def _words_forgotten(table: sa.Table) -> sa.Insert:
    """FTS5 keeps the words of what was deleted until it merges its index; for 20,000 posts that takes 50 ms."""
    index = sa.table(f"{table.name}_search", sa.column(f"{table.name}_search"))
    return sa.insert(index).values({index.name: "optimize"})
