"""Transfers and quotes: what people asked for, as it is read and written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.audit import Audit
from datasources.finance.errors import QuoteExpired
from datasources.finance.policies import visible_transfers
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import QUOTES, TRANSFERS
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import EVERY, Columns, Condition, among, equal, projection, read
from datasources.table import Row, Rows

QUOTE_HOLDS = timedelta(seconds=60)
MOST_RECENT = 1_000
"""Transfers that rules look at; who makes more in some days is flagged long before."""


class TransferKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    CAPTURE = "capture"


class TransferStatus(StrEnum):
    POSTED = "posted"
    WAITING = "waiting"
    HELD = "held"
    REJECTED = "rejected"
    REVERSED = "reversed"


class Side(StrEnum):
    SENT = "sent"
    RECEIVED = "received"


OUTGOING = (TransferKind.WITHDRAWAL, TransferKind.TRANSFER)
INCOMING = (TransferKind.DEPOSIT, TransferKind.TRANSFER)
COUNTED = (TransferStatus.POSTED, TransferStatus.WAITING, TransferStatus.HELD)


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What went out since some moment, or is about to: of the account in its own currency, of its holder in EUR."""

    account_minor: int
    holder_base_minor: int


@dataclass(frozen=True, slots=True)
class Recent:
    base_minor: int
    at: datetime


