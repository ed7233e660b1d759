"""Posts, with what is said of them: comments and reactions."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.search import Index, matching
from datasources.social.policies import (
    followed_by_me,
    visible_comments,
    visible_posts,
    visible_profiles,
    visible_reactions,
)
from datasources.social.sources import SocialSources
from datasources.social.tables import COMMENTS, POST_MENTIONS, POST_PRODUCTS, POSTS, PROFILES, REACTIONS
from datasources.sql import Transaction
from datasources.statements import Columns, among, kept, projection, read
from datasources.table import Row, Rows

SEARCH = Index(POSTS, "posts_search", "id", ("text",))


class Visibility(StrEnum):
    PUBLIC = "public"
    FOLLOWERS = "followers"
    ME = "me"


class ReactionKind(StrEnum):
    LIKE = "like"
    LOVE = "love"
    LAUGH = "laugh"
    WOW = "wow"
    SAD = "sad"


class Posts:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Posts with these ids that the actor sees, in no order. Source: one SELECT."""
        visible = visible_posts(self._actor)
        return await self._database.rows(read(projection(POSTS, columns), among(POSTS.c.id, ids), visible))

    async def followed_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Of these posts those that the actor sees, and whose authors it follows. Source: one SELECT."""
        mine = (among(POSTS.c.id, ids), visible_posts(self._actor), followed_by_me(POSTS.c.author_id))
        return await self._database.rows(read(projection(POSTS, columns), *mine))

    async def pages_by_author(
        self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Posts of each of these profiles, the newest first. Source: one SELECT."""
        return await self._by_author(columns).pages(self._database, self._cursors, asked, ids)

    async def counts_by_author(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._by_author().counts(self._database, ids)

    async def pages_by_product(
        self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Posts that show each of these products, the newest first. Source: one SELECT."""
        return await self._by_product(columns).pages(self._database, self._cursors, asked, ids)

    async def counts_by_product(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._by_product().counts(self._database, ids)

    async def search(
        self, keys: Sequence[str], asked: PageArguments, *, text: str, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Posts that match, the best first. Source: one SELECT. Raises: InvalidInput."""
        return await self._found(text, columns).pages(self._database, self._cursors, asked)

    async def search_counts(self, keys: Sequence[str], *, text: str) -> Mapping[Any, int]:
        return await self._found(text).counts(self._database)

    async def mentioned_in(self, post_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Profiles that these posts mention, by handle, each with its `post_id`. Source: one SELECT."""
        theirs = (among(POST_MENTIONS.c.post_id, post_ids), visible_profiles(self._actor))
        return await self._database.rows(read(_mentioned(columns), *theirs, order=(PROFILES.c.handle,)))

    async def products_of(self, post_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What these posts show, in their order. Who has a post has seen it. Source: one SELECT."""
        theirs = among(POST_PRODUCTS.c.post_id, post_ids)
        return await self._database.rows(read(projection(POST_PRODUCTS, columns), theirs, order=_IN_ORDER))

    async def comments_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Comments with these ids that the actor sees, in no order. Source: one SELECT."""
        visible = visible_comments(self._actor)
        return await self._database.rows(read(projection(COMMENTS, columns), among(COMMENTS.c.id, ids), visible))

    async def comment_pages(
        self, post_ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Comments of each of these posts, the oldest first. Source: one SELECT."""
        return await self._comments(columns).pages(self._database, self._cursors, asked, post_ids)

    async def comment_counts(self, post_ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._comments().counts(self._database, post_ids)

    async def reactions_of(self, post_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """How many reactions of each `kind` these posts have, those with none left out. Source: one SELECT."""
        theirs = (among(REACTIONS.c.post_id, post_ids), visible_reactions(self._actor))
        return await self._database.rows(read(_REACTED, *theirs, order=(REACTIONS.c.post_id, REACTIONS.c.kind)))

    async def own_reactions(self, post_ids: Sequence[UUID]) -> Mapping[UUID, ReactionKind]:
        """The actor's own reactions to these posts. Source: one SELECT."""
        if self._actor.id is None:
            return {}
        mine = (among(REACTIONS.c.post_id, post_ids), among(REACTIONS.c.author_id, [self._actor.id]))
        found = await self._database.rows(read(projection(REACTIONS, _KIND), *mine))
        return {row.post_id: ReactionKind(row.kind) for row in found}

    async def insert(
        self, transaction: Transaction, post: Mapping[str, Any], mentions: Sequence[UUID], products: Sequence[UUID]
    ) -> None:
        await transaction.write(sa.insert(POSTS).values(dict(post)))
        await self._attach(transaction, post["id"], mentions)
        shown = [
            {
                "id": uuid7(post["created_at"]),
                "post_id": post["id"],
                "product_id": product_id,
                "position": position,
                "posted_at": post["created_at"],
            }
            for position, product_id in enumerate(products, 1)
        ]
        if shown:
            await transaction.write(sa.insert(POST_PRODUCTS), shown)

    async def update(
        self, transaction: Transaction, id: UUID, values: Mapping[str, Any], mentions: Sequence[UUID] | None
    ) -> bool:
        """False where the actor has no such post."""
        if not await transaction.write(self._own(sa.update(POSTS), POSTS, id).values(dict(values))):
            return False
        if mentions is not None:
            await transaction.write(sa.delete(POST_MENTIONS).where(POST_MENTIONS.c.post_id == id))
            await self._attach(transaction, id, mentions)
        return True

    async def delete(self, transaction: Transaction, id: UUID) -> bool:
        """With all that belongs to it. False where the actor has no such post."""
        return bool(await transaction.write(self._own(sa.delete(POSTS), POSTS, id)))

    async def hold(self, transaction: Transaction, id: UUID) -> Row | None:
        """The post, if the actor sees it; it is not deleted meanwhile."""
        visible = visible_posts(self._actor)
        found = sa.select(POSTS).where(POSTS.c.id == id, visible.predicate)
        return await transaction.row(found.with_for_update(read=True, key_share=True, of=POSTS), visible.values)

    async def insert_comment(self, transaction: Transaction, comment: Mapping[str, Any]) -> None:
        await transaction.write(sa.insert(COMMENTS).values(dict(comment)))

    async def delete_comment(self, transaction: Transaction, id: UUID) -> Row | None:
        """The comment that was; None where the actor has no such comment."""
        return await transaction.row(self._own(sa.delete(COMMENTS), COMMENTS, id).returning(COMMENTS))

    async def react(self, transaction: Transaction, post_id: UUID, kind: ReactionKind) -> bool:
        """Puts the actor's reaction; False where it was this one already. The caller holds the post."""
        values = {"post_id": post_id, "author_id": self._actor.signed_in, "kind": kind, "at": self._clock()}
        put = transaction.upsert(REACTIONS).values(values)
        put = put.on_conflict_do_update(
            index_elements=["post_id", "author_id"],
            set_={"kind": kind, "at": values["at"]},
            where=REACTIONS.c.kind != kind,
        )
        return bool(await transaction.write(put))

    async def unreact(self, transaction: Transaction, post_id: UUID) -> bool:
        mine = (REACTIONS.c.post_id == post_id, REACTIONS.c.author_id == self._actor.signed_in)
        return bool(await transaction.write(sa.delete(REACTIONS).where(*mine)))

    async def _attach(self, transaction: Transaction, post_id: UUID, mentions: Sequence[UUID]) -> None:
        if mentions:
            rows = [{"post_id": post_id, "profile_id": profile_id} for profile_id in mentions]
            await transaction.write(sa.insert(POST_MENTIONS), rows)

    def _own(self, statement: Any, table: sa.Table, id: UUID) -> Any:
        return statement.where(table.c.id == id, table.c.author_id == self._actor.signed_in)

    def _by_author(self, columns: Columns = None) -> Listing:
        visible = visible_posts(self._actor)
        return Listing("social.posts_by_author", projection(POSTS, columns), _NEWEST, [visible], POSTS.c.author_id)

    def _by_product(self, columns: Columns = None) -> Listing:
        visible = visible_posts(self._actor)
        product_id = POST_PRODUCTS.c.product_id
        return Listing("social.posts_by_product", _showing(columns), _LATEST_SHOWN, [visible], product_id)

    def _found(self, text: str, columns: Columns = None) -> Listing:
        select, by_relevance = matching(SEARCH, columns, self._database.dialect)
        conditions = [visible_posts(self._actor), SEARCH.typed(text, self._database.dialect, "text")]
        return Listing("social.posts", select, by_relevance, conditions)

    def _comments(self, columns: Columns = None) -> Listing:
        visible = visible_comments(self._actor)
        return Listing("social.comments", projection(COMMENTS, columns), _OLDEST, [visible], COMMENTS.c.post_id)


_NEWEST = Sort("newest", (POSTS.c.created_at, POSTS.c.id), descending=True)
_LATEST_SHOWN = Sort("newest", (POST_PRODUCTS.c.posted_at, POST_PRODUCTS.c.id), descending=True)
_OLDEST = Sort("oldest", (COMMENTS.c.created_at, COMMENTS.c.id))
_IN_ORDER = (POST_PRODUCTS.c.post_id, POST_PRODUCTS.c.position)
_KIND = frozenset({"post_id", "kind"})
_REACTED = sa.select(REACTIONS.c.post_id, REACTIONS.c.kind, sa.func.count().label("count")).group_by(
    REACTIONS.c.post_id, REACTIONS.c.kind
)


@kept
def _mentioned(columns: Columns) -> sa.Select[Any]:
    joined = POST_MENTIONS.join(PROFILES, PROFILES.c.id == POST_MENTIONS.c.profile_id)
    return projection(PROFILES, columns).add_columns(POST_MENTIONS.c.post_id).select_from(joined)


@kept
def _showing(columns: Columns) -> sa.Select[Any]:
    return projection(POSTS, columns).select_from(POST_PRODUCTS.join(POSTS, POSTS.c.id == POST_PRODUCTS.c.post_id))
