"""What people are told: that they were mentioned, answered, followed, and how their orders go."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.social.policies import visible_notifications
from datasources.social.sources import SocialSources
from datasources.social.tables import NOTIFICATIONS, PROFILES
from datasources.sql import Transaction
from datasources.statements import Columns, among, met, projection, read
from datasources.table import Rows


class NotificationKind(StrEnum):
    MENTION = "mention"
    COMMENT = "comment"
    REACTION = "reaction"
    FOLLOW = "follow"
    FOLLOW_REQUEST = "follow_request"
    FOLLOW_ACCEPTED = "follow_accepted"
    ORDER = "order"


class Notifications:
    """Everybody sees their own."""

    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Those of the actor with these ids, in no order. Source: one SELECT."""
        mine = (among(NOTIFICATIONS.c.id, ids), visible_notifications(self._actor))
        return await self._database.rows(read(projection(NOTIFICATIONS, columns), *mine))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, unread: bool, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The actor's, or those of them that are unread, the newest first. Source: one SELECT."""
        return await self._listing(unread, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, unread: bool) -> Mapping[Any, int]:
        return await self._listing(unread).counts(self._database)

    async def tell(
        self, transaction: Transaction, profile_id: UUID, kind: NotificationKind, *of: UUID | str, **what: Any
    ) -> UUID | None:
        """The id of the new notification; None where this person was told before, or is who did it.

        `of` says, with the kind and the actor, what happened: it is told once.
        """
        actor_id = None if kind is NotificationKind.ORDER else self._actor.signed_in
        if profile_id == actor_id:
            return None
        now = self._clock()
        values = {
            "id": uuid7(now),
            "profile_id": profile_id,
            "cause": self._cause(kind, *([actor_id] if actor_id else []), *of),
            "kind": kind,
            "actor_id": actor_id,
            "created_at": now,
            **what,
        }
        new = transaction.upsert(NOTIFICATIONS).values(values).on_conflict_do_nothing()
        return values["id"] if await transaction.write(new) else None

    async def take_back(self, transaction: Transaction, profile_id: UUID, kind: NotificationKind, *of: UUID) -> None:
        """What the actor did is undone, and nobody need know."""
        await self._forget(transaction, profile_id, self._cause(kind, self._actor.signed_in, *of))

    async def take_back_follow(self, transaction: Transaction, follower: UUID, followed: UUID) -> None:
        """Whoever ended it."""
        for kind in (NotificationKind.FOLLOW, NotificationKind.FOLLOW_REQUEST):
            await self._forget(transaction, followed, self._cause(kind, follower))
        await self._forget(transaction, follower, self._cause(NotificationKind.FOLLOW_ACCEPTED, followed))

    async def mark_read(self, transaction: Transaction, ids: Sequence[UUID] | None, at: datetime) -> int:
        """Marks these of those that the actor sees as read, or all of them; how many were not."""
        visible = visible_notifications(self._actor)
        unread = [visible.predicate, NOTIFICATIONS.c.read_at.is_(None)]
        if ids is not None:
            unread.append(NOTIFICATIONS.c.id.in_(ids))
        return await transaction.write(sa.update(NOTIFICATIONS).where(*unread).values(read_at=at), visible.values)

    async def has_profile(self, transaction: Transaction, id: UUID) -> bool:
        """Whether there is somebody to be told, who is not erased meanwhile."""
        living = sa.select(PROFILES.c.id).where(PROFILES.c.id == id, PROFILES.c.erased_at.is_(None))
        return await transaction.row(living.with_for_update(read=True)) is not None

    async def _forget(self, transaction: Transaction, profile_id: UUID, cause: str) -> None:
        told = (NOTIFICATIONS.c.profile_id == profile_id, NOTIFICATIONS.c.cause == cause)
        await transaction.write(sa.delete(NOTIFICATIONS).where(*told))

    @staticmethod
    def _cause(kind: NotificationKind, *of: UUID | str) -> str:
        return ":".join(map(str, (kind, *of)))

    def _listing(self, unread: bool, columns: Columns = None) -> Listing:
        conditions = [visible_notifications(self._actor), *([_UNREAD] if unread else [])]
        name = f"social.notifications/{'unread' if unread else 'all'}"
        return Listing(name, projection(NOTIFICATIONS, columns), _NEWEST, conditions)


_UNREAD = met(NOTIFICATIONS.c.read_at.is_(None))
_NEWEST = Sort("newest", (NOTIFICATIONS.c.created_at, NOTIFICATIONS.c.id), descending=True)
