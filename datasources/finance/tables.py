"""The database of finance at a glance; `policies.py` says which rows an actor sees.

Amounts are minor units of the row's currency. What is credited to an account is positive, what is debited negative: a
customer's wallet, which the house owes, is as positive as its owner is rich, and the house's cash is negative. All
accounts of a currency sum to zero.

The database itself keeps the books: triggers carry an account from line to line, refuse an entry that does not sum to
zero, and refuse to change or delete what was written. An entry has to be closed in the transaction that writes it: its
id refers to its closing by a foreign key that is checked at the commit. See the migration.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from datasources.events import events_table, offsets_table
from datasources.idempotency import idempotency_table
from datasources.sql import JSON, UtcDateTime, table

_OF_HOUSE: dict[str, Any] = {f"{dialect}_where": sa.text("owner_id IS NULL") for dialect in ("sqlite", "postgresql")}


class FinanceTable(SQLModel, registry=registry()):
    metadata = sa.MetaData()


class Holder(FinanceTable, table=True):
    """A person with accounts: `id` is the customer's. `level`: none, basic, verified, full. `screening`: waiting,
    clear, hit.
    """

    __tablename__ = "holders"
    id: UUID = Field(primary_key=True)
    level: str = Field(max_length=16)
    screening: str = Field(max_length=16)
    sealed_name: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)


class Account(FinanceTable, table=True):
    """`kind`: wallet, and the house's own: cash, clearing, revenue, expense, tax, input_tax, fees, receivable,
    payable, exchange.

    What is available is `booked_minor - held_minor`, and never below `floor_minor`; the house's own accounts have no
    floor. `lines` is how many there are: the number of the newest.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        sa.UniqueConstraint("id", "currency", name="uq_accounts_currency"),
        sa.CheckConstraint("held_minor >= 0", name="held_not_negative"),
        sa.CheckConstraint("(owner_id IS NULL) = (kind <> 'wallet')", name="wallets_have_owners"),
        sa.CheckConstraint("owner_id IS NULL OR floor_minor IS NOT NULL", name="wallets_have_a_floor"),
        sa.CheckConstraint("floor_minor IS NULL OR booked_minor - held_minor >= floor_minor", name="above_the_floor"),
        sa.Index("ix_accounts_owner", "owner_id", "opened_at", "id"),
        sa.Index("ix_accounts_opened", "opened_at", "id"),
        sa.Index("ix_accounts_house", "kind", "currency", unique=True, **_OF_HOUSE),
    )
    id: UUID = Field(primary_key=True)
    number: str = Field(max_length=20, unique=True)
    owner_id: UUID | None = Field(foreign_key="holders.id")
    kind: str = Field(max_length=16)
    currency: str = Field(max_length=3)
    floor_minor: int | None = Field(sa_type=sa.BigInteger)
    daily_limit_minor: int | None = Field(sa_type=sa.BigInteger)
    booked_minor: int = Field(default=0, sa_type=sa.BigInteger)
    held_minor: int = Field(default=0, sa_type=sa.BigInteger)
    lines: int = Field(default=0, sa_type=sa.BigInteger)
    opened_at: datetime = Field(sa_type=UtcDateTime)


class Closing(FinanceTable, table=True):
    """That an entry is whole, and sums to zero."""

    __tablename__ = "closings"
    entry_id: UUID = Field(primary_key=True)


class Entry(FinanceTable, table=True):
    """What happened, once for its `source`, which says what made it: `order.shipped:` and an id."""

    __tablename__ = "entries"
    __table_args__ = (
        sa.ForeignKeyConstraint(["id"], ["closings.entry_id"], name="closed", deferrable=True, initially="DEFERRED"),
        sa.Index("ix_entries_at", "at", "id"),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=16)
    text: str = Field(max_length=200)
    order_id: UUID | None = Field(index=True)
    invoice_id: UUID | None = Field(index=True)
    source: str | None = Field(max_length=100, unique=True)
    reverses_id: UUID | None = Field(foreign_key="entries.id", unique=True)
    actor_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class Line(FinanceTable, table=True):
    """What an entry did to an account. `number` counts the account's lines; `balance_minor` is booked after it."""

    __tablename__ = "lines"
    __table_args__ = (
        sa.ForeignKeyConstraint(["account_id", "currency"], ["accounts.id", "accounts.currency"]),
        sa.UniqueConstraint("entry_id", "account_id"),
        sa.UniqueConstraint("account_id", "number"),
        sa.CheckConstraint("amount_minor <> 0", name="lines_say_something"),
    )
    id: UUID = Field(primary_key=True)
    entry_id: UUID = Field(foreign_key="entries.id")
    account_id: UUID
    currency: str = Field(max_length=3)
    number: int = Field(sa_type=sa.BigInteger)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    balance_minor: int = Field(sa_type=sa.BigInteger)


