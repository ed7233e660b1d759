"""The database of commerce at a glance; `policies.py` says which rows an actor sees.

Amounts are minor units of the row's currency. `sealed_…` columns are encrypted; see `datasources/cipher.py`.
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

BASE_CURRENCY = "EUR"
"""Prices are kept in it, and revenue is told in it."""


class CommerceTable(SQLModel, registry=registry()):
    metadata = sa.MetaData()


class Category(CommerceTable, table=True):
    __tablename__ = "categories"
    id: UUID = Field(primary_key=True)
    parent_id: UUID | None = Field(foreign_key="categories.id", index=True)
    slug: str = Field(max_length=80, unique=True)
    name: str = Field(max_length=80)


class Product(CommerceTable, table=True):
    __tablename__ = "products"
    __table_args__ = (
        sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
        sa.Index("ix_products_price", "price_minor", "id"),
        sa.Index("ix_products_sold", "units_sold", "id"),
        sa.Index("ix_products_created", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    sku: str = Field(max_length=40, unique=True)
    name: str = Field(max_length=200)
    description: str = Field(sa_type=sa.Text)
    category_id: UUID = Field(foreign_key="categories.id", index=True)
    price_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    attributes: dict[str, Any] = Field(sa_type=JSON)
    active: bool
    units_sold: int = Field(default=0, sa_type=sa.BigInteger)
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Customer(CommerceTable, table=True):
    """After an erasure the sealed columns and the index are null; the row stays, for its orders."""

    __tablename__ = "customers"
    __table_args__ = (sa.Index("ix_customers_created", "created_at", "id"),)
    id: UUID = Field(primary_key=True)
    email_index: bytes | None = Field(unique=True)
    sealed_name: bytes | None
    sealed_email: bytes | None
    sealed_phone: bytes | None
    currency: str = Field(max_length=3)
    created_at: datetime = Field(sa_type=UtcDateTime)
    erased_at: datetime | None = Field(sa_type=UtcDateTime)


class Address(CommerceTable, table=True):
    """`sealed` is JSON: recipient, street, city, postal_code, country (ISO 3166 alpha-2)."""

    __tablename__ = "addresses"
    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    sealed: bytes
    created_at: datetime = Field(sa_type=UtcDateTime)


class StaffMember(CommerceTable, table=True):
    """Who works here, for development tokens; `scopes` are separated by spaces."""

    __tablename__ = "staff"
    id: UUID = Field(primary_key=True)
    email_index: bytes = Field(unique=True)
    name: str = Field(max_length=120)
    scopes: str


class Warehouse(CommerceTable, table=True):
    __tablename__ = "warehouses"
    id: UUID = Field(primary_key=True)
    code: str = Field(max_length=10, unique=True)
    name: str = Field(max_length=80)
    country: str = Field(max_length=2)


class StockLevel(CommerceTable, table=True):
    """What is available is `on_hand - reserved`; the movements explain both."""

    __tablename__ = "stock_levels"
    __table_args__ = (
        sa.CheckConstraint("reserved >= 0 AND on_hand >= reserved", name="stock_covers_reservations"),
        sa.Index("ix_stock_levels_warehouse", "warehouse_id", "product_id"),
    )
    product_id: UUID = Field(primary_key=True, foreign_key="products.id")
    warehouse_id: UUID = Field(primary_key=True, foreign_key="warehouses.id")
    on_hand: int = Field(sa_type=sa.BigInteger)
    reserved: int = Field(sa_type=sa.BigInteger)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class StockMovement(CommerceTable, table=True):
    """`kind`: received, adjusted, reserved, released, shipped, returned."""

    __tablename__ = "stock_movements"
    __table_args__ = (sa.Index("ix_stock_movements_level", "product_id", "warehouse_id", "at"),)
    id: UUID = Field(primary_key=True)
    product_id: UUID = Field(foreign_key="products.id")
    warehouse_id: UUID = Field(foreign_key="warehouses.id")
    kind: str = Field(max_length=16)
    on_hand_change: int = Field(sa_type=sa.BigInteger)
    reserved_change: int = Field(sa_type=sa.BigInteger)
    order_id: UUID | None = Field(index=True)
    actor_id: UUID
    reason: str | None = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)


class Cart(CommerceTable, table=True):
    """A customer's one open cart."""

    __tablename__ = "carts"
    id: UUID = Field(primary_key=True)
    customer_id: UUID = Field(foreign_key="customers.id", unique=True)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class CartLine(CommerceTable, table=True):
    __tablename__ = "cart_lines"
    __table_args__ = (sa.CheckConstraint("quantity > 0", name="quantity_positive"),)
    cart_id: UUID = Field(primary_key=True, foreign_key="carts.id")
    product_id: UUID = Field(primary_key=True, foreign_key="products.id")
    quantity: int
    added_at: datetime = Field(sa_type=UtcDateTime)


