"""Reviews of products that people have bought."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from datasources.errors import InvalidInput, NotFound
from datasources.ids import uuid7
from datasources.social.errors import NotBought
from datasources.social.events import EventType
from datasources.social.stores import Social
from datasources.sql import Transaction
from datasources.table import Row
from loaders.social import SocialLoaders
from resolvers.context import Context
from resolvers.social import text
from resolvers.social.profiles import hold_me
from resolvers.text import plain

HasBought = Callable[[Context, UUID], Awaitable[bool]]
"""Whether the actor has received a product: another domain knows that, and `schema/links` says which."""


@dataclass(frozen=True, slots=True)
class NewReview:
    """`stars` are 1 to 5."""

    product_id: UUID
    stars: int
    text: str


async def write_review(context: Context, new: NewReview, key: str, has_bought: HasBought) -> Any:
    """The actor's one review of a product: written, or written anew.

    Raises: Unauthenticated, InvalidInput, NoProfile, NotBought, NotFound, KeyReused.
    """
    if not 1 <= new.stars <= 5:
        raise InvalidInput("stars", f"A review has 1 to 5 stars, not {new.stars}.")
    values = {"stars": new.stars, "text": plain(new.text, "text", text.MAX_REVIEW, lines=True)}
    social = context.of(Social)

    async def write(transaction: Transaction) -> str:
        author = (await hold_me(social, transaction)).id
        now = context.clock()
        row = {"id": uuid7(now), "author_id": author, "product_id": new.product_id, "created_at": now, **values}
        id = await social.reviews.put(transaction, row)
        await social.events.append(transaction, EventType.REVIEW_WRITTEN, id, owner=author, product=str(new.product_id))
        return str(id)

    once = social.once(key, "writeReview", asdict(new))
    if await once.answer(social.sources.database) is None and not await has_bought(context, new.product_id):
        raise NotBought
    written = await once.do(social.sources.database, write)
    context.loaders.forget()
    review: Row | None = await context.loaders.load(SocialLoaders.review_by_id, UUID(written))
    if review is None:
        raise NotFound("review")
    return review


async def delete_review(context: Context, id: UUID) -> UUID:
    """Deletes the actor's review. Raises: Unauthenticated, NoProfile, NotFound."""
    social = context.of(Social)
    async with social.sources.database.transaction() as transaction:
        await hold_me(social, transaction)
        if not await social.reviews.delete(transaction, id):
            raise NotFound("review")
        await social.events.append(transaction, EventType.REVIEW_DELETED, id, owner=social.actor.id)
    return id
