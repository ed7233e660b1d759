"""What people think of products that they have bought."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.social.policies import visible_reviews
from datasources.social.sources import SocialSources
from datasources.social.tables import REVIEWS
from datasources.sql import Transaction
from datasources.statements import Columns, among, projection, read
from datasources.table import Row, Rows


class Reviews:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Reviews with these ids that the actor sees, in no order. Source: one SELECT."""
        visible = visible_reviews(self._actor)
        return await self._database.rows(read(projection(REVIEWS, columns), among(REVIEWS.c.id, ids), visible))

    async def pages_by_product(
        self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Reviews of each of these products, the newest first. Source: one SELECT."""
        return await self._of(REVIEWS.c.product_id, columns).pages(self._database, self._cursors, asked, ids)

    async def counts_by_product(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._of(REVIEWS.c.product_id).counts(self._database, ids)

    async def pages_by_author(
        self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Reviews by each of these people, the newest first. Source: one SELECT."""
        return await self._of(REVIEWS.c.author_id, columns).pages(self._database, self._cursors, asked, ids)

    async def counts_by_author(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._of(REVIEWS.c.author_id).counts(self._database, ids)

    async def summaries(self, product_ids: Sequence[UUID]) -> Mapping[UUID, Row]:
        """`count` and `stars`, their sum, of what the actor sees of each product; nothing where that is nothing.

        Source: one SELECT.
        """
        theirs = (among(REVIEWS.c.product_id, product_ids), visible_reviews(self._actor))
        return {row.product_id: row for row in await self._database.rows(read(_SUMMED, *theirs))}

    async def put(self, transaction: Transaction, review: Mapping[str, Any]) -> UUID:
        """The id of its author's one review of this product: this one, or that of before with what this one says."""
        changed = {"stars": review["stars"], "text": review["text"], "edited_at": review["created_at"]}
        new = transaction.upsert(REVIEWS).values(dict(review))
        put = new.on_conflict_do_update(index_elements=["author_id", "product_id"], set_=changed)
        ((id,),) = await transaction.rows(put.returning(REVIEWS.c.id))
        found: UUID = id
        return found

    async def delete(self, transaction: Transaction, id: UUID) -> bool:
        """False where the actor has no such review."""
        mine = (REVIEWS.c.id == id, REVIEWS.c.author_id == self._actor.signed_in)
        return bool(await transaction.write(sa.delete(REVIEWS).where(*mine)))

    def _of(self, parent: sa.Column[Any], columns: Columns = None) -> Listing:
        name = f"social.reviews/{parent.name}"
        return Listing(name, projection(REVIEWS, columns), _NEWEST, [visible_reviews(self._actor)], parent)


_NEWEST = Sort("newest", (REVIEWS.c.created_at, REVIEWS.c.id), descending=True)
_SUMMED = sa.select(
    REVIEWS.c.product_id, sa.func.count().label("count"), sa.func.sum(REVIEWS.c.stars).label("stars")
).group_by(REVIEWS.c.product_id)
