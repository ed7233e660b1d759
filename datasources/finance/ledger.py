"""The ledger as it is written: entries that sum to zero, and holds. The database checks all of it once more.

Whatever touches several accounts takes their rows in the order of their ids, so that no two wait for each other. Before
them come a case, a transfer, a holder, and the opening of accounts of the house; after them the end of the audit log.
Rows are taken without their keys, to which rows of others refer.
"""

from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.events import NewEvent
from datasources.finance.errors import HoldEnded, InsufficientFunds
from datasources.finance.events import EventType
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import ACCOUNTS, CLOSINGS, ENTRIES, HOLDERS, HOLDS, LINES
from datasources.ids import uuid7
from datasources.money import Currency, Money
from datasources.sql import Transaction
from datasources.table import Row


class AccountKind(StrEnum):
    WALLET = "wallet"
    CASH = "cash"
    CLEARING = "clearing"
    REVENUE = "revenue"
    EXPENSE = "expense"
    TAX = "tax"
    INPUT_TAX = "input_tax"
    FEES = "fees"
    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    EXCHANGE = "exchange"


class EntryKind(StrEnum):
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    CAPTURE = "capture"
    SALE = "sale"
    REFUND = "refund"
    INVOICE = "invoice"
    PAYMENT = "payment"
    REVERSAL = "reversal"


class HoldStatus(StrEnum):
    HELD = "held"
    CAPTURED = "captured"
    RELEASED = "released"


Postings = Mapping[UUID, int]
"""Minor units by account: credited where positive, debited where negative."""


