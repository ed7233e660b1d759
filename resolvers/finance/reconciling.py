"""What the payment service took is compared with the books, from both sides."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from datasources.errors import InvalidInput
from datasources.finance.stores import Finance
from datasources.money import Money
from resolvers.context import Context

MAX_DAYS = 90
MOST_BOOKED = 5_000
MOST_ALONE = 100
"""Orders of which the service is asked one by one."""


class Paid(Protocol):
    """A payment that was taken, less what was given back; `order_id` is None where it is of no order."""

    @property
    def id(self) -> str: ...
    @property
    def order_id(self) -> UUID | None: ...
    @property
    def money(self) -> Money: ...


PaidSince = Callable[[Context, datetime], Awaitable[tuple[Sequence[Paid], bool]]]
"""All that was taken or given back since then, and whether this is all."""
PaidFor = Callable[[Context, Sequence[UUID]], Awaitable[Sequence[Paid]]]
"""What was taken for each of these orders."""
Key = tuple[UUID | str, str]
"""An order's id, or that of a payment of none, and the currency."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What was taken in a currency for an order, or as a payment of none, less what was given back: None where one side
    knows nothing of it.
    """

    order_id: UUID | None
    payments: Sequence[str]
    at_provider: Money | None
    booked: Money | None


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """`compared` counts orders, and payments of none. `complete` is False where there were more than were asked for:
    the newest were compared.
    """

    compared: int
    complete: bool
    differences: Sequence[Difference]


async def reconcile(context: Context, days: int, paid_since: PaidSince, paid_for: PaidFor) -> Reconciliation:
    """Compares what was taken, given back or booked in the last days.

    Raises: Forbidden, InvalidInput, SourceError.
    """
    context.actor.require("books:read")
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput("days", f"Compare 1 to {MAX_DAYS} days.")
    since = context.clock() - timedelta(days=days)
    books = context.of(Finance).books
    paid, all_listed = await paid_since(context, since)
    listed = {one.order_id for one in paid}
    booked = await books.orders_since(since, MOST_BOOKED + 1)
    # Booked now and taken long ago, or never; or under way, and taken since the list was read.
    unlisted = [id for id in booked[:MOST_BOOKED] if id not in listed]
    alone = unlisted[:MOST_ALONE]
    every = {one.id: one for one in (*paid, *(await paid_for(context, alone) if alone else ()))}.values()
    orders = {one.order_id for one in every if one.order_id} | {*alone}
    compared = len(orders) + sum(one.order_id is None for one in every)
    complete = all_listed and len(booked) <= MOST_BOOKED and alone == unlisted
    return Reconciliation(compared, complete, differences(every, await books.cleared_of([*orders])))


def differences(paid: Iterable[Paid], booked: Mapping[UUID, Sequence[Money]]) -> list[Difference]:
    """Where the two say another thing; twice taken is twice as much as was booked."""
    sums: defaultdict[Key, int] = defaultdict(int)
    payments: defaultdict[UUID | str, list[str]] = defaultdict(list)
    for one in paid:
        sums[one.order_id or one.id, one.money.currency] += one.money.minor
        payments[one.order_id or one.id].append(one.id)
    taken: dict[Key, Money] = {key: Money(minor, key[1]) for key, minor in sums.items()}
    ours: dict[Key, Money] = {(id, money.currency): money for id, each in booked.items() for money in each}
    return [
        Difference(key[0] if isinstance(key[0], UUID) else None, payments[key[0]], taken.get(key), ours.get(key))
        for key in dict.fromkeys([*taken, *ours])
        if taken.get(key) != ours.get(key)
    ]
