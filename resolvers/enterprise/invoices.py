"""Invoices are drafted, changed, issued, paid or cancelled; and what somebody else has to approve before."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from datasources.enterprise.errors import (
    InvoicedAlready,
    InvoiceStatusRefused,
    NeedsApproval,
    OrderDiffers,
)
from datasources.enterprise.events import EventType
from datasources.enterprise.invoices import Direction, InvoiceStatus, today
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import INVOICES
from datasources.errors import InvalidInput, NotFound
from datasources.money import Money, written
from datasources.sql import Transaction
from datasources.table import Row, Rows
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.approving import limit_minor, must_be_allowed
from resolvers.enterprise.invoice_rules import Line, checked, differences, totals
from resolvers.enterprise.records import Record, add, change, once, text

TOLD_AT_ONCE = 200
IsCustomer = Callable[[Context, UUID], Awaitable[bool]]


def _told(invoice: Mapping[str, Any]) -> dict[str, Any]:
    """What those who book it, and processes, need to know."""
    order_id = invoice.get("order_id")
    return {
        "direction": invoice["direction"],
        "number": invoice.get("number") or "",
        "currency": invoice["currency"],
        "amount_minor": invoice["gross_minor"],
        "tax_minor": invoice["tax_minor"],
        **({"order": str(order_id)} if order_id else {}),
    }


INVOICE = Record(
    type="Invoice",
    table=INVOICES,
    batch=EnterpriseLoaders.invoice_by_id,
    created=EventType.INVOICE_DRAFTED,
    changed=EventType.INVOICE_CHANGED,
    rules={"number": text(40)},
    owner="customer_id",
    told=_told,
    taken=InvoicedAlready,
)


class Billed(NamedTuple):
    """An order of the shop, as far as its invoice goes; `total_minor` is what it came to."""

    customer_id: UUID
    lines: Sequence[Line]
    total_minor: int


async def draft_invoice(
    context: Context, is_customer: IsCustomer, *, customer_id: UUID, due_on: date, lines: Sequence[Line], key: str
) -> Any:
    """An invoice to a customer, about what is no order. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("invoices:write")
    if not await is_customer(context, customer_id):
        raise NotFound("customer")
    values = {"direction": Direction.RECEIVABLE, "customer_id": customer_id, "due_on": due_on.isoformat()}
    return await _draft(context, "draftInvoice", values, lines, key)


async def invoice_order(
    context: Context, billed: Callable[[Context, UUID], Awaitable[Billed]], *, order_id: UUID, due_on: date, key: str
) -> Any:
    """An invoice about an order, with its lines.

    Raises: Forbidden, InvalidInput, NotFound, InvoicedAlready, OrderDiffers, KeyReused.
    """
    context.actor.require("invoices:write")
    order = await billed(context, order_id)
    come_to = totals(order.lines)
    if come_to.gross_minor != order.total_minor:
        lines, whole = (written(minor, come_to.currency) for minor in (come_to.gross_minor, order.total_minor))
        raise OrderDiffers(f"The lines of this order come to {lines}, the order to {whole}; look into it.")
    of = {"direction": Direction.RECEIVABLE, "customer_id": order.customer_id, "order_id": order_id}
    return await _draft(context, "invoiceOrder", of | {"due_on": due_on.isoformat()}, order.lines, key)


async def enter_invoice(
    context: Context,
    *,
    supplier_id: UUID,
    purchase_order_id: UUID | None,
    number: str,
    issued_on: date,
    due_on: date,
    lines: Sequence[Line],
    key: str,
) -> Any:
    """What stands on the invoice of a supplier.

    Raises: Forbidden, InvalidInput, NotFound, InvoicedAlready, KeyReused.
    """
    context.actor.require("invoices:write")
    if not issued_on <= min(due_on, context.clock().date()):
        raise InvalidInput("issuedOn", "An invoice is of today or before, and due on its day or later.")
    of = {"direction": Direction.PAYABLE, "supplier_id": supplier_id, "purchase_id": purchase_order_id}
    days = {"issued_on": issued_on.isoformat(), "due_on": due_on.isoformat()}
    return await _draft(context, "enterInvoice", of | INVOICE.checked(number=number, **days), lines, key)


