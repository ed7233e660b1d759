"""Invoices with their lines, as they are read and written, and the numbers of ours."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Among, Filters, Lists, equals
from datasources.enterprise.parts import approved_beside
from datasources.enterprise.policies import visible_invoices
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import (
    INVOICE_LINES,
    INVOICE_NUMBERS,
    INVOICES,
    PURCHASE_LINES,
    PURCHASE_ORDERS,
    SUPPLIERS,
)
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import EVERY, Columns, Condition, among, kept, met, projection, read, summed
from datasources.table import Row, Rows


class Direction(StrEnum):
    RECEIVABLE = "receivable"
    PAYABLE = "payable"


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    ISSUED = "issued"
    PAID = "paid"
    CANCELLED = "cancelled"


class Invoices:
    """Rows have `overdue` beside their columns: whether they are issued, and were due before today (UTC)."""

    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        self._database = sources.database
        self._visible = visible_invoices(actor)
        self.lines_of = Among(sources, INVOICE_LINES.c.invoice_id, self._visible, _IN_ORDER, _lines)

    @property
    def all(self) -> Lists:
        return Lists(self._sources, INVOICES, _NEWEST, self._visible, _WANTED, select=_invoices, only=(self._today,))

    @property
    def of_customers(self) -> Lists:
        return self.all.by(INVOICES.c.customer_id)

    @property
    def of_orders(self) -> Among:
        """The oldest first."""
        return Among(self._sources, INVOICES.c.order_id, self._visible, _OLDEST, _invoices, (self._today,))

    async def compared(self, invoice_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The lines of these invoices that are of purchase orders, each beside what was ordered, and in their order.

        `ordered`, `received` and `agreed_minor` are null where the order has no such product; `invoiced` is how many
        pieces of it this invoice, and those before that count, are about. Source: one SELECT.
        """
        theirs = (among(INVOICE_LINES.c.invoice_id, invoice_ids), self._visible)
        return await self._database.rows(read(_COMPARED, *theirs, order=_IN_ORDER))

    async def compare(self, transaction: Transaction, id: UUID, purchase_id: UUID) -> Rows:
        """The same of one invoice, as it stays until the transaction ends: one invoice of an order at a time."""
        await transaction.rows(
            sa.select(PURCHASE_ORDERS.c.id).where(PURCHASE_ORDERS.c.id == purchase_id).with_for_update()
        )
        return await transaction.rows(_COMPARED.where(INVOICE_LINES.c.invoice_id == id))

    async def is_of(self, transaction: Transaction, supplier_id: UUID, purchase_id: UUID | None) -> bool:
        """Whether there is this supplier and, unless that is None, this purchase order of it."""
        asked = sa.select(SUPPLIERS.c.id).where(SUPPLIERS.c.id == supplier_id)
        if purchase_id is not None:
            asked = asked.join(PURCHASE_ORDERS).where(PURCHASE_ORDERS.c.id == purchase_id)
        return await transaction.row(asked) is not None

    async def approved_beside(self, transaction: Transaction, invoice: Row) -> int:
        """What else the same person entered of the supplier within a day, and was approved, in minor units."""
        approved = INVOICES.c.approved_by.is_not(None) & (INVOICES.c.status != InvoiceStatus.CANCELLED)
        return await approved_beside(transaction, invoice, INVOICES.c.gross_minor, approved)

    async def aged(self, direction: Direction) -> Rows:
        """What is issued and not paid yet, by currency and age: `late_days` is the first day of the bucket, counted
        from when it was due (0 for not late, 1, 31, 61, 91); `invoices` says how many, `gross_minor` their sum.

        Source: one SELECT.
        """
        today = date.fromisoformat(self._today.values["today"])
        since = {f"since_{days}": (today - timedelta(days)).isoformat() for days in _AGES}
        open_ones = Condition(_OPEN, {"direction": direction, **since})
        return await self._database.rows(read(_AGED, open_ones, self._visible))

    async def dossier(self, customer_id: UUID) -> dict[str, Any]:
        """What was issued to this customer, by the names of its tables. An erasure leaves it: books are kept by law."""
        theirs = (INVOICES.c.customer_id == customer_id, INVOICES.c.number.is_not(None))
        lines = sa.select(INVOICE_LINES).join(INVOICES).where(*theirs).order_by(INVOICES.c.id, INVOICE_LINES.c.position)
        told = {"invoices": sa.select(INVOICES).where(*theirs).order_by(INVOICES.c.id), "invoice_lines": lines}
        async with self._database.transaction() as transaction:
            return {name: [dict(row._mapping) for row in await transaction.rows(asked)] for name, asked in told.items()}

    async def write_lines(self, transaction: Transaction, id: UUID, lines: Sequence[Mapping[str, Any]]) -> None:
        """These lines instead of those that there are."""
        await transaction.write(sa.delete(INVOICE_LINES).where(INVOICE_LINES.c.invoice_id == id))
        rows = [{"invoice_id": id, "position": position, **line} for position, line in enumerate(lines, 1)]
        await transaction.write(sa.insert(INVOICE_LINES), rows)

    async def next_number(self, transaction: Transaction, year: int) -> str:
        """The next of ours in this year, `2026-000001` at first. What is rolled back is the next one's: no gaps."""
        new = transaction.upsert(INVOICE_NUMBERS).values(year=year, last=1)
        one_more = {"last": INVOICE_NUMBERS.c.last + 1}
        # On PostgreSQL a rival waits here for our end, so that nobody allots the same one.
        await transaction.write(new.on_conflict_do_update(index_elements=["year"], set_=one_more))
        allotted = await transaction.rows(sa.select(INVOICE_NUMBERS.c.last).where(INVOICE_NUMBERS.c.year == year))
        return f"{year}-{allotted[0].last:06}"

    async def untold(self, transaction: Transaction, limit: int) -> Rows:
        """The overdue ones that no event told of, and now one will: at most `limit`."""
        late = (_OVERDUE, INVOICES.c.overdue_told.is_(False))
        asked = sa.select(INVOICES).where(*late).order_by(INVOICES.c.due_on).limit(limit).with_for_update()
        found = await transaction.rows(asked, self._today.values)
        if not found:
            return found
        told = sa.update(INVOICES).where(INVOICES.c.id.in_([row.id for row in found]))
        await transaction.write(told.values(overdue_told=True))
        return found

    @property
    def _today(self) -> Condition:
        return Condition(EVERY.predicate, {"today": today(self._sources.clock())})


