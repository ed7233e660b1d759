"""Invoices of suppliers, and to customers."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from datasources.enterprise.tables.base import EnterpriseTable
from datasources.sql import UtcDateTime, table


class Invoice(EnterpriseTable, table=True):
    """A receivable has a `customer_id`, a payable a `supplier_id`. `number` is the supplier's own; or, once it is
    issued, ours. Days are written as 2026-03-31. `status`: draft, issued, paid, cancelled. `overdue_told` is whether
    the event was written. Who approved a payable neither drafted nor pays it.
    """

    __tablename__ = "invoices"
    __table_args__ = (
        sa.Index("ix_invoices_newest", "created_at", "id"),
        sa.Index("ix_invoices_of_customer", "customer_id", "created_at", "id"),
        sa.Index("ix_invoices_due", "status", "due_on"),
        *(
            sa.Index(f"ix_invoices_once_{name}", *columns, unique=True, sqlite_where=there, postgresql_where=there)
            for name, columns, there in (
                ("entered", ("supplier_id", "number"), sa.text("status <> 'cancelled'")),
                ("numbered", ("number",), sa.text("direction = 'receivable'")),
                ("ordered", ("order_id",), sa.text("status <> 'cancelled'")),
            )
        ),
    )
    id: UUID = Field(primary_key=True)
    direction: str = Field(max_length=16)
    status: str = Field(max_length=16)
    customer_id: UUID | None
    supplier_id: UUID | None
    number: str | None = Field(max_length=40)
    order_id: UUID | None
    purchase_id: UUID | None = Field(index=True)
    currency: str = Field(max_length=3)
    tax_minor: int = Field(sa_type=sa.BigInteger)
    gross_minor: int = Field(sa_type=sa.BigInteger)
    issued_on: str | None = Field(max_length=10)
    due_on: str = Field(max_length=10)
    paid_on: str | None = Field(max_length=10)
    overdue_told: bool
    drafted_by: UUID
    approved_by: UUID | None
    created_at: datetime = Field(sa_type=UtcDateTime)


class InvoiceLine(EnterpriseTable, table=True):
    __tablename__ = "invoice_lines"
    invoice_id: UUID = Field(foreign_key="invoices.id", primary_key=True)
    position: int = Field(primary_key=True)
    product_id: UUID | None
    text: str = Field(max_length=200)
    quantity: int
    unit_minor: int = Field(sa_type=sa.BigInteger)
    tax_bps: int
    tax_minor: int = Field(sa_type=sa.BigInteger)


class InvoiceNumber(EnterpriseTable, table=True):
    """The last number of ours that was allotted in a year."""

    __tablename__ = "invoice_numbers"
    year: int = Field(primary_key=True)
    last: int


INVOICES, INVOICE_LINES, INVOICE_NUMBERS = table(Invoice), table(InvoiceLine), table(InvoiceNumber)