async def change_invoice(
    context: Context, *, invoice_id: UUID, due_on: date | None, lines: Sequence[Line] | None, key: str
) -> Any:
    """Changes a draft; without `lines` they stay. Whoever approved it has to look again, and who wrote the lines that
    there are now is whom four eyes keep from approving.

    Raises: Forbidden, InvalidInput, NotFound, InvoiceStatusRefused, KeyReused.
    """
    context.actor.require("invoices:write")
    new_lines = checked(lines) if lines else []
    new: dict[str, Any] = {"due_on": due_on.isoformat()} if due_on else {}
    if new_lines:
        new |= totals(new_lines)._asdict() | {"drafted_by": context.actor.signed_in}

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        _must_be(before, InvoiceStatus.DRAFT)
        if new_lines and before.order_id:
            raise InvalidInput("lines", "The lines are those of the order; cancel this invoice to write another.")
        if due_on and before.issued_on and new["due_on"] < before.issued_on:
            raise InvalidInput("dueOn", "An invoice is due on its day or later.")
        if new_lines:
            columns = [line.columns() for line in new_lines]
            await context.of(Enterprise).invoices.write_lines(transaction, invoice_id, columns)
        return {**new, "approved_by": None}

    request = {"due_on": due_on, "lines": repr(lines)}
    return await change(context, INVOICE, "changeInvoice", key, invoice_id, request, decide, EventType.INVOICE_CHANGED)


async def approve_invoice(context: Context, *, invoice_id: UUID, key: str) -> Any:
    """Says that the invoice of a supplier may be issued and paid. What the same person entered of the supplier within a
    day, and somebody approved, counts with it.

    Raises: Forbidden, InvalidInput, NotFound, InvoiceStatusRefused, FourEyes, OverLimit, KeyReused.
    """
    context.actor.require("approvals:decide")

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        _must_be(before, InvoiceStatus.DRAFT, InvoiceStatus.ISSUED)
        if before.direction != Direction.PAYABLE:
            raise InvalidInput("invoiceId", "Only what is to be paid needs an approval.")
        enterprise = context.of(Enterprise)
        beside = await enterprise.invoices.approved_beside(transaction, before)
        amount = Money(before.gross_minor + beside, before.currency)
        await must_be_allowed(enterprise, transaction, amount, before.drafted_by)
        return {"approved_by": context.actor.signed_in}

    return await change(context, INVOICE, "approveInvoice", key, invoice_id, None, decide, EventType.INVOICE_CHANGED)


async def issue_invoice(context: Context, *, invoice_id: UUID, key: str) -> Any:
    """Makes a draft count: one to a customer gets the next number and today's date, one of a supplier agrees with its
    purchase order, or was approved.

    Raises: Forbidden, InvalidInput, NotFound, InvoiceStatusRefused, NeedsApproval, KeyReused.
    """
    context.actor.require("invoices:write")
    enterprise = context.of(Enterprise)

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        _must_be(before, InvoiceStatus.DRAFT)
        issued = {"status": InvoiceStatus.ISSUED}
        if before.direction == Direction.PAYABLE:
            if before.approved_by is None and not await _matches(enterprise, transaction, before):
                raise NeedsApproval("This does not agree with a purchase order; somebody else has to approve it first.")
            return issued
        day = context.clock().date()
        if before.due_on < day.isoformat():
            raise InvalidInput("dueOn", "This would be overdue at once; change when it is due.")
        number = await enterprise.invoices.next_number(transaction, day.year)
        return issued | {"number": number, "issued_on": day.isoformat()}

    return await change(context, INVOICE, "issueInvoice", key, invoice_id, None, decide, EventType.INVOICE_ISSUED)