def today(now: datetime) -> str:
    """As days are kept, so that they compare as texts."""
    return now.date().isoformat()


_NEWEST = Sort("newest", (INVOICES.c.created_at, INVOICES.c.id), descending=True)
_OLDEST = (INVOICES.c.created_at, INVOICES.c.id)
_IN_ORDER = (INVOICE_LINES.c.position,)
_DUE_BEFORE = INVOICES.c.due_on < sa.bindparam("today", type_=sa.String())
_OVERDUE = sa.and_(INVOICES.c.status == sa.literal_column("'issued'"), _DUE_BEFORE)
_NOT_OVERDUE = sa.not_(_OVERDUE)
_WANTED: Filters = {
    **equals(INVOICES.c.direction, INVOICES.c.status),
    "overdue": lambda overdue: met(_OVERDUE if overdue else _NOT_OVERDUE),
}
_AGES = (91, 61, 31, 1)
_LATE_DAYS = sa.case(
    *(
        (INVOICES.c.due_on <= sa.bindparam(f"since_{days}", type_=sa.String()), sa.literal_column(str(days)))
        for days in _AGES
    ),
    else_=sa.literal_column("0"),
).label("late_days")
_OPEN = sa.and_(
    INVOICES.c.status == sa.literal_column("'issued'"), INVOICES.c.direction == sa.bindparam("direction", type_=sa.Text)
)
_AGED = (
    sa.select(
        INVOICES.c.currency,
        _LATE_DAYS,
        sa.func.count().label("invoices"),
        summed(INVOICES.c.gross_minor).label("gross_minor"),
    )
    .group_by(INVOICES.c.currency, sa.literal_column("late_days"))
    .order_by(INVOICES.c.currency, sa.literal_column("late_days"))
)


def _compared() -> sa.Select[Any]:
    others, line = INVOICES.alias("others"), INVOICE_LINES.alias("others_line")
    before = (
        sa.select(sa.func.coalesce(sa.func.sum(line.c.quantity), 0))
        .join(others, others.c.id == line.c.invoice_id)
        .where(
            others.c.purchase_id == INVOICES.c.purchase_id,
            others.c.id != INVOICES.c.id,
            sa.or_(others.c.status == InvoiceStatus.ISSUED, others.c.status == InvoiceStatus.PAID),
            line.c.product_id == INVOICE_LINES.c.product_id,
        )
        .scalar_subquery()
    )
    here = sa.func.sum(INVOICE_LINES.c.quantity).over(
        partition_by=(INVOICE_LINES.c.invoice_id, INVOICE_LINES.c.product_id)
    )
    of_order = (
        PURCHASE_LINES.c.purchase_id == INVOICES.c.purchase_id,
        PURCHASE_LINES.c.product_id == INVOICE_LINES.c.product_id,
        PURCHASE_LINES.c.currency == INVOICES.c.currency,
    )
    return (
        sa.select(
            INVOICE_LINES.c.invoice_id,
            INVOICE_LINES.c.text,
            INVOICE_LINES.c.unit_minor,
            INVOICES.c.currency,
            sa.cast(here + before, sa.BigInteger).label("invoiced"),
            PURCHASE_LINES.c.quantity.label("ordered"),
            PURCHASE_LINES.c.received,
            PURCHASE_LINES.c.unit_minor.label("agreed_minor"),
        )
        .join(INVOICES, INVOICES.c.id == INVOICE_LINES.c.invoice_id)
        .outerjoin(PURCHASE_LINES, sa.and_(*of_order))
        .where(INVOICES.c.purchase_id.is_not(None))
    )


_COMPARED = _compared()


@kept
def _invoices(columns: Columns) -> sa.Select[Any]:
    wanted = projection(INVOICES, columns)
    return wanted.add_columns(_OVERDUE.label("overdue")) if columns is None or "overdue" in columns else wanted


@kept
def _lines(columns: Columns) -> sa.Select[Any]:
    of_line = None if columns is None else columns | {"invoice_id"}
    return projection(INVOICE_LINES, of_line, INVOICES.c.currency).join(INVOICES)
