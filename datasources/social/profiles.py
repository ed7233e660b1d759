"""Profiles, and who follows or blocks whom."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.search import Index, matching
from datasources.social.policies import unblocked, visible_follows, visible_profiles
from datasources.social.sources import SocialSources
from datasources.social.tables import BLOCKS, FOLLOWS, PROFILES
from datasources.sql import Transaction
from datasources.statements import NONE, Columns, Condition, among, kept, met, owned, projection, read
from datasources.table import Row, Rows

SEARCH = Index(PROFILES, "profiles_search", "id", ("handle", "name", "bio"))


class Relation(StrEnum):
    NONE = "none"
    REQUESTED = "requested"
    FOLLOWING = "following"


class Profiles:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Profiles with these ids that the actor sees, in no order. Source: one SELECT."""
        return await self._read(among(PROFILES.c.id, ids), columns)

    async def by_handles(self, handles: Sequence[str], columns: Columns = None) -> Rows:
        """Profiles with these handles (lower case) that the actor sees, in no order. Source: one SELECT."""
        return await self._read(among(PROFILES.c.handle, handles), columns)

    async def search(
        self, keys: Sequence[str], asked: PageArguments, *, text: str, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Profiles that match, the best first. Source: one SELECT. Raises: InvalidInput."""
        return await self._found(text, columns).pages(self._database, self._cursors, asked)

    async def search_counts(self, keys: Sequence[str], *, text: str) -> Mapping[Any, int]:
        return await self._found(text).counts(self._database)

    async def followers(self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """Who follows each of these, the newest first. Source: one SELECT."""
        return await self._followers(columns).pages(self._database, self._cursors, asked, ids)

    async def follower_counts(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._followers().counts(self._database, ids)

    async def following(self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """Whom each of these follows, the newest first. Source: one SELECT."""
        return await self._following(columns).pages(self._database, self._cursors, asked, ids)

    async def following_counts(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._following().counts(self._database, ids)

    async def requests(self, keys: Sequence[str], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """Who waits to follow the actor, the newest first. Source: one SELECT."""
        return await self._requests(columns).pages(self._database, self._cursors, asked)

    async def request_counts(self, keys: Sequence[str]) -> Mapping[Any, int]:
        return await self._requests().counts(self._database)

    async def blocked(self, keys: Sequence[str], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """Whom the actor has blocked, the newest first: the one list where these are seen. Source: one SELECT.

        Not who has blocked the actor too: to block somebody would be a way to see them all the same.
        """
        return await self._blocked(columns).pages(self._database, self._cursors, asked)

    async def blocked_counts(self, keys: Sequence[str]) -> Mapping[Any, int]:
        return await self._blocked().counts(self._database)

    async def relations(self, ids: Sequence[UUID]) -> Mapping[UUID, Relation]:
        """How the actor stands to these, those that it has nothing to do with left out. Source: one SELECT."""
        if self._actor.id is None:
            return {}
        mine = (owned(FOLLOWS.c.follower_id, self._actor.id), among(FOLLOWS.c.followed_id, ids))
        found = await self._database.rows(read(projection(FOLLOWS, _RELATION), *mine))
        return {row.followed_id: Relation.FOLLOWING if row.accepted else Relation.REQUESTED for row in found}

    async def hold(self, transaction: Transaction, *ids: UUID) -> Mapping[UUID, Row]:
        """The living profiles with these ids, which nobody changes or erases, nor blocks or follows, meanwhile.

        By everybody in the order of ids. Notifications of them may be written: they only look at the key.
        """
        living = sa.select(PROFILES).where(PROFILES.c.id.in_(ids), PROFILES.c.erased_at.is_(None))
        rows = await transaction.rows(living.order_by(PROFILES.c.id).with_for_update(key_share=True))
        return {row.id: row for row in rows}

    async def insert(self, transaction: Transaction, values: Mapping[str, Any]) -> bool:
        """False where the person has a profile, or had one. Raises: IntegrityError where the handle is taken."""
        new = transaction.upsert(PROFILES).values(dict(values)).on_conflict_do_nothing(index_elements=["id"])
        return bool(await transaction.write(new))

    async def update(self, transaction: Transaction, id: UUID, values: Mapping[str, Any]) -> None:
        """Raises: IntegrityError where the handle is taken."""
        await transaction.write(sa.update(PROFILES).where(PROFILES.c.id == id).values(dict(values)))

    async def follow(self, transaction: Transaction, follower: UUID, followed: UUID, *, accepted: bool) -> bool:
        """False where it was so already. The caller holds both."""
        now = self._clock()
        values = {"id": uuid7(now), "follower_id": follower, "followed_id": followed, "accepted": accepted, "at": now}
        return bool(await transaction.write(transaction.upsert(FOLLOWS).values(values).on_conflict_do_nothing()))

    async def count_followed(self, transaction: Transaction, follower: UUID) -> int:
        """With those that have not said yes. Exact until the end of the transaction for who holds the follower."""
        count = sa.select(sa.func.count()).select_from(FOLLOWS).where(FOLLOWS.c.follower_id == follower)
        return int((await transaction.rows(count))[0][0])

    async def accept(self, transaction: Transaction, follower: UUID | None, followed: UUID) -> list[UUID]:
        """Whose requests were accepted: that of `follower`, or all. The caller holds `followed`."""
        waiting = [FOLLOWS.c.followed_id == followed, FOLLOWS.c.accepted.is_(False)]
        if follower is not None:
            waiting.append(FOLLOWS.c.follower_id == follower)
        accepted = sa.update(FOLLOWS).where(*waiting).values(accepted=True, at=self._clock())
        return [row.follower_id for row in await transaction.rows(accepted.returning(FOLLOWS.c.follower_id))]

    async def unfollow(self, transaction: Transaction, follower: UUID, followed: UUID) -> bool:
        """False where there was nothing to end."""
        one = (FOLLOWS.c.follower_id == follower, FOLLOWS.c.followed_id == followed)
        return bool(await transaction.write(sa.delete(FOLLOWS).where(*one)))

    async def block(self, transaction: Transaction, blocker: UUID, blocked: UUID) -> bool:
        """False where it was so already. The caller holds both."""
        now = self._clock()
        values = {"id": uuid7(now), "blocker_id": blocker, "blocked_id": blocked, "at": now}
        return bool(await transaction.write(transaction.upsert(BLOCKS).values(values).on_conflict_do_nothing()))

    async def unblock(self, transaction: Transaction, blocker: UUID, blocked: UUID) -> bool:
        one = (BLOCKS.c.blocker_id == blocker, BLOCKS.c.blocked_id == blocked)
        return bool(await transaction.write(sa.delete(BLOCKS).where(*one)))

    async def is_blocked(self, transaction: Transaction, one: UUID, other: UUID) -> bool:
        """Whether one of the two has blocked the other."""
        pair = sa.or_(
            sa.and_(BLOCKS.c.blocker_id == one, BLOCKS.c.blocked_id == other),
            sa.and_(BLOCKS.c.blocker_id == other, BLOCKS.c.blocked_id == one),
        )
        return await transaction.row(sa.select(BLOCKS.c.id).where(pair)) is not None

    async def _read(self, wanted: Condition, columns: Columns) -> Rows:
        return await self._database.rows(read(projection(PROFILES, columns), wanted, visible_profiles(self._actor)))

    def _found(self, text: str, columns: Columns = None) -> Listing:
        select, by_relevance = matching(SEARCH, columns, self._database.dialect)
        conditions = [visible_profiles(self._actor), SEARCH.typed(text, self._database.dialect, "text")]
        return Listing("social.profiles", select, by_relevance, conditions)

    def _followers(self, columns: Columns = None) -> Listing:
        select, visible = _ends(columns, FOLLOWS.c.follower_id), visible_follows(self._actor)
        return Listing("social.followers", select, _NEWEST, [visible], FOLLOWS.c.followed_id)

    def _following(self, columns: Columns = None) -> Listing:
        select, visible = _ends(columns, FOLLOWS.c.followed_id), visible_follows(self._actor)
        return Listing("social.following", select, _NEWEST, [visible], FOLLOWS.c.follower_id)

    def _requests(self, columns: Columns = None) -> Listing:
        mine = owned(FOLLOWS.c.followed_id, self._actor.id) if self._actor.id else NONE
        return Listing("social.requests", _ends(columns, FOLLOWS.c.follower_id), _NEWEST, [mine, _WAITING, _UNBLOCKED])

    def _blocked(self, columns: Columns = None) -> Listing:
        mine = owned(BLOCKS.c.blocker_id, self._actor.id) if self._actor.id else NONE
        return Listing("social.blocked", _blocked_ones(columns), _LATEST_BLOCK, [mine, _NOT_BY_THEM])


_RELATION = frozenset({"followed_id", "accepted"})
_NEWEST = Sort("newest", (FOLLOWS.c.at, FOLLOWS.c.id), descending=True)
_LATEST_BLOCK = Sort("newest", (BLOCKS.c.at, BLOCKS.c.id), descending=True)
_WAITING = met(FOLLOWS.c.accepted.is_(False))
_theirs = BLOCKS.alias()
_NOT_BY_THEM = met(
    ~sa.exists().where(_theirs.c.blocker_id == BLOCKS.c.blocked_id, _theirs.c.blocked_id == BLOCKS.c.blocker_id)
)
_UNBLOCKED = Condition(unblocked(FOLLOWS.c.follower_id), {})
"""Its parameter is filled by the ownership that stands beside it."""


@kept
def _ends(columns: Columns, end: sa.Column[Any]) -> sa.Select[Any]:
    """Profiles at one end of a follow."""
    return projection(PROFILES, columns).select_from(FOLLOWS.join(PROFILES, PROFILES.c.id == end))


@kept
def _blocked_ones(columns: Columns) -> sa.Select[Any]:
    return projection(PROFILES, columns).select_from(BLOCKS.join(PROFILES, PROFILES.c.id == BLOCKS.c.blocked_id))
