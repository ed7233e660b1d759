"""What was sent to customers, for those who invoice it."""

import sqlalchemy as sa

from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ORDER_LINES, ORDERS
from datasources.table import Rows

_NEWEST = sa.select(ORDERS.c.id).where(ORDERS.c.status == "shipped").order_by(ORDERS.c.placed_at.desc(), ORDERS.c.id)
_LINES = (
    sa.select(
        ORDERS.c.id,
        ORDERS.c.customer_id,
        ORDERS.c.currency,
        ORDERS.c.placed_at,
        ORDER_LINES.c.position,
        ORDER_LINES.c.product_id,
        ORDER_LINES.c.name,
        ORDER_LINES.c.quantity,
        ORDER_LINES.c.unit_price_minor,
        ORDER_LINES.c.tax_minor,
    )
    .join(ORDER_LINES, ORDER_LINES.c.order_id == ORDERS.c.id)
    .order_by(ORDERS.c.placed_at, ORDERS.c.id, ORDER_LINES.c.position)
)


async def shipped(sources: CommerceSources, most: int) -> Rows:
    """A row for each line of the newest so many orders that were sent, the oldest of them first; amounts in minor units
    of `currency`, `tax_minor` for the whole line. Source: one SELECT.
    """
    return await sources.database.rows(_LINES.where(ORDERS.c.id.in_(_NEWEST.limit(most))))