class Hold(FinanceTable, table=True):
    """Money that is spoken for. `status`: held, captured, released; for a transfer that is not posted yet, or not."""

    __tablename__ = "holds"
    __table_args__ = (
        sa.ForeignKeyConstraint(["account_id", "currency"], ["accounts.id", "accounts.currency"]),
        sa.CheckConstraint("amount_minor > 0", name="holds_hold_something"),
        sa.Index("ix_holds_account", "account_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    account_id: UUID
    currency: str = Field(max_length=3)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    status: str = Field(max_length=16)
    text: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Quote(FinanceTable, table=True):
    """A rate that was promised to a holder: `rate` units of `to_currency` for one, to be used once, until then."""

    __tablename__ = "quotes"
    id: UUID = Field(primary_key=True)
    owner_id: UUID
    currency: str = Field(max_length=3)
    to_currency: str = Field(max_length=3)
    rate: str = Field(max_length=24)
    expires_at: datetime = Field(sa_type=UtcDateTime, index=True)
    used_at: datetime | None = Field(sa_type=UtcDateTime)


class Transfer(FinanceTable, table=True):
    """What somebody asked for. `kind`: deposit, withdrawal, transfer, capture. `status`: posted, waiting, held,
    rejected, reversed; with an entry once it is posted, with a hold before.

    `base_minor` is what it was worth in EUR, for limits and rules.
    """

    __tablename__ = "transfers"
    __table_args__ = (
        sa.CheckConstraint("(status IN ('posted', 'reversed')) = (entry_id IS NOT NULL)", name="posted_by_an_entry"),
        sa.Index("ix_transfers_created", "created_at", "id"),
        sa.Index("ix_transfers_from", "from_owner_id", "created_at", "id"),
        sa.Index("ix_transfers_to", "to_owner_id", "created_at", "id"),
        sa.Index("ix_transfers_status", "status", "created_at"),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=16)
    status: str = Field(max_length=16)
    from_account_id: UUID = Field(foreign_key="accounts.id")
    from_owner_id: UUID | None
    to_account_id: UUID = Field(foreign_key="accounts.id")
    to_owner_id: UUID | None
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    to_amount_minor: int = Field(sa_type=sa.BigInteger)
    to_currency: str = Field(max_length=3)
    base_minor: int = Field(sa_type=sa.BigInteger)
    quote_id: UUID | None = Field(foreign_key="quotes.id", unique=True)
    entry_id: UUID | None = Field(foreign_key="entries.id", unique=True)
    hold_id: UUID | None = Field(foreign_key="holds.id", unique=True)
    text: str = Field(max_length=200)
    actor_id: UUID
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Case(FinanceTable, table=True):
    """A transfer that officers look at. `status`: open, released, rejected. `reasons` are codes of rules."""

    __tablename__ = "cases"
    __table_args__ = (sa.Index("ix_cases_opened", "opened_at", "id"),)
    id: UUID = Field(primary_key=True)
    transfer_id: UUID = Field(foreign_key="transfers.id", unique=True)
    holder_id: UUID = Field(foreign_key="holders.id", index=True)
    status: str = Field(max_length=16)
    reasons: list[str] = Field(sa_type=JSON)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Decision(FinanceTable, table=True):
    """What an officer thinks of a case, once: `verdict` is release or reject."""

    __tablename__ = "decisions"
    case_id: UUID = Field(primary_key=True, foreign_key="cases.id")
    officer_id: UUID = Field(primary_key=True)
    verdict: str = Field(max_length=16)
    note: str = Field(max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)


class Rate(FinanceTable, table=True):
    """A rate as we learned it: billionths of `currency` for one euro. `day` is the bank's day, as 2026-03-01."""

    __tablename__ = "rates"
    __table_args__ = (sa.CheckConstraint("rate_nano > 0", name="rates_positive"),)
    currency: str = Field(primary_key=True, max_length=3)
    at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    day: str = Field(max_length=10)
    rate_nano: int = Field(sa_type=sa.BigInteger)


class AuditLine(FinanceTable, table=True):
    """Who did or saw what. `hash` is of all of it and of the hash of the line before."""

    __tablename__ = "audit"
    number: int = Field(primary_key=True, sa_type=sa.BigInteger)
    at: datetime = Field(sa_type=UtcDateTime)
    actor_id: UUID
    action: str = Field(max_length=40)
    subject: str = Field(max_length=80, index=True)
    data: dict[str, Any] = Field(sa_type=JSON)
    hash: str = Field(max_length=64)


class AuditHead(FinanceTable, table=True):
    """The end of the audit log, in one row: whoever writes holds it."""

    __tablename__ = "audit_head"
    __table_args__ = (sa.CheckConstraint("id = 1", name="one_head"),)
    id: int = Field(primary_key=True)
    number: int = Field(sa_type=sa.BigInteger)
    hash: str = Field(max_length=64)


class StaffMember(FinanceTable, table=True):
    """Who works here, for development tokens; `scopes` are separated by spaces."""

    __tablename__ = "staff"
    id: UUID = Field(primary_key=True)
    email_index: bytes = Field(unique=True)
    name: str = Field(max_length=120)
    scopes: str


METADATA = FinanceTable.metadata
HOLDERS, ACCOUNTS = table(Holder), table(Account)
CLOSINGS, ENTRIES, LINES = table(Closing), table(Entry), table(Line)
HOLDS, QUOTES, TRANSFERS = table(Hold), table(Quote), table(Transfer)
CASES, DECISIONS, RATES = table(Case), table(Decision), table(Rate)
AUDIT, AUDIT_HEAD, STAFF = table(AuditLine), table(AuditHead), table(StaffMember)
EVENTS, IDEMPOTENCY = events_table(METADATA), idempotency_table(METADATA)
OFFSETS = offsets_table(METADATA)
