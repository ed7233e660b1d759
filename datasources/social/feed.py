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
    newest = _newest(followed.subquery("followed"), "before", seen)
    listed = _listed(dialect)
    recommended = sa.select(listed.label("id")).where(listed.not_in(followed))
    return Statement(
        sa.union_all(
            _top(dialect, newest, "before", seen, recommended=False),
            _top(dialect, recommended.subquery("recommended"), "recommended_before", seen, recommended=True),
        )
    )


def _behind(name: str) -> sa.ColumnElement[bool]:
    there = (sa.bindparam(name, type_=UtcDateTime), sa.bindparam(f"{name}_id", type_=sa.Uuid()))
    return sa.tuple_(_posts.c.created_at, _posts.c.id) < sa.tuple_(*there)


def _of(author: sa.ColumnElement[Any], behind: str, seen: sa.ColumnElement[bool]) -> sa.Select[Any]:
    """The ids of an author's posts, the newest first."""
    mine = sa.select(_posts.c.id).where(_posts.c.author_id == author, _behind(behind), seen)
    return mine.order_by(_posts.c.created_at.desc(), _posts.c.id.desc())


def _newest(people: sa.Subquery, behind: str, seen: sa.ColumnElement[bool]) -> sa.Subquery:
    """Of these people, those whose newest post is newest."""
    last = sa.select(_of(people.c.id, behind, seen).limit(1).correlate(people).scalar_subquery().label("id"))
    last_posts = last.select_from(people).subquery("last_posts")
    posts = POSTS.alias("last")
    found = sa.select(posts.c.author_id.label("id")).join(last_posts, last_posts.c.id == posts.c.id)
    return found.order_by(posts.c.created_at.desc(), posts.c.id.desc()).limit(_LIMIT).subquery("authors")


def _top(
    dialect: str, authors: sa.Subquery, behind: str, seen: sa.ColumnElement[bool], *, recommended: bool
) -> sa.Select[Any]:
    """The newest posts of these authors."""
    of_each = _of(authors.c.id, behind, seen).limit(_LIMIT)
    posts = POSTS.alias("post")
    said = (posts.c.id, posts.c.created_at, sa.literal(recommended).label("recommended"))
    if dialect == "postgresql":
        found = of_each.lateral("of_each")
        joined = authors.join(found, sa.true()).join(posts, posts.c.id == found.c.id)
        top = sa.select(*said).select_from(joined)
    else:
        top = sa.select(*said).select_from(authors).where(posts.c.id.in_(of_each.correlate(authors)))
    top = top.order_by(posts.c.created_at.desc(), posts.c.id.desc()).limit(_LIMIT)
    return sa.select(top.subquery())


def _listed(dialect: str) -> sa.ColumnElement[Any]:
    """The recommended people that the statement is given, a row for each."""
    keys = keys_of(POSTS.c.author_id, "recommended")
    if dialect == "postgresql":
        return sa.func.unnest(keys).table_valued("id").render_derived().c.id
    return sa.func.json_each(keys).table_valued("value").c.value
