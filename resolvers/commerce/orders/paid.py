"""What the payment service has of orders, for those who compare it with their books."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from datasources.commerce.payments import ProviderPayment
from datasources.commerce.payments.taken import taken_of
from datasources.commerce.stores import Commerce
from datasources.errors import SourceError
from datasources.money import Money
from resolvers.context import Context

MOST_LISTED = 2_000
"""Twenty calls, which a usual operation has the time for."""
MOST_ALONE = 100
"""Payments that are asked for one by one."""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment that was taken, less what was given back. `id` is what the service calls it; `order_id` is None where
    it is of no order.
    """

    id: str
    order_id: UUID | None
    money: Money


async def paid_since(context: Context, since: datetime) -> tuple[list[Paid], bool]:
    """What the payment service took or gave back since then, whoever asked for it; and whether this is all of it.

    The caller may know it. Source: payments, a call for each hundred, and one for each that is given back later than a
    week after it was made. Raises: SourceError.
    """
    commerce = context.of(Commerce)
    made = await commerce.payments.provider.made_since(since, MOST_LISTED + 1)
    refunded = await commerce.payments.provider.refunded_since(since, MOST_LISTED + 1)
    listed = {payment.id for payment in made}
    older = [id for id in refunded if id not in listed]
    every = [*made[:MOST_LISTED], *await _each(commerce, older[:MOST_ALONE])]
    complete = max(len(made), len(refunded)) <= MOST_LISTED and len(older) <= MOST_ALONE
    return _taken(every), complete


async def paid_for(context: Context, order_ids: Sequence[UUID]) -> list[Paid]:
    """What the payment service took for these orders, each asked for by itself. The caller may know it.

    Source: one SELECT, one batch of calls. Raises: SourceError.
    """
    commerce = context.of(Commerce)
    rows = await taken_of(commerce.sources, order_ids)
    return _taken(await _each(commerce, [row.provider_id for row in rows]))


async def _each(commerce: Commerce, ids: Sequence[str]) -> list[ProviderPayment]:
    found = list((await commerce.payments.by_ids(ids)).values()) if ids else []
    for one in found:
        if isinstance(one, SourceError):
            raise one
    return [one for one in found if isinstance(one, ProviderPayment)]


def _taken(payments: Sequence[ProviderPayment]) -> list[Paid]:
    return [
        Paid(one.id, one.order_id, Money(one.captured_minor - one.refunded_minor, one.currency))
        for one in payments
        if one.captured_minor
    ]
