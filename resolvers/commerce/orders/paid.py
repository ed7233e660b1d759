"""What the payment service has of orders, for those who compare it with their books."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from datasources.commerce.payments.taken import taken_of, taken_since
from datasources.commerce.stores import Commerce
from datasources.errors import SourceError
from datasources.money import Money
from resolvers.context import Context


async def paid_since(context: Context, since: datetime, limit: int) -> Sequence[UUID]:
    """Orders whose payments changed since then, the newest first. The caller may know them."""
    return await taken_since(context.of(Commerce).sources, since, limit)


async def paid_for(context: Context, order_ids: Sequence[UUID]) -> Mapping[UUID, Money]:
    """What the payment service took for these orders, less what it gave back. The caller may know it.

    Source: one SELECT, one batch of calls. Raises: SourceError.
    """
    commerce = context.of(Commerce)
    rows = await taken_of(commerce.sources, order_ids)
    found = await commerce.payments.by_ids([row.provider_id for row in rows])
    paid: dict[UUID, Money] = {}
    for row in rows:
        payment = found.get(row.provider_id)
        if isinstance(payment, SourceError):
            raise payment
        if payment is not None:
            paid[row.order_id] = Money(payment.captured_minor - payment.refunded_minor, payment.currency)
    return paid
