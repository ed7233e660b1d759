"""What is sold of what lies where, for those who buy it."""

from datetime import datetime

import sqlalchemy as sa

from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ALLOCATIONS, ORDER_LINES, ORDERS, PRODUCTS
from datasources.table import Rows


async def best_sold(sources: CommerceSources, since: datetime, most: int) -> Rows:
    """Products by the warehouse from which orders placed since then took most `pieces`; so many at most.

    Each with product_id, warehouse_id, sku, and price_minor in the base currency. Source: one SELECT.
    """
    pieces = sa.cast(sa.func.sum(ALLOCATIONS.c.quantity), sa.BigInteger).label("pieces")
    of = (PRODUCTS.c.id.label("product_id"), ALLOCATIONS.c.warehouse_id, PRODUCTS.c.sku, PRODUCTS.c.price_minor)
    sold = (
        sa.select(*of, pieces)
        .select_from(ORDER_LINES)
        .join(ORDERS, ORDERS.c.id == ORDER_LINES.c.order_id)
        .join(ALLOCATIONS, ALLOCATIONS.c.order_line_id == ORDER_LINES.c.id)
        .join(PRODUCTS, PRODUCTS.c.id == ORDER_LINES.c.product_id)
        .where(ORDERS.c.placed_at >= since, ORDERS.c.status != "cancelled", PRODUCTS.c.active.is_(True))
        .group_by(*of)
    )
    return await sources.database.rows(sold.order_by(pieces.desc(), *of[:2]).limit(most))
