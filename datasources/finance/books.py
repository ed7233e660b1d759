"""The books as they are read: accounts, their lines and holds, entries, and the trial balance."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.audit import Audit
from datasources.finance.policies import visible_accounts, visible_entries
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import ACCOUNTS, ENTRIES, HOLDS, LINES
from datasources.money import Money
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import EVERY, Columns, Condition, among, equal, kept, owned, projection, read
from datasources.table import Row, Rows


class Books:
    """What staff see of other people's accounts is noted in the audit log before they see it."""

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._actor = actor
        self._audit = Audit(sources, actor)

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Accounts with these ids, in no order; unknown and foreign ids are left out. Source: one SELECT."""
        asked = read(self._accounts(columns), among(ACCOUNTS.c.id, ids), self._visible)
        return await self._noted(await self._database.rows(asked))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, house: bool | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Accounts, the newest first; with `house` only the house's own, or only those of persons.

        Source: one SELECT. Raises: InvalidInput for the cursor.
        """
        pages = await self._listing(house, columns).pages(self._database, self._cursors, asked)
        await self._noted([row for page in pages.values() for row in page.nodes])
        return pages

    async def counts(self, keys: Sequence[str], *, house: bool | None) -> Mapping[Any, int]:
        return await self._listing(house).counts(self._database)

    async def of_owners(self, owner_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The accounts of these holders, the oldest first, as far as they are visible. Source: one SELECT."""
        theirs = among(ACCOUNTS.c.owner_id, owner_ids)
        oldest = (ACCOUNTS.c.opened_at, ACCOUNTS.c.id)
        return await self._noted(
            await self._database.rows(read(self._accounts(columns), theirs, self._visible, order=oldest))
        )

    async def own(self, owner_id: UUID) -> Rows:
        """The actor's own accounts, the oldest first. Source: one SELECT."""
        oldest = (ACCOUNTS.c.opened_at, ACCOUNTS.c.id)
        return await self._database.rows(read(_EVERYTHING, owned(ACCOUNTS.c.owner_id, owner_id), order=oldest))

    async def by_number(self, number: str) -> Row | None:
        """Id, owner and currency of the account that people call so, whoever asks: to send money there."""
        return await self._database.row(read(_ADDRESS, equal(ACCOUNTS.c.number, number)))

    async def statements(
        self, account_ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The lines of each account with what they are of, the newest first. Source: one SELECT."""
        pages = await self._statement(columns).pages(self._database, self._cursors, asked, account_ids)
        if self._visible is EVERY:
            # Who may see all has come by the account, whose reading is noted; the actor's own need no note.
            accounts = await self._database.rows(read(_ADDRESS, among(ACCOUNTS.c.id, account_ids)))
            await self._audit.seen("statement", accounts, "owner_id")
        return pages

    async def statement_counts(self, account_ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._statement().counts(self._database, account_ids)

    async def holds_of(self, account_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What is held of these accounts now, the oldest first. Source: one SELECT."""
        theirs = (among(HOLDS.c.account_id, account_ids), equal(HOLDS.c.status, "held"), self._visible)
        oldest = (HOLDS.c.created_at, HOLDS.c.id)
        return await self._database.rows(read(_holds(columns), *theirs, order=oldest))  # come by their account

    async def holds_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Holds with these ids, ended or not. Source: one SELECT."""
        rows = await self._database.rows(read(_holds(columns), among(HOLDS.c.id, ids), self._visible))
        return await self._audit.seen("holds", rows, "owner_id") if self._visible is EVERY else rows

    async def entries_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Entries with these ids. Source: one SELECT."""
        mine = (among(ENTRIES.c.id, ids), visible_entries(self._actor))
        return await self._database.rows(read(projection(ENTRIES, columns), *mine))

    async def entries_of_orders(self, order_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What these orders were booked as, the oldest first. Source: one SELECT."""
        return await self._entries_of(ENTRIES.c.order_id, order_ids, columns)

    async def entries_of_invoices(self, invoice_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What these invoices and their payments were booked as, the oldest first. Source: one SELECT."""
        return await self._entries_of(ENTRIES.c.invoice_id, invoice_ids, columns)

    async def lines_of(self, entry_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The lines of these entries, by account. Source: one SELECT."""
        theirs = (among(LINES.c.entry_id, entry_ids), visible_entries(self._actor))
        return await self._database.rows(read(_lines(columns), *theirs, order=(LINES.c.account_id,)))

    async def orders_since(self, since: datetime, limit: int) -> list[UUID]:
        """Orders of which something was booked since then, the newest first. Source: one SELECT."""
        newest = sa.func.max(ENTRIES.c.at)
        recent = sa.select(ENTRIES.c.order_id).where(ENTRIES.c.order_id.is_not(None), ENTRIES.c.at >= since)
        rows = await self._database.rows(recent.group_by(ENTRIES.c.order_id).order_by(newest.desc()).limit(limit))
        return [row.order_id for row in rows]

    async def cleared_of(self, order_ids: Sequence[UUID]) -> Mapping[UUID, Sequence[Money]]:
        """What the payment service owes us for each of these orders, by currency, as booked. Source: one SELECT."""
        cleared: dict[UUID, list[Money]] = {}
        for row in await self._database.rows(read(_CLEARED, among(ENTRIES.c.order_id, order_ids))):
            cleared.setdefault(row.order_id, []).append(Money(row.minor, row.currency))
        return cleared

    async def trial_balance(self) -> Rows:
        """For each kind of account and currency: what was debited and credited, and what the accounts say.

        Source: one SELECT over all lines.
        """
        return await self._database.rows(read(_TRIAL_BALANCE, visible_entries(self._actor), order=_BY_KIND))

    async def all_of(self, transaction: Transaction, owner_id: UUID) -> Rows:
        """The holder's accounts, whoever asks: for whom the caller decided."""
        return await transaction.rows(_EVERYTHING.where(ACCOUNTS.c.owner_id == owner_id).order_by(ACCOUNTS.c.id))

    async def count_of(self, transaction: Transaction, owner_id: UUID) -> int:
        """How many accounts the holder has. The caller holds the holder."""
        mine = sa.select(sa.func.count()).select_from(ACCOUNTS).where(ACCOUNTS.c.owner_id == owner_id)
        count: int = (await transaction.rows(mine))[0][0]
        return count

    async def limit(self, transaction: Transaction, id: UUID, daily_limit_minor: int | None) -> None:
        changed = sa.update(ACCOUNTS).where(ACCOUNTS.c.id == id)
        await transaction.write(changed.values(daily_limit_minor=daily_limit_minor))

    async def _entries_of(self, document: sa.Column[Any], ids: Sequence[UUID], columns: Columns) -> Rows:
        theirs = (among(document, ids), visible_entries(self._actor))
        oldest = (ENTRIES.c.at, ENTRIES.c.id)
        return await self._database.rows(read(projection(ENTRIES, columns), *theirs, order=oldest))

    @property
    def _visible(self) -> Condition:
        return visible_accounts(self._actor)

    async def _noted(self, rows: Rows) -> Rows:
        return await self._audit.seen("accounts", rows, "owner_id") if self._visible is EVERY else rows

    def _accounts(self, columns: Columns) -> sa.Select[Any]:
        """With the owner for those who see all, since it says whether that is to be noted."""
        noted = self._visible is EVERY and columns is not None
        return projection(ACCOUNTS, columns | {"id", "owner_id"} if noted and columns is not None else columns)

    def _listing(self, house: bool | None, columns: Columns = None) -> Listing:
        whose = {None: [], True: [_OF_HOUSE], False: [_OF_PERSONS]}[house]
        return Listing(f"finance.accounts/{house}", self._accounts(columns), _NEWEST, [self._visible, *whose])

    def _statement(self, columns: Columns = None) -> Listing:
        return Listing("finance.statement", _lines(columns), _LAST, [self._visible], LINES.c.account_id)


@kept
def _lines(columns: Columns) -> sa.Select[Any]:
    of_entry = (ENTRIES.c.kind, ENTRIES.c.text, ENTRIES.c.at)
    select = projection(LINES, columns, *of_entry).join(ENTRIES, ENTRIES.c.id == LINES.c.entry_id)
    return select.join(ACCOUNTS, ACCOUNTS.c.id == LINES.c.account_id)


@kept
def _holds(columns: Columns) -> sa.Select[Any]:
    select = projection(HOLDS, columns and columns | {"id", "owner_id"}, ACCOUNTS.c.owner_id)
    return select.join(ACCOUNTS, ACCOUNTS.c.id == HOLDS.c.account_id)


def _trial_balance() -> sa.Select[Any]:
    """Lines are summed by account first, so that what the account says is counted once."""
    amount = LINES.c.amount_minor
    by_account = sa.select(
        LINES.c.account_id,
        sa.func.sum(sa.case((amount < 0, -amount), else_=0)).label("debit"),
        sa.func.sum(sa.case((amount > 0, amount), else_=0)).label("credit"),
    ).group_by(LINES.c.account_id)
    of = by_account.subquery()

    def total(column: sa.ColumnElement[Any], name: str) -> sa.Label[int]:
        """PostgreSQL sums big integers to a numeric, which would be a Decimal here."""
        return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger).label(name)

    columns = (
        total(of.c.debit, "debit_minor"),
        total(of.c.credit, "credit_minor"),
        total(ACCOUNTS.c.booked_minor, "balance_minor"),
        sa.func.count().label("accounts"),
    )
    joined = sa.select(ACCOUNTS.c.kind, ACCOUNTS.c.currency, *columns).join(of, of.c.account_id == ACCOUNTS.c.id)
    return joined.group_by(ACCOUNTS.c.kind, ACCOUNTS.c.currency)


def _cleared() -> sa.Select[Any]:
    minor = sa.cast(-sa.func.sum(LINES.c.amount_minor), sa.BigInteger).label("minor")
    select = sa.select(ENTRIES.c.order_id, LINES.c.currency, minor).join(LINES, LINES.c.entry_id == ENTRIES.c.id)
    of_clearing = select.join(ACCOUNTS, ACCOUNTS.c.id == LINES.c.account_id).where(ACCOUNTS.c.kind == "clearing")
    return of_clearing.group_by(ENTRIES.c.order_id, LINES.c.currency)


_CLEARED = _cleared()
_EVERYTHING = sa.select(ACCOUNTS)
_ADDRESS = sa.select(ACCOUNTS.c.id, ACCOUNTS.c.owner_id, ACCOUNTS.c.currency)
_TRIAL_BALANCE = _trial_balance()
_BY_KIND = (ACCOUNTS.c.currency, ACCOUNTS.c.kind)
_OF_HOUSE = Condition(ACCOUNTS.c.owner_id.is_(None), {})
_OF_PERSONS = Condition(ACCOUNTS.c.owner_id.is_not(None), {})
_NEWEST = Sort("newest", (ACCOUNTS.c.opened_at, ACCOUNTS.c.id), descending=True)
_LAST = Sort("newest", (LINES.c.number, LINES.c.id), descending=True)