class Order(CommerceTable, table=True):
    """`status`: placed, shipped, cancelled, partially_refunded, refunded. `rate`: `currency` for one of the base."""

    __tablename__ = "orders"
    __table_args__ = (
        sa.Index("ix_orders_customer", "customer_id", "placed_at", "id"),
        sa.Index("ix_orders_placed", "placed_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    number: str = Field(max_length=16, unique=True)
    customer_id: UUID = Field(foreign_key="customers.id")
    status: str = Field(max_length=20)
    currency: str = Field(max_length=3)
    subtotal_minor: int = Field(sa_type=sa.BigInteger)
    tax_minor: int = Field(sa_type=sa.BigInteger)
    total_minor: int = Field(sa_type=sa.BigInteger)
    rate: str = Field(max_length=24)
    country: str = Field(max_length=2)
    sealed_address: bytes | None
    payment_id: str | None = Field(max_length=64)
    shipment_id: str | None = Field(max_length=64)
    placed_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class OrderLine(CommerceTable, table=True):
    """What was sold, as it was then. `total_minor` = quantity * unit price + tax; `total_base_minor` in EUR."""

    __tablename__ = "order_lines"
    __table_args__ = (sa.Index("ix_order_lines_order", "order_id", "position"),)
    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id")
    position: int
    product_id: UUID = Field(foreign_key="products.id", index=True)
    sku: str = Field(max_length=40)
    name: str = Field(max_length=200)
    currency: str = Field(max_length=3)
    quantity: int
    refunded_quantity: int = 0
    unit_price_minor: int = Field(sa_type=sa.BigInteger)
    tax_minor: int = Field(sa_type=sa.BigInteger)
    total_minor: int = Field(sa_type=sa.BigInteger)
    total_base_minor: int = Field(sa_type=sa.BigInteger)


class Allocation(CommerceTable, table=True):
    """From which warehouse how much of a line comes."""

    __tablename__ = "allocations"
    order_line_id: UUID = Field(primary_key=True, foreign_key="order_lines.id")
    warehouse_id: UUID = Field(primary_key=True, foreign_key="warehouses.id")
    quantity: int


class OrderChange(CommerceTable, table=True):
    """An order's history: who moved it to which status, when and why."""

    __tablename__ = "order_changes"
    __table_args__ = (sa.Index("ix_order_changes_order", "order_id", "at", "id"),)
    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id")
    status: str = Field(max_length=20)
    actor_id: UUID
    note: str | None = Field(max_length=200)
    at: datetime = Field(sa_type=UtcDateTime)


class Payment(CommerceTable, table=True):
    """What we asked of the payment service, written before each call, so that a lost answer can be settled.

    `status`: authorising, authorised, declined, capturing, captured, voiding, voided. `id` is the idempotency key at
    the service, `order_id` the order that is or would have been placed; `refunded_minor` includes refunds under way.
    `actor_id` is who asked for the present status, or for the step that is under way.
    """

    __tablename__ = "payments"
    __table_args__ = (
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refund_within_payment"),
        sa.Index("ix_payments_open", "status", "updated_at"),
    )
    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(unique=True)
    customer_id: UUID = Field(foreign_key="customers.id", index=True)
    status: str = Field(max_length=16)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    refunded_minor: int = Field(default=0, sa_type=sa.BigInteger)
    method: str = Field(max_length=64)
    provider_id: str | None = Field(max_length=64, unique=True)
    decline_code: str | None = Field(max_length=64)
    actor_id: UUID | None
    created_at: datetime = Field(sa_type=UtcDateTime)
    updated_at: datetime = Field(sa_type=UtcDateTime)


class Refund(CommerceTable, table=True):
    """`status`: started, done, refused. `lines`: quantities by order line id. `id` is the key at the service."""

    __tablename__ = "refunds"
    __table_args__ = (sa.Index("ix_refunds_open", "status", "created_at"),)
    id: UUID = Field(primary_key=True)
    order_id: UUID = Field(foreign_key="orders.id", index=True)
    status: str = Field(max_length=16)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    lines: dict[str, int] = Field(sa_type=JSON)
    restock: bool
    reason: str | None = Field(max_length=200)
    actor_id: UUID
    provider_id: str | None = Field(max_length=64, unique=True)
    created_at: datetime = Field(sa_type=UtcDateTime)


class WebhookEvent(CommerceTable, table=True):
    """Events of the payment service that were taken, each once."""

    __tablename__ = "webhook_events"
    id: str = Field(primary_key=True, max_length=80)
    type: str = Field(max_length=80)
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


METADATA = CommerceTable.metadata
CATEGORIES, PRODUCTS = table(Category), table(Product)
CUSTOMERS, ADDRESSES, STAFF = table(Customer), table(Address), table(StaffMember)
WAREHOUSES, STOCK_LEVELS, STOCK_MOVEMENTS = table(Warehouse), table(StockLevel), table(StockMovement)
CARTS, CART_LINES = table(Cart), table(CartLine)
ORDERS, ORDER_LINES = table(Order), table(OrderLine)
ALLOCATIONS, ORDER_CHANGES = table(Allocation), table(OrderChange)
PAYMENTS, REFUNDS, WEBHOOK_EVENTS = table(Payment), table(Refund), table(WebhookEvent)
EVENTS, OFFSETS, IDEMPOTENCY = events_table(METADATA), offsets_table(METADATA), idempotency_table(METADATA)
