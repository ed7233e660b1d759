"""The tables of invoices."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import UtcDateTime

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "invoices",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("customer_id", sa.Uuid()),
        sa.Column("supplier_id", sa.Uuid()),
        sa.Column("number", sa.String(40)),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("purchase_id", sa.Uuid(), index=True),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
        sa.Column("gross_minor", sa.BigInteger(), nullable=False),
        sa.Column("issued_on", sa.String(10)),
        sa.Column("due_on", sa.String(10), nullable=False),
        sa.Column("paid_on", sa.String(10)),
        sa.Column("overdue_told", sa.Boolean(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.Uuid()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_invoices_newest", "invoices", ["created_at", "id"])
    op.create_index("ix_invoices_of_customer", "invoices", ["customer_id", "created_at", "id"])
    op.create_index("ix_invoices_due", "invoices", ["status", "due_on"])
    for name, columns, there in (
        ("entered", ["supplier_id", "number"], sa.text("status <> 'cancelled'")),
        ("numbered", ["number"], sa.text("direction = 'receivable'")),
        ("ordered", ["order_id"], sa.text("status <> 'cancelled'")),
    ):
        op.create_index(
            f"ix_invoices_once_{name}",
            "invoices",
            columns,
            unique=True,
            sqlite_where=there,
            postgresql_where=there,
        )
    op.create_table(
        "invoice_lines",
        sa.Column("invoice_id", sa.Uuid(), sa.ForeignKey("invoices.id"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("product_id", sa.Uuid()),
        sa.Column("text", sa.String(200), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("tax_bps", sa.Integer(), nullable=False),
        sa.Column("tax_minor", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "invoice_numbers",
        sa.Column("year", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("last", sa.Integer(), nullable=False),
    )
