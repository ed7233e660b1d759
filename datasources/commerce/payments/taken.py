"""What customers paid for orders that were sent, for those who book it."""

from collections.abc import Sequence
from uuid import UUID

import sqlalchemy as sa

from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ORDERS, PAYMENTS
from datasources.statements import among
from datasources.table import Rows

_TAKEN = (
    sa.select(
        PAYMENTS.c.order_id,
        PAYMENTS.c.provider_id,
        PAYMENTS.c.currency,
        PAYMENTS.c.amount_minor,
        PAYMENTS.c.refunded_minor,
        PAYMENTS.c.updated_at,
        ORDERS.c.tax_minor,
    )
    .join(ORDERS, ORDERS.c.id == PAYMENTS.c.order_id)
    .where(PAYMENTS.c.status == "captured")
)


async def taken(sources: CommerceSources) -> Rows:
    """All of it, the oldest first: amounts in minor units, `refunded_minor` of them given back. Source: one SELECT."""
    return await sources.database.rows(_TAKEN.order_by(PAYMENTS.c.updated_at, PAYMENTS.c.id))


async def taken_of(sources: CommerceSources, order_ids: Sequence[UUID]) -> Rows:
    """Of these orders, in no order. Source: one SELECT."""
    theirs = among(PAYMENTS.c.order_id, order_ids)
    return await sources.database.rows(_TAKEN.where(theirs.predicate).params(theirs.values))
