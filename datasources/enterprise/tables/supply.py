"""Of whom we buy, for how much; what was ordered of them, and what of it came; and when to order again."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from datasources.enterprise.tables.base import EnterpriseTable
from datasources.sql import UtcDateTime, table


class Supplier(EnterpriseTable, table=True):
    """`currency` is that of its prices; `lead_time_days` from an order until it comes."""

    __tablename__ = "suppliers"
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=120, unique=True)
    email: str = Field(max_length=254)
    currency: str = Field(max_length=3)
    lead_time_days: int
    created_at: datetime = Field(sa_type=UtcDateTime)


class SupplierPrice(EnterpriseTable, table=True):
    """What a supplier takes for one piece, in its currency. `lead_time_days` is null where it is the supplier's."""

    __tablename__ = "supplier_prices"
    __table_args__ = (
        sa.UniqueConstraint("supplier_id", "product_id"),
        sa.Index("ix_supplier_prices_product", "product_id", "price_minor", "id"),
        sa.Index("ix_supplier_prices_supplier", "supplier_id", "price_minor", "id"),
    )
    id: UUID = Field(primary_key=True)
    supplier_id: UUID = Field(foreign_key="suppliers.id")
    product_id: UUID
    sku: str = Field(max_length=40)
    price_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    minimum_quantity: int
    lead_time_days: int | None


class PurchaseOrder(EnterpriseTable, table=True):
    """`status`: draft, approved, sent, partly_received, received, cancelled. Who approved it did not draft it."""

    __tablename__ = "purchase_orders"
    __table_args__ = (
        sa.Index("ix_purchase_orders_newest", "created_at", "id"),
        sa.Index("ix_purchase_orders_status", "status", "created_at", "id"),
        sa.Index("ix_purchase_orders_supplier", "supplier_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    number: str = Field(max_length=16, unique=True)
    supplier_id: UUID = Field(foreign_key="suppliers.id")
    warehouse_id: UUID
    status: str = Field(max_length=16)
    currency: str = Field(max_length=3)
    total_minor: int = Field(sa_type=sa.BigInteger)
    drafted_by: UUID
    approved_by: UUID | None
    created_at: datetime = Field(sa_type=UtcDateTime)


class PurchaseLine(EnterpriseTable, table=True):
    """A product of an order. No more is ever received than was ordered."""

    __tablename__ = "purchase_lines"
    __table_args__ = (sa.CheckConstraint("received BETWEEN 0 AND quantity", name="received_within_quantity"),)
    purchase_id: UUID = Field(foreign_key="purchase_orders.id", primary_key=True)
    product_id: UUID = Field(primary_key=True, index=True)
    position: int
    sku: str = Field(max_length=40)
    quantity: int
    received: int
    unit_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)


class GoodsReceipt(EnterpriseTable, table=True):
    __tablename__ = "goods_receipts"
    __table_args__ = (sa.Index("ix_goods_receipts_purchase", "purchase_id", "at", "id"),)
    id: UUID = Field(primary_key=True)
    purchase_id: UUID = Field(foreign_key="purchase_orders.id")
    received_by: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class ReceiptLine(EnterpriseTable, table=True):
    __tablename__ = "receipt_lines"
    receipt_id: UUID = Field(foreign_key="goods_receipts.id", primary_key=True)
    product_id: UUID = Field(primary_key=True)
    quantity: int


class ReorderPoint(EnterpriseTable, table=True):
    """When no more than `reorder_at` of a product are available in a warehouse, so many are ordered of the supplier."""

    __tablename__ = "reorder_points"
    __table_args__ = (sa.UniqueConstraint("product_id", "warehouse_id"),)
    id: UUID = Field(primary_key=True)
    product_id: UUID
    warehouse_id: UUID
    supplier_id: UUID = Field(foreign_key="suppliers.id", index=True)
    reorder_at: int
    reorder_quantity: int


SUPPLIERS, SUPPLIER_PRICES = table(Supplier), table(SupplierPrice)
PURCHASE_ORDERS, PURCHASE_LINES = table(PurchaseOrder), table(PurchaseLine)
GOODS_RECEIPTS, RECEIPT_LINES, REORDER_POINTS = table(GoodsReceipt), table(ReceiptLine), table(ReorderPoint)