class Transfers:
    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor
        self._audit = Audit(sources, actor)

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Transfers with these ids, in no order; unknown and foreign ids are left out. Source: one SELECT."""
        asked = read(self._select(columns), among(TRANSFERS.c.id, ids), self._visible)
        return await self._noted(await self._database.rows(asked))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, status: TransferStatus | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Transfers, the newest first. Source: one SELECT. Raises: InvalidInput for the cursor."""
        pages = await self._listing(status, columns).pages(self._database, self._cursors, asked)
        await self._noted([row for page in pages.values() for row in page.nodes])
        return pages

    async def counts(self, keys: Sequence[str], *, status: TransferStatus | None) -> Mapping[Any, int]:
        return await self._listing(status).counts(self._database)

    async def waiting(self, limit: int) -> Rows:
        """Transfers that wait for the screening service, the oldest first. Source: one SELECT."""
        waiting = sa.select(TRANSFERS).where(TRANSFERS.c.status == TransferStatus.WAITING)
        return await self._database.rows(waiting.order_by(TRANSFERS.c.created_at).limit(limit))

    async def knows(self, from_owner_id: UUID, to_owner_id: UUID) -> bool:
        """Whether the one has sent to the other before. Source: one SELECT."""
        sent = (equal(TRANSFERS.c.from_owner_id, from_owner_id), equal(TRANSFERS.c.to_owner_id, to_owner_id))
        return await self._database.row(read(_SENT, *sent)) is not None

    async def all_of(self, transaction: Transaction, owner_id: UUID) -> Rows:
        """What the holder sent, or received, the oldest first, whoever asks: for whom the caller decided."""
        received = sa.and_(TRANSFERS.c.to_owner_id == owner_id, TRANSFERS.c.entry_id.is_not(None))
        theirs = sa.select(TRANSFERS).where(sa.or_(TRANSFERS.c.from_owner_id == owner_id, received))
        return await transaction.rows(theirs.order_by(TRANSFERS.c.created_at, TRANSFERS.c.id))

    async def outgoing(self, transaction: Transaction, account: Row, since: datetime) -> Outgoing:
        """What counts for limits. The caller holds the holder, so that nothing is added meanwhile."""
        minor = sa.case((TRANSFERS.c.from_account_id == account.id, TRANSFERS.c.amount_minor), else_=0)
        sums = [_total(minor, "account_minor"), _total(TRANSFERS.c.base_minor, "base_minor")]
        (row,) = await transaction.rows(sa.select(*sums).where(*_outgoing(account.owner_id, since)))
        return Outgoing(row.account_minor, row.base_minor)

    async def recent(self, transaction: Transaction, side: Side, owner_id: UUID, since: datetime) -> list[Recent]:
        """What the holder sent, or received of others, since then, the newest first, MOST_RECENT at most.

        The caller holds the holder, so that nothing is added meanwhile.
        """
        theirs = _outgoing(owner_id, since) if side is Side.SENT else _incoming(owner_id, since)
        of = sa.select(TRANSFERS.c.base_minor, TRANSFERS.c.created_at).where(*theirs)
        newest = of.order_by(TRANSFERS.c.created_at.desc()).limit(MOST_RECENT)
        return [Recent(row.base_minor, row.created_at) for row in await transaction.rows(newest)]

    async def insert(self, transaction: Transaction, **values: Any) -> UUID:
        now = self._clock()
        id = uuid7(now)
        common = {"id": id, "actor_id": self._actor.signed_in, "created_at": now, "updated_at": now}
        await transaction.write(sa.insert(TRANSFERS).values(**common, **values))
        return id

    async def hold(self, transaction: Transaction, id: UUID) -> Row | None:
        """The transfer, which nobody else moves on until the transaction ends; whoever may see it."""
        return await transaction.row(sa.select(TRANSFERS).where(TRANSFERS.c.id == id).with_for_update(key_share=True))

    async def of_hold(self, transaction: Transaction, hold_id: UUID) -> bool:
        """Whether the hold belongs to a transfer, which alone may end it."""
        return bool(await transaction.rows(sa.select(TRANSFERS.c.id).where(TRANSFERS.c.hold_id == hold_id)))

    async def advance(self, transaction: Transaction, id: UUID, status: TransferStatus, **values: Any) -> None:
        """Writes the status. The caller holds the transfer."""
        changed = {"status": status, "updated_at": self._clock(), **values}
        await transaction.write(sa.update(TRANSFERS).where(TRANSFERS.c.id == id).values(changed))

    async def promise(self, transaction: Transaction, currency: str, to_currency: str, rate: str) -> UUID:
        """A rate that holds for the actor for QUOTE_HOLDS."""
        now = self._clock()
        id = uuid7(now)
        quote = {
            "id": id,
            "owner_id": self._actor.signed_in,
            "currency": currency,
            "to_currency": to_currency,
            "rate": rate,
            "expires_at": now + QUOTE_HOLDS,
        }
        await transaction.write(sa.insert(QUOTES).values(quote))
        return id

    async def quote(self, id: UUID) -> Row | None:
        """The actor's own quote. Source: one SELECT."""
        mine = (QUOTES.c.id == id, QUOTES.c.owner_id == self._actor.signed_in)
        return await self._database.row(sa.select(QUOTES).where(*mine))

    async def use_quote(self, transaction: Transaction, id: UUID, currency: str, to_currency: str) -> Row:
        """Uses a promise of the actor's for these currencies, once. Raises: QuoteExpired."""
        now = self._clock()
        good = (
            QUOTES.c.id == id,
            QUOTES.c.owner_id == self._actor.signed_in,
            QUOTES.c.currency == currency,
            QUOTES.c.to_currency == to_currency,
            QUOTES.c.used_at.is_(None),
            QUOTES.c.expires_at > now,
        )
        if not await transaction.write(sa.update(QUOTES).where(*good).values(used_at=now)):
            raise QuoteExpired
        return (await transaction.rows(sa.select(QUOTES).where(QUOTES.c.id == id)))[0]

    async def forget_quotes(self, transaction: Transaction, before: datetime) -> None:
        """Promises that ended before then, and were not used."""
        await transaction.write(sa.delete(QUOTES).where(QUOTES.c.expires_at < before, QUOTES.c.used_at.is_(None)))

    @property
    def _visible(self) -> Condition:
        return visible_transfers(self._actor)

    async def _noted(self, rows: Rows) -> Rows:
        if self._visible is not EVERY:
            return rows
        return await self._audit.seen("transfers", rows, "from_owner_id", "to_owner_id")

    def _select(self, columns: Columns) -> sa.Select[Any]:
        """With the owners for those who see all, since they say whether that is to be noted."""
        if columns is not None and self._visible is EVERY:
            columns = columns | {"id", "from_owner_id", "to_owner_id"}
        return projection(TRANSFERS, columns)

    def _listing(self, status: TransferStatus | None, columns: Columns = None) -> Listing:
        conditions = [self._visible, *([equal(TRANSFERS.c.status, status)] if status else [])]
        return Listing(f"finance.transfers/{status or 'all'}", self._select(columns), _NEWEST, conditions)


def _outgoing(owner_id: UUID, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TRANSFERS.c.from_owner_id == owner_id,
        TRANSFERS.c.created_at >= since,
        TRANSFERS.c.kind.in_(OUTGOING),
        TRANSFERS.c.status.in_(COUNTED),
    )


def _incoming(owner_id: UUID, since: datetime) -> tuple[sa.ColumnElement[bool], ...]:
    return (
        TRANSFERS.c.to_owner_id == owner_id,
        TRANSFERS.c.from_owner_id.is_distinct_from(owner_id),
        TRANSFERS.c.created_at >= since,
        TRANSFERS.c.kind.in_(INCOMING),
        TRANSFERS.c.status.in_(COUNTED),
    )


def _total(column: sa.ColumnElement[Any], name: str) -> sa.Label[int]:
    """PostgreSQL sums big integers to a numeric, which would be a Decimal here."""
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger).label(name)


_SENT = sa.select(TRANSFERS.c.id).where(TRANSFERS.c.entry_id.is_not(None)).limit(1)
_NEWEST = Sort("newest", (TRANSFERS.c.created_at, TRANSFERS.c.id), descending=True)
