"""The feed: the newest posts of those whom one follows, and of a few who are recommended.

Of posts that follow each other by time, so many at a time, at most as many authors can be: those whose own newest post
is newest. So a page looks at one entry of an index for each who is followed, and then at a page of posts of a page of
authors. It costs followed + page², however many posts there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.pages import Page, PageArguments, Paged
from datasources.social.policies import ME, visible_posts_of
from datasources.social.sources import SocialSources
from datasources.social.tables import FOLLOWS, POSTS
from datasources.sql import UtcDateTime
from datasources.statements import Condition, Read, Statement, kept, keys_of

LISTING = "social.feed"
RECOMMENDED_LAG = timedelta(hours=12)
_LAST = UUID(int=2**128 - 1)


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """`ranked_at` is what the feed is sorted by, the latest first."""

    id: UUID
    ranked_at: datetime
    recommended: bool

    @property
    def post_id(self) -> UUID:
        return self.id


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind the entry with this rank, in the feed as it was at `moment`, with these authors
    recommended. All later pages keep both."""

    moment: datetime
    recommended: tuple[UUID, ...]
    ranked_at: datetime
    id: UUID = _LAST

    @classmethod
    def first(cls, now: datetime, recommended: Sequence[UUID]) -> "Place":
        return cls(now, tuple(recommended), now)

    def values_of(self, entry: FeedEntry) -> list[Any]:
        return [self.moment.isoformat(), entry.ranked_at.isoformat(), entry.id, *self.recommended]


def ranked_at(created_at: datetime, *, recommended: bool) -> datetime:
    """The rule of the feed: the newest first, and what is recommended as if it were half a day older."""
    return created_at - RECOMMENDED_LAG if recommended else created_at


class Feed:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._actor = actor

    def place(self, cursor: str) -> Place:
        """Raises: InvalidInput."""
        moment, ranked, id, *recommended = self._cursors.decode(cursor, LISTING)
        people = tuple(map(UUID, recommended))
        return Place(datetime.fromisoformat(moment), people, datetime.fromisoformat(ranked), UUID(id))

    async def page(self, place: Place, asked: PageArguments) -> Page:
        """The entries behind `place`. Source: one SELECT."""
        behind = place.ranked_at + RECOMMENDED_LAG
        values = {
            "limit": asked.first + 1,
            "before": place.ranked_at,
            "before_id": place.id,
            # What was written since is not of this feed.
            "recommended_before": min(behind, place.moment),
            "recommended_before_id": place.id if behind <= place.moment else _LAST,
            "recommended": place.recommended,
        }
        seen: Condition = _SEEN(self._actor)
        statement = _feed(self._database.dialect, seen.predicate)
        rows = await self._database.rows(Read(statement, values | dict(seen.values)))
        entries = sorted(
            (
                FeedEntry(row.id, ranked_at(row.created_at, recommended=row.recommended), row.recommended)
                for row in rows
            ),
            key=lambda entry: (entry.ranked_at, entry.id),
            reverse=True,
        )
        listing = Paged(LISTING, asked.after is not None, self._cursors, place.values_of)
        return Page(entries[: asked.first], len(entries) > asked.first, self._actor.id, listing)


_posts = POSTS.alias("candidate")
_SEEN = visible_posts_of(_posts)
_LIMIT = sa.bindparam("limit", type_=sa.Integer)


@kept
def _feed(dialect: str, seen: sa.ColumnElement[bool]) -> Statement:
    mine = FOLLOWS.alias("mine")
    followed = sa.select(mine.c.followed_id.label("id")).where(mine.c.follower_id == ME, mine.c.accepted.is_(True))
    listed = _listed(dialect)
    recommended = sa.select(listed.label("id")).where(listed.not_in(followed)).subquery("recommended")
    of_followed, of_recommended = _Posts(dialect, "before", seen), _Posts(dialect, "recommended_before", seen)
    found = of_followed.newest_of_each(followed.subquery("followed"), 1).subquery("newest")
    authors = sa.select(found.c.author_id.label("id")).order_by(*_latest(found)).limit(_LIMIT).subquery("authors")
    top = [
        (of_followed.newest_of_each(authors, _LIMIT), False),
        (of_recommended.newest_of_each(recommended, _LIMIT), True),
    ]
    return Statement(sa.union_all(*(_page(posts.subquery(), is_recommended) for posts, is_recommended in top)))


def _latest(posts: Any) -> tuple[sa.ColumnElement[Any], ...]:
    return posts.c.created_at.desc(), posts.c.id.desc()


def _page(posts: sa.Subquery, is_recommended: bool) -> sa.Select[Any]:
    page = sa.select(posts.c.id, posts.c.created_at, sa.literal(is_recommended).label("recommended"))
    return sa.select(page.order_by(*_latest(posts)).limit(_LIMIT).subquery())


@dataclass(frozen=True, slots=True)
class _Posts:
    """Those that the actor sees, behind the place that the parameters `behind` say."""

    dialect: str
    behind: str
    seen: sa.ColumnElement[bool]

    def newest_of_each(self, people: sa.Subquery, number: Any) -> sa.Select[Any]:
        """So many `id`, `created_at` and `author_id` of each of these people."""
        there = (sa.bindparam(self.behind, type_=UtcDateTime), sa.bindparam(f"{self.behind}_id", type_=sa.Uuid()))
        behind = sa.tuple_(_posts.c.created_at, _posts.c.id) < sa.tuple_(*there)
        columns = (_posts.c.id, _posts.c.created_at, _posts.c.author_id)
        theirs = sa.select(*columns).where(_posts.c.author_id == people.c.id, behind, self.seen)
        theirs = theirs.order_by(*_latest(_posts)).limit(number)
        if self.dialect == "postgresql":
            of_each = theirs.lateral()
            return sa.select(of_each).select_from(people.join(of_each, sa.true()))
        posts = POSTS.alias()
        ids = theirs.with_only_columns(_posts.c.id).correlate(people)
        read = sa.select(posts.c.id, posts.c.created_at, posts.c.author_id).select_from(people)
        return read.where(posts.c.id.in_(ids))


def _listed(dialect: str) -> sa.ColumnElement[Any]:
    """The recommended people that the statement is given, a row for each."""
    keys = keys_of(POSTS.c.author_id, "recommended")
    if dialect == "postgresql":
        return sa.func.unnest(keys).table_valued("id").render_derived().c.id
    return sa.func.json_each(keys).table_valued("value").c.value