async def pay_invoice(context: Context, *, invoice_id: UUID, paid_on: date | None, key: str) -> Any:
    """Says that an issued invoice was paid, as a whole. More than the actor may approve, of a supplier, is paid only
    where somebody else approved it.

    Raises: Forbidden, InvalidInput, NotFound, InvoiceStatusRefused, NeedsApproval, KeyReused.
    """
    context.actor.require("invoices:write")
    now = today(context.clock())
    day = paid_on.isoformat() if paid_on else now

    async def decide(transaction: Transaction, before: Row) -> Mapping[str, Any]:
        _must_be(before, InvoiceStatus.ISSUED)
        if not before.issued_on <= day <= now:
            raise InvalidInput("paidOn", "An invoice is paid on its day or later, today at the latest.")
        if before.direction == Direction.PAYABLE and before.approved_by in (None, context.actor.signed_in):
            most_minor = await limit_minor(context.of(Enterprise), transaction, before.currency)
            if before.gross_minor > most_minor:
                raise NeedsApproval("This is more than you may approve; somebody else has to do it first.")
        return {"status": InvoiceStatus.PAID, "paid_on": day}

    return await change(context, INVOICE, "payInvoice", key, invoice_id, paid_on, decide, EventType.INVOICE_PAID)


async def cancel_invoice(context: Context, *, invoice_id: UUID, key: str) -> Any:
    """Cancels a draft, or what was issued; its number stays its own.

    Raises: Forbidden, InvalidInput, NotFound, InvoiceStatusRefused, KeyReused.
    """
    context.actor.require("invoices:write")

    async def decide(_: Transaction, before: Row) -> Mapping[str, Any]:
        _must_be(before, InvoiceStatus.DRAFT, InvoiceStatus.ISSUED)
        return {"status": InvoiceStatus.CANCELLED}

    return await change(context, INVOICE, "cancelInvoice", key, invoice_id, None, decide, EventType.INVOICE_CANCELLED)


async def aged(context: Context, direction: Direction) -> Rows:
    """What is still to be paid, by currency and age. Raises: Forbidden."""
    context.actor.require("invoices:read")
    return await context.of(Enterprise).invoices.aged(direction)


async def tell_overdue(context: Context) -> None:
    """Writes an event of each invoice that is overdue, once."""
    enterprise = context.of(Enterprise)
    found: Sequence[Row] = [None] * TOLD_AT_ONCE
    while len(found) == TOLD_AT_ONCE:
        async with enterprise.sources.database.transaction() as transaction:
            found = await enterprise.invoices.untold(transaction, TOLD_AT_ONCE)
            events = [INVOICE.event(EventType.INVOICE_OVERDUE, row._mapping) for row in found]
            if events:
                await enterprise.events.extend(transaction, events)


async def _draft(context: Context, operation: str, values: Mapping[str, Any], lines: Sequence[Line], key: str) -> Any:
    """Raises: InvalidInput, NotFound, InvoicedAlready, KeyReused."""
    invoices = context.of(Enterprise).invoices
    lines = checked(lines)
    new = {**values, **totals(lines)._asdict(), "drafted_by": context.actor.signed_in}
    of, drafted = values.get("supplier_id"), {"status": InvoiceStatus.DRAFT, "overdue_told": False}

    async def work(transaction: Transaction) -> UUID:
        if of and not await invoices.is_of(transaction, of, values["purchase_id"]):
            raise NotFound("supplier, or purchase order of it")
        id = await add(context.of(Enterprise), transaction, INVOICE, {"customer_id": None, **new, **drafted})
        await invoices.write_lines(transaction, id, [line.columns() for line in lines])
        return id

    return await once(context, INVOICE.batch, operation, key, {**new, "lines": repr(lines)}, work)


async def _matches(enterprise: Enterprise, transaction: Transaction, invoice: Row) -> bool:
    """Whether a supplier's invoice is of a purchase order, and nothing of it differs."""
    if invoice.purchase_id is None:
        return False
    lines = await enterprise.invoices.compare(transaction, invoice.id, invoice.purchase_id)
    return not any(
        differences(line.ordered, line.received, line.invoiced, line.agreed_minor, line.unit_minor) for line in lines
    )


def _must_be(invoice: Row, *statuses: InvoiceStatus) -> None:
    """Raises: InvoiceStatusRefused."""
    if invoice.status not in statuses:
        raise InvoiceStatusRefused(
            f"This invoice is {invoice.status}; drafts are changed and issued, issued ones paid, and both cancelled."
        )
