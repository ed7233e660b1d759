"""Whom and what people may like: as the recommendation service says, or as we can tell ourselves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.errors import SourceError
from datasources.social.sources import SocialSources
from datasources.social.tables import FOLLOWS
from datasources.statements import Read, Statement, is_among

MAX_USERS = 100
"""In one request to the service."""
MOST = 10
"""People, or products, for each."""


class RecommendedBy(StrEnum):
    SERVICE = "service"
    OURSELVES = "ourselves"


@dataclass(frozen=True, slots=True)
class Recommended:
    """For one person, the best first. `products` is None where the service could not be asked: we know of none."""

    user: UUID
    by: RecommendedBy
    people: tuple[UUID, ...]
    products: tuple[UUID, ...] | None


@dataclass(frozen=True, slots=True)
class _ForUser:
    user: UUID
    people: list[UUID]
    products: list[UUID]


@dataclass(frozen=True, slots=True)
class _Answer:
    recommendations: list[_ForUser]


class Recommendations:
    """What is recommended is seen by its policy, as anything else; whom one follows already is left out."""

    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._service = sources.recommendations
        self._actor = actor

    async def of(self, users: Sequence[UUID]) -> Mapping[UUID, Recommended]:
        """For each of these people. Never fails for the service.

        Source: a batch of `POST /v1/recommendations:batchGet`, each of MAX_USERS; a SELECT for whom it leaves out.
        """
        batches = [users[at : at + MAX_USERS] for at in range(0, len(users), MAX_USERS)]
        asked = [{"users": list(map(str, batch)), "limit": MOST} for batch in batches]
        found: dict[UUID, Recommended] = {}
        for answer in await self._service.post_many("/v1/recommendations:batchGet", asked, answer=_Answer):
            if not isinstance(answer, SourceError):
                for one in answer.recommendations:
                    people, products = tuple(one.people[:MOST]), tuple(one.products[:MOST])
                    found[one.user] = Recommended(one.user, RecommendedBy.SERVICE, people, products)
        missing = [user for user in users if user not in found]
        return found | await self._ourselves(missing) if missing else found

    async def _ourselves(self, users: Sequence[UUID]) -> dict[UUID, Recommended]:
        """Who is followed by most of those whom they follow."""
        people: dict[UUID, list[UUID]] = {user: [] for user in users}
        for row in await self._database.rows(Read(_FOLLOWED_BY_FOLLOWED, {"users": users, "most": MOST})):
            people[row.user].append(row.id)
        return {user: Recommended(user, RecommendedBy.OURSELVES, tuple(found), None) for user, found in people.items()}


def _followed_by_followed() -> Statement:
    mine, theirs, known = FOLLOWS.alias(), FOLLOWS.alias(), FOLLOWS.alias()
    how_many = sa.func.count().label("how_many")
    knows = (known.c.follower_id == mine.c.follower_id, known.c.followed_id == theirs.c.followed_id)
    counted = (
        sa.select(mine.c.follower_id.label("user"), theirs.c.followed_id.label("id"), how_many)
        .join(theirs, theirs.c.follower_id == mine.c.followed_id)
        .where(is_among(mine.c.follower_id, "users"), mine.c.accepted.is_(True), theirs.c.accepted.is_(True))
        .where(theirs.c.followed_id != mine.c.follower_id, ~sa.exists().where(*knows))
        .group_by(mine.c.follower_id, theirs.c.followed_id)
        .subquery("counted")
    )
    best_first = (counted.c.how_many.desc(), counted.c.id)
    place = sa.func.row_number().over(partition_by=counted.c.user, order_by=best_first).label("place")
    placed = sa.select(counted, place).subquery("placed")
    best = sa.select(placed.c.user, placed.c.id).where(placed.c.place <= sa.bindparam("most", type_=sa.Integer))
    return Statement(best.order_by(placed.c.user, placed.c.place))


_FOLLOWED_BY_FOLLOWED = _followed_by_followed()
