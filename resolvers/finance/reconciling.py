"""What the payment service says is compared with the books, order by order."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from datasources.errors import InvalidInput
from datasources.finance.stores import Finance
from datasources.money import Money
from resolvers.context import Context

MAX_DAYS = 90
MOST = 100
"""Orders that one comparison asks the payment service for; it has no batches."""

PaidSince = Callable[[Context, datetime, int], Awaitable[Sequence[UUID]]]
PaidFor = Callable[[Context, Sequence[UUID]], Awaitable[Mapping[UUID, Money]]]


@dataclass(frozen=True, slots=True)
class Difference:
    """What was taken for an order, less what was given back: None where one side knows nothing of it."""

    order_id: UUID
    at_provider: Money | None
    booked: Money | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`complete` is False where there were more than MOST orders: the newest were compared."""

    compared: int
    complete: bool
    differences: Sequence[Difference]


async def reconcile(context: Context, days: int, paid_since: PaidSince, paid_for: PaidFor) -> Reconciliation:
    """Compares the orders of the last days, those that either side knows.

    Raises: Forbidden, InvalidInput, SourceError.
    """
    context.actor.require("books:read")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput("days", f"Compare 1 to {MAX_DAYS} days.")
    since = context.clock() - timedelta(days=days)
    books = context.of(Finance).books
    known = dict.fromkeys([*await paid_since(context, since, MOST + 1), *await books.orders_since(since, MOST + 1)])
    orders = list(known)[:MOST]
    paid, booked = await paid_for(context, orders), await books.cleared_of(orders)
    return Reconciliation(len(orders), len(known) <= MOST, differences(orders, paid, booked))


def differences(orders: Sequence[UUID], paid: Mapping[UUID, Money], booked: Mapping[UUID, Money]) -> list[Difference]:
    """Of all these orders, those of which the two say another thing."""
    return [Difference(id, paid.get(id), booked.get(id)) for id in orders if paid.get(id) != booked.get(id)]
