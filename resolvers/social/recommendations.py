"""Whom and what whoever asks may like."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasources.social.recommendations import Recommended, RecommendedBy
from loaders.batch import Batch
from loaders.social import SocialLoaders
from resolvers.context import Context

BoughtTogether = Callable[[Context], Awaitable[Sequence[UUID]]]
"""Products that people bought with what the actor bought: another domain knows, and `schema/links` says which."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Records that the actor sees, the best first, and who recommends them."""

    by: RecommendedBy
    nodes: Sequence[Any]


async def recommended_people(context: Context) -> Shown:
    """Raises: Unauthenticated, SourceError of the database alone."""
    found = await _recommended(context)
    return Shown(found.by, await _seen(context, SocialLoaders.profile_by_id, found.people))


async def recommended_products(context: Context, product_by_id: Batch, bought_together: BoughtTogether) -> Shown:
    """Raises: Unauthenticated, SourceError of the databases alone."""
    found = await _recommended(context)
    ids = await bought_together(context) if found.products is None else found.products
    return Shown(found.by, await _seen(context, product_by_id, ids))


async def _recommended(context: Context) -> Recommended:
    found: Recommended = await context.loaders.load(SocialLoaders.recommended, context.actor.signed_in)
    return found


async def _seen(context: Context, batch: Batch, ids: Sequence[UUID]) -> Sequence[Any]:
    found = await context.loaders.load_many(batch, ids, {}) if ids else {}
    return [found[id] for id in ids if found[id] is not None]
