"""The tables of supply."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import UtcDateTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "suppliers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False, unique=True),
        sa.Column("email", sa.String(254), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("lead_time_days", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_table(
        "supplier_prices",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("supplier_id", sa.Uuid(), sa.ForeignKey("suppliers.id"), nullable=False),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("price_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("minimum_quantity", sa.Integer(), nullable=False),
        sa.Column("lead_time_days", sa.Integer()),
        sa.UniqueConstraint("supplier_id", "product_id"),
    )
    op.create_index("ix_supplier_prices_product", "supplier_prices", ["product_id", "price_minor", "id"])
    op.create_index("ix_supplier_prices_supplier", "supplier_prices", ["supplier_id", "price_minor", "id"])
    op.create_table(
        "purchase_orders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("number", sa.String(16), nullable=False, unique=True),
        sa.Column("supplier_id", sa.Uuid(), sa.ForeignKey("suppliers.id"), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("total_minor", sa.BigInteger(), nullable=False),
        sa.Column("drafted_by", sa.Uuid(), nullable=False),
        sa.Column("approved_by", sa.Uuid()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_purchase_orders_newest", "purchase_orders", ["created_at", "id"])
    op.create_index("ix_purchase_orders_status", "purchase_orders", ["status", "created_at", "id"])
    op.create_index("ix_purchase_orders_supplier", "purchase_orders", ["supplier_id", "created_at", "id"])
    op.create_table(
        "purchase_lines",
        sa.Column("purchase_id", sa.Uuid(), sa.ForeignKey("purchase_orders.id"), primary_key=True),
        sa.Column("product_id", sa.Uuid(), primary_key=True, index=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sku", sa.String(40), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("received", sa.Integer(), nullable=False),
        sa.Column("unit_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND quantity", name="received_within_quantity"),
    )
    op.create_table(
        "goods_receipts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("purchase_id", sa.Uuid(), sa.ForeignKey("purchase_orders.id"), nullable=False),
        sa.Column("received_by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_goods_receipts_purchase", "goods_receipts", ["purchase_id", "at", "id"])
    op.create_table(
        "receipt_lines",
        sa.Column("receipt_id", sa.Uuid(), sa.ForeignKey("goods_receipts.id"), primary_key=True),
        sa.Column("product_id", sa.Uuid(), primary_key=True),
        sa.Column("quantity", sa.Integer(), nullable=False),
    )
    op.create_table(
        "reorder_points",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("product_id", sa.Uuid(), nullable=False),
        sa.Column("warehouse_id", sa.Uuid(), nullable=False),
        sa.Column("supplier_id", sa.Uuid(), sa.ForeignKey("suppliers.id"), nullable=False, index=True),
        sa.Column("reorder_at", sa.Integer(), nullable=False),
        sa.Column("reorder_quantity", sa.Integer(), nullable=False),
        sa.UniqueConstraint("product_id", "warehouse_id"),
    )
