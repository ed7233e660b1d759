"""Conversations of two or more, and their messages: for their members alone."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.social.policies import ME, visible_conversations, visible_members, visible_messages
from datasources.social.sources import SocialSources
from datasources.social.tables import CONVERSATIONS, MEMBERS, MESSAGES, PROFILES
from datasources.sql import Transaction
from datasources.statements import Columns, among, kept, projection, read
from datasources.table import Row, Rows


class Messages:
    def __init__(self, sources: SocialSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def conversations_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Those of the actor, in no order. Source: one SELECT."""
        mine = (among(CONVERSATIONS.c.id, ids), visible_conversations(self._actor))
        return await self._database.rows(read(projection(CONVERSATIONS, columns), *mine))

    async def conversations(
        self, keys: Sequence[str], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The actor's conversations, the last active first. Source: one SELECT."""
        return await self._conversations(columns).pages(self._database, self._cursors, asked)

    async def conversation_counts(self, keys: Sequence[str]) -> Mapping[Any, int]:
        return await self._conversations().counts(self._database)

    async def members_of(self, conversation_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The living members by handle, each with its `conversation_id`. Source: one SELECT."""
        theirs = (among(MEMBERS.c.conversation_id, conversation_ids), visible_members(self._actor))
        return await self._database.rows(read(_members(columns), *theirs, order=(PROFILES.c.handle,)))

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Messages with these ids, of the actor's conversations, in no order. Source: one SELECT."""
        mine = (among(MESSAGES.c.id, ids), visible_messages(self._actor))
        return await self._database.rows(read(projection(MESSAGES, columns), *mine))

    async def pages(
        self, conversation_ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Messages of each of these conversations, the newest first. Source: one SELECT."""
        return await self._listing(columns).pages(self._database, self._cursors, asked, conversation_ids)

    async def counts(self, conversation_ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._listing().counts(self._database, conversation_ids)

    async def unread(self, conversation_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """How many messages of others the actor has not read in each of these. Source: one SELECT."""
        theirs = (among(MESSAGES.c.conversation_id, conversation_ids), visible_messages(self._actor))
        return dict(await self._database.rows(read(_UNREAD, *theirs)))

    async def open(self, transaction: Transaction, members: Sequence[UUID]) -> tuple[UUID, bool]:
        """The id of a conversation of these people, and whether it is new: there is one of each two people."""
        now = self._clock()
        pair = ":".join(sorted(map(str, members))) if len(members) == 2 else None
        id = uuid7(now)
        values = {"id": id, "pair": pair, "messages": 0, "created_at": now, "active_at": now}
        new = transaction.upsert(CONVERSATIONS).values(values).on_conflict_do_nothing(index_elements=["pair"])
        if not await transaction.write(new):
            known = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.pair == pair)
            return (await transaction.rows(known))[0].id, False
        rows = [{"conversation_id": id, "profile_id": member, "read_number": 0} for member in members]
        await transaction.write(sa.insert(MEMBERS), rows)
        return id, True

    async def hold(self, transaction: Transaction, conversation_id: UUID) -> Sequence[UUID]:
        """Its members, where the actor is one of them; nobody else sends into it meanwhile. Empty where not."""
        visible = visible_conversations(self._actor)
        mine = sa.select(CONVERSATIONS.c.id).where(CONVERSATIONS.c.id == conversation_id, visible.predicate)
        if await transaction.row(mine.with_for_update(of=CONVERSATIONS), visible.values) is None:
            return ()
        members = sa.select(MEMBERS.c.profile_id).where(MEMBERS.c.conversation_id == conversation_id)
        return [row.profile_id for row in await transaction.rows(members)]

    async def last_number(self, transaction: Transaction, conversation_id: UUID) -> int | None:
        """How many messages the conversation has; None where it is not one of the actor's."""
        visible = visible_conversations(self._actor)
        mine = sa.select(CONVERSATIONS.c.messages).where(CONVERSATIONS.c.id == conversation_id, visible.predicate)
        row = await transaction.row(mine, visible.values)
        return None if row is None else row.messages

    async def insert(self, transaction: Transaction, conversation_id: UUID, text: str) -> Row:
        """The message's `id` and `number`. The caller holds the conversation."""
        now = self._clock()
        counted = sa.update(CONVERSATIONS).where(CONVERSATIONS.c.id == conversation_id)
        counted = counted.values(messages=CONVERSATIONS.c.messages + 1, active_at=now)
        ((number,),) = await transaction.rows(counted.returning(CONVERSATIONS.c.messages))
        message = {
            "id": uuid7(now),
            "conversation_id": conversation_id,
            "number": number,
            "author_id": self._actor.signed_in,
            "text": text,
            "sent_at": now,
        }
        new = sa.insert(MESSAGES).values(message).returning(MESSAGES.c.id, MESSAGES.c.number)
        return (await transaction.rows(new))[0]

    async def mark_read(self, transaction: Transaction, conversation_id: UUID, number: int) -> bool:
        """The actor has read up to this number; False where it had before."""
        mine = (MEMBERS.c.conversation_id == conversation_id, MEMBERS.c.profile_id == self._actor.signed_in)
        further = sa.update(MEMBERS).where(*mine, MEMBERS.c.read_number < number)
        return bool(await transaction.write(further.values(read_number=number)))

    def _conversations(self, columns: Columns = None) -> Listing:
        mine = visible_conversations(self._actor)
        return Listing("social.conversations", projection(CONVERSATIONS, columns), _LAST_ACTIVE, [mine])

    def _listing(self, columns: Columns = None) -> Listing:
        visible = visible_messages(self._actor)
        conversation_id = MESSAGES.c.conversation_id
        return Listing("social.messages", projection(MESSAGES, columns), _NEWEST, [visible], conversation_id)


_LAST_ACTIVE = Sort("last_active", (CONVERSATIONS.c.active_at, CONVERSATIONS.c.id), descending=True)
_NEWEST = Sort("newest", (MESSAGES.c.number, MESSAGES.c.id), descending=True)


def _unread() -> sa.Select[Any]:
    me = MEMBERS.alias()
    mine = sa.and_(me.c.conversation_id == MESSAGES.c.conversation_id, me.c.profile_id == ME)
    joined = MESSAGES.join(me, sa.and_(mine, MESSAGES.c.number > me.c.read_number, MESSAGES.c.author_id != ME))
    counted = sa.select(MESSAGES.c.conversation_id, sa.func.count().label("unread")).select_from(joined)
    return counted.group_by(MESSAGES.c.conversation_id)


_UNREAD = _unread()


@kept
def _members(columns: Columns) -> sa.Select[Any]:
    joined = MEMBERS.join(PROFILES, PROFILES.c.id == MEMBERS.c.profile_id)
    living = projection(PROFILES, columns).add_columns(MEMBERS.c.conversation_id).select_from(joined)
    return living.where(PROFILES.c.erased_at.is_(None))
