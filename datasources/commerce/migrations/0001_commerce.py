"""The tables of commerce as they were born, and the full-text index over products."""

from typing import Any

import sqlalchemy as sa
from alembic import op

from datasources.sql import JSON, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Area by area, each after those that it refers to."""
    _bookkeeping()
    _catalogue()
    _people()
    _inventory()
    _carts()
    _orders()
    _order_lines()
    _payments()
    if op.get_bind().dialect.name == "postgresql":
        _on_postgresql()
    else:
        _on_sqlite()


def _bookkeeping() -> None:
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        _always("transaction", sa.BigInteger(), server_default="0"),
        _always("type", sa.String(64)),
        _always("subject", sa.Uuid()),
        _always("data", JSON),
        sa.Column("actor", sa.Uuid()),
        _always("at", UtcDateTime()),
    )
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        _always("request", sa.String(64)),
        sa.Column("answer", JSON),
        _always("at", UtcDateTime(), index=True),
    )
    op.create_table(
        "webhook_events",
        sa.Column("id", sa.String(80), primary_key=True),
        _always("type", sa.String(80)),
        _always("received_at", UtcDateTime(), index=True),
    )


def _catalogue() -> None:
    op.create_table(
        "categories",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("categories.id"), index=True),
        _always("slug", sa.String(80), unique=True),
        _always("name", sa.String(80)),
    )
    op.create_table(
        "products",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("sku", sa.String(40), unique=True),
        _always("name", sa.String(200)),
        _always("description", sa.Text()),
        _always("category_id", sa.Uuid(), sa.ForeignKey("categories.id"), index=True),
        _always("price_minor", sa.BigInteger()),
        _always("currency", sa.String(3)),
        _always("attributes", JSON),
        _always("active", sa.Boolean()),
        _always("units_sold", sa.BigInteger()),
        _always("created_at", UtcDateTime()),
        _always("updated_at", UtcDateTime()),
        sa.CheckConstraint("price_minor >= 0", name="price_not_negative"),
    )
    op.create_index("ix_products_created", "products", ["created_at", "id"])
    op.create_index("ix_products_price", "products", ["price_minor", "id"])
    op.create_index("ix_products_sold", "products", ["units_sold", "id"])


def _people() -> None:
    op.create_table(
        "customers",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email_index", sa.LargeBinary(), unique=True),
        sa.Column("sealed_name", sa.LargeBinary()),
        sa.Column("sealed_email", sa.LargeBinary()),
        sa.Column("sealed_phone", sa.LargeBinary()),
        _always("currency", sa.String(3)),
        _always("created_at", UtcDateTime()),
        sa.Column("erased_at", UtcDateTime()),
    )
    op.create_index("ix_customers_created", "customers", ["created_at", "id"])
    op.create_table(
        "addresses",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), index=True),
        _always("sealed", sa.LargeBinary()),
        _always("created_at", UtcDateTime()),
    )
    op.create_table(
        "staff",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("email_index", sa.LargeBinary(), unique=True),
        _always("name", sa.String(120)),
        _always("scopes", sa.String()),
    )


def _inventory() -> None:
    op.create_table(
        "warehouses",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("code", sa.String(10), unique=True),
        _always("name", sa.String(80)),
        _always("country", sa.String(2)),
    )
    op.create_table(
        "stock_levels",
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("products.id"), primary_key=True),
        sa.Column("warehouse_id", sa.Uuid(), sa.ForeignKey("warehouses.id"), primary_key=True),
        _always("on_hand", sa.BigInteger()),
        _always("reserved", sa.BigInteger()),
        _always("updated_at", UtcDateTime()),
        sa.CheckConstraint("reserved >= 0 AND on_hand >= reserved", name="stock_covers_reservations"),
    )
    op.create_index("ix_stock_levels_warehouse", "stock_levels", ["warehouse_id", "product_id"])
    op.create_table(
        "stock_movements",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("product_id", sa.Uuid(), sa.ForeignKey("products.id")),
        _always("warehouse_id", sa.Uuid(), sa.ForeignKey("warehouses.id")),
        _always("kind", sa.String(16)),
        _always("on_hand_change", sa.BigInteger()),
        _always("reserved_change", sa.BigInteger()),
        sa.Column("order_id", sa.Uuid(), index=True),
        _always("actor_id", sa.Uuid()),
        sa.Column("reason", sa.String(200)),
        _always("at", UtcDateTime()),
    )
    op.create_index("ix_stock_movements_level", "stock_movements", ["product_id", "warehouse_id", "at"])


def _carts() -> None:
    op.create_table(
        "carts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), unique=True),
        _always("updated_at", UtcDateTime()),
    )
    op.create_table(
        "cart_lines",
        sa.Column("cart_id", sa.Uuid(), sa.ForeignKey("carts.id"), primary_key=True),
        sa.Column("product_id", sa.Uuid(), sa.ForeignKey("products.id"), primary_key=True),
        _always("quantity", sa.Integer()),
        _always("added_at", UtcDateTime()),
        sa.CheckConstraint("quantity > 0", name="quantity_positive"),
    )


def _orders() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("number", sa.String(16), unique=True),
        _always("customer_id", sa.Uuid(), sa.ForeignKey("customers.id")),
        _always("status", sa.String(20)),
        _always("currency", sa.String(3)),
        _always("subtotal_minor", sa.BigInteger()),
        _always("tax_minor", sa.BigInteger()),
        _always("total_minor", sa.BigInteger()),
        _always("rate", sa.String(24)),
        _always("country", sa.String(2)),
        sa.Column("sealed_address", sa.LargeBinary()),
        sa.Column("payment_id", sa.String(64)),
        sa.Column("shipment_id", sa.String(64)),
        _always("placed_at", UtcDateTime()),
        _always("updated_at", UtcDateTime()),
    )
    op.create_index("ix_orders_customer", "orders", ["customer_id", "placed_at", "id"])
    op.create_index("ix_orders_placed", "orders", ["placed_at", "id"])
    op.create_table(
        "order_changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("order_id", sa.Uuid(), sa.ForeignKey("orders.id")),
        _always("status", sa.String(20)),
        _always("actor_id", sa.Uuid()),
        sa.Column("note", sa.String(200)),
        _always("at", UtcDateTime()),
    )
    op.create_index("ix_order_changes_order", "order_changes", ["order_id", "at", "id"])


def _order_lines() -> None:
    op.create_table(
        "order_lines",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("order_id", sa.Uuid(), sa.ForeignKey("orders.id")),
        _always("position", sa.Integer()),
        _always("product_id", sa.Uuid(), sa.ForeignKey("products.id"), index=True),
        _always("sku", sa.String(40)),
        _always("name", sa.String(200)),
        _always("currency", sa.String(3)),
        _always("quantity", sa.Integer()),
        _always("refunded_quantity", sa.Integer()),
        _always("unit_price_minor", sa.BigInteger()),
        _always("tax_minor", sa.BigInteger()),
        _always("total_minor", sa.BigInteger()),
        _always("total_base_minor", sa.BigInteger()),
    )
    op.create_index("ix_order_lines_order", "order_lines", ["order_id", "position"])
    op.create_table(
        "allocations",
        sa.Column("order_line_id", sa.Uuid(), sa.ForeignKey("order_lines.id"), primary_key=True),
        sa.Column("warehouse_id", sa.Uuid(), sa.ForeignKey("warehouses.id"), primary_key=True),
        _always("quantity", sa.Integer()),
    )


def _payments() -> None:
    op.create_table(
        "payments",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("order_id", sa.Uuid(), unique=True),
        _always("customer_id", sa.Uuid(), sa.ForeignKey("customers.id"), index=True),
        _always("status", sa.String(16)),
        _always("amount_minor", sa.BigInteger()),
        _always("currency", sa.String(3)),
        _always("refunded_minor", sa.BigInteger()),
        _always("method", sa.String(64)),
        sa.Column("provider_id", sa.String(64), unique=True),
        sa.Column("decline_code", sa.String(64)),
        sa.Column("actor_id", sa.Uuid()),
        _always("created_at", UtcDateTime()),
        _always("updated_at", UtcDateTime()),
        sa.CheckConstraint("refunded_minor BETWEEN 0 AND amount_minor", name="refund_within_payment"),
    )
    op.create_index("ix_payments_open", "payments", ["status", "updated_at"])
    op.create_table(
        "refunds",
        sa.Column("id", sa.Uuid(), primary_key=True),
        _always("order_id", sa.Uuid(), sa.ForeignKey("orders.id"), index=True),
        _always("status", sa.String(16)),
        _always("amount_minor", sa.BigInteger()),
        _always("currency", sa.String(3)),
        _always("lines", JSON),
        _always("restock", sa.Boolean()),
        sa.Column("reason", sa.String(200)),
        _always("actor_id", sa.Uuid()),
        sa.Column("provider_id", sa.String(64), unique=True),
        _always("created_at", UtcDateTime()),
    )
    op.create_index("ix_refunds_open", "refunds", ["status", "created_at"])


def _always(name: str, type: Any, *more: Any, **options: Any) -> sa.Column[Any]:
    """A column that is never null."""
    return sa.Column(name, type, *more, nullable=False, **options)


def _on_postgresql() -> None:
    op.execute(
        """
        ALTER TABLE products ADD COLUMN search tsvector GENERATED ALWAYS AS (
            setweight(to_tsvector('simple', sku || ' ' || name), 'A') || to_tsvector('simple', description)) STORED
        """
    )
    op.execute("CREATE INDEX ix_products_search ON products USING gin (search)")
    op.execute("ALTER TABLE events ALTER COLUMN transaction SET DEFAULT pg_current_xact_id()::text::bigint")


def _on_sqlite() -> None:
    op.execute(
        """
        CREATE VIRTUAL TABLE product_search USING fts5(
            product_id UNINDEXED, sku, name, description, tokenize = 'unicode61 remove_diacritics 2')
        """
    )
    op.execute(
        """
        CREATE TRIGGER products_added AFTER INSERT ON products BEGIN
            INSERT INTO product_search (product_id, sku, name, description)
            VALUES (new.id, new.sku, new.name, new.description);
        END
        """
    )
    op.execute(
        """
        CREATE TRIGGER products_changed AFTER UPDATE OF sku, name, description ON products BEGIN
            UPDATE product_search SET sku = new.sku, name = new.name, description = new.description
            WHERE product_id = new.id;
        END
        """
    )