class Ledger:
    """Writes on behalf of one actor, in transactions of the caller."""

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._actor = actor
        self._clock = sources.clock
        self._events = sources.events(actor)

    async def open(
        self,
        transaction: Transaction,
        kind: AccountKind,
        currency: Currency,
        owner_id: UUID | None = None,
        daily_limit_minor: int | None = None,
    ) -> UUID:
        """A new account; of the house's own there is one of each kind and currency, which may be there already."""
        now = self._clock()
        id = uuid7(now)
        values = {
            "id": id,
            "number": account_number(id),
            "owner_id": owner_id,
            "kind": kind,
            "currency": currency,
            "floor_minor": None if owner_id is None else 0,
            "daily_limit_minor": daily_limit_minor,
            "opened_at": now,
            "booked_minor": 0,
            "held_minor": 0,
            "lines": 0,
        }
        await transaction.write(transaction.upsert(ACCOUNTS).values(values).on_conflict_do_nothing())
        if owner_id is not None:
            await self._events.append(transaction, EventType.ACCOUNT_OPENED, id, owner=owner_id)
        return id

    async def of_house(self, transaction: Transaction, kind: AccountKind, currency: str) -> UUID:
        """The house's own account of this kind and currency, opened where there is none."""
        there = sa.select(ACCOUNTS.c.id).where(
            ACCOUNTS.c.owner_id.is_(None), ACCOUNTS.c.kind == kind, ACCOUNTS.c.currency == currency
        )
        if await transaction.row(there) is None:
            await self.open(transaction, kind, Currency(currency))
        id: UUID = (await transaction.rows(there))[0].id
        return id

    async def exchange(self, transaction: Transaction, currency: str) -> UUID:
        """Where the house takes a currency from, and puts it."""
        return await self.of_house(transaction, AccountKind.EXCHANGE, currency)

    async def holders(self, transaction: Transaction, ids: Iterable[UUID]) -> Mapping[UUID, Row]:
        """These holders, who can neither send nor receive anything else until the transaction ends."""
        theirs = sa.select(HOLDERS).where(HOLDERS.c.id.in_(sorted(set(ids)))).order_by(HOLDERS.c.id)
        return {row.id: row for row in await transaction.rows(theirs.with_for_update(key_share=True))}

    async def accounts(self, transaction: Transaction, ids: Iterable[UUID]) -> Mapping[UUID, Row]:
        """These accounts as they are, and stay until the transaction ends."""
        theirs = sa.select(ACCOUNTS).where(ACCOUNTS.c.id.in_(sorted(set(ids)))).order_by(ACCOUNTS.c.id)
        return {row.id: row for row in await transaction.rows(theirs.with_for_update(key_share=True))}

    async def post(
        self,
        transaction: Transaction,
        kind: EntryKind,
        postings: Postings,
        text: str,
        *,
        order_id: UUID | None = None,
        invoice_id: UUID | None = None,
        source: str | None = None,
        reverses_id: UUID | None = None,
    ) -> UUID:
        """Writes an entry with its lines, and closes it; its id.

        Raises: InsufficientFunds, sqlalchemy.exc.IntegrityError where the source or the reversal is there already.
        """
        accounts = await self.accounts(transaction, postings)
        now = self._clock()
        entry_id = uuid7(now)
        entry = {
            "id": entry_id,
            "kind": kind,
            "text": text,
            "order_id": order_id,
            "invoice_id": invoice_id,
            "source": source,
            "reverses_id": reverses_id,
            "actor_id": self._actor.signed_in,
            "at": now,
        }
        lines = []
        for id, amount_minor in sorted(postings.items()):
            account = accounts[id]
            must_afford(account, -amount_minor)
            lines.append(
                {
                    "id": uuid7(now),
                    "entry_id": entry_id,
                    "account_id": id,
                    "currency": account.currency,
                    "number": account.lines + 1,
                    "amount_minor": amount_minor,
                    "balance_minor": account.booked_minor + amount_minor,
                }
            )
        await transaction.write(sa.insert(ENTRIES).values(entry))
        await transaction.write(sa.insert(LINES), lines)
        await transaction.write(sa.insert(CLOSINGS).values(entry_id=entry_id))
        await self._tell(transaction, EventType.BALANCE_BOOKED, list(accounts.values()))
        return entry_id

    async def lines_of(self, transaction: Transaction, entry_id: UUID) -> Postings:
        lines = sa.select(LINES.c.account_id, LINES.c.amount_minor).where(LINES.c.entry_id == entry_id)
        return {line.account_id: line.amount_minor for line in await transaction.rows(lines)}

    async def by_source(self, transaction: Transaction, source: str) -> UUID | None:
        """The entry that was made of this source, or None."""
        found = await transaction.row(sa.select(ENTRIES.c.id).where(ENTRIES.c.source == source))
        return None if found is None else found.id

    async def of_order(self, transaction: Transaction, order_id: UUID) -> Mapping[AccountKind, int]:
        """What is booked of an order so far, by the kind of account. The caller alone posts orders."""
        booked = sa.cast(sa.func.sum(LINES.c.amount_minor), sa.BigInteger).label("minor")
        select = sa.select(ACCOUNTS.c.kind, booked).join(LINES, LINES.c.account_id == ACCOUNTS.c.id)
        of_order = select.join(ENTRIES, ENTRIES.c.id == LINES.c.entry_id).where(ENTRIES.c.order_id == order_id)
        rows = await transaction.rows(of_order.group_by(ACCOUNTS.c.kind))
        return {AccountKind(row.kind): row.minor for row in rows}

    async def hold(self, transaction: Transaction, account: Row, amount_minor: int, text: str) -> UUID:
        """Keeps money of an account, whose row the caller has from `accounts`. Raises: InsufficientFunds."""
        must_afford(account, amount_minor)
        now = self._clock()
        id = uuid7(now)
        hold = {
            "id": id,
            "account_id": account.id,
            "currency": account.currency,
            "amount_minor": amount_minor,
            "status": HoldStatus.HELD,
            "text": text,
            "created_at": now,
        }
        await transaction.write(sa.insert(HOLDS).values(hold))
        await self._tell(transaction, EventType.BALANCE_HELD, [account])
        return id

    async def end_hold(self, transaction: Transaction, hold_id: UUID, status: HoldStatus) -> Row:
        """The hold as it was; what it held is free, for the entry that follows or for good. Raises: HoldEnded."""
        mine = sa.and_(HOLDS.c.id == hold_id, HOLDS.c.status == HoldStatus.HELD)
        hold = await transaction.row(sa.select(HOLDS).where(mine))
        if hold is None:
            raise HoldEnded
        accounts = await self.accounts(transaction, [hold.account_id])
        if not await transaction.write(sa.update(HOLDS).where(mine).values(status=status)):
            raise HoldEnded
        await self._tell(transaction, EventType.BALANCE_HELD, [accounts[hold.account_id]])
        return hold

    async def _tell(self, transaction: Transaction, type: EventType, accounts: Sequence[Row]) -> None:
        """Those of persons; the house's own change with every sale."""
        told = [NewEvent(type, account.id, account.owner_id) for account in accounts if account.owner_id]
        if told:
            await self._events.extend(transaction, told)


def must_afford(account: Row, amount_minor: int) -> None:
    """Whether so much may leave the account. Raises: InsufficientFunds."""
    if account.floor_minor is None or amount_minor <= 0:
        return
    available = account.booked_minor - account.held_minor - account.floor_minor
    if amount_minor > available:
        raise InsufficientFunds(Money(max(available, 0), account.currency))


def account_number(id: UUID) -> str:
    """What people call an account: fourteen digits of its id behind two that tell a slip, as IBANs do (ISO 7064)."""
    digits = f"{id.int % 10**14:014d}"
    return f"HD{98 - int(digits + '00') % 97:02d}{digits}"


def is_account_number(number: str) -> bool:
    return (
        len(number) == 18
        and number.startswith("HD")
        and number[2:].isascii()
        and number[2:].isdigit()
        and int(number[4:] + number[2:4]) % 97 == 1
    )
