"""The rules of orders: pure functions on values, with no I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from datasources.actor import SYSTEM
from datasources.commerce.errors import InvalidMove
from datasources.commerce.orders import OrderStatus
from datasources.errors import InvalidInput

MOVES: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PLACED: frozenset({OrderStatus.SHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}),
    OrderStatus.PARTIALLY_REFUNDED: frozenset({OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED}),
    OrderStatus.CANCELLED: frozenset(),
    OrderStatus.REFUNDED: frozenset(),
}
"""Where an order may go from each status."""


class ChangedBy(StrEnum):
    CUSTOMER = "customer"
    STAFF = "staff"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Refundable:
    """A line of an order, as far as refunds go: `total_minor` is for all of `quantity`."""

    id: UUID
    quantity: int
    refunded: int
    total_minor: int


_DIGITS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O and U, which people misread."""


def order_number(id: UUID) -> str:
    """What people call an order: ten digits of base 32 from the random part of its id, `7QK3M-0ZT9X`."""
    digits = [_DIGITS[id.int >> 5 * place & 31] for place in range(10)]
    return "".join(digits[:5]) + "-" + "".join(digits[5:])


def changed_by(actor_id: UUID, customer_id: UUID) -> ChangedBy:
    """Who an actor is to the order of this customer."""
    if actor_id == customer_id:
        return ChangedBy.CUSTOMER
    return ChangedBy.SYSTEM if actor_id == SYSTEM.id else ChangedBy.STAFF


def must_move(status: OrderStatus, wanted: OrderStatus) -> None:
    """Raises: InvalidMove."""
    if wanted not in MOVES[status]:
        raise InvalidMove(status, wanted)


def all_that_is_left(lines: Sequence[Refundable]) -> dict[UUID, int]:
    """Quantities by line."""
    return {line.id: line.quantity - line.refunded for line in lines if line.refunded < line.quantity}


def refund_amount(lines: Sequence[Refundable], wanted: Mapping[UUID, int], left_minor: int) -> int:
    """What giving back `wanted` (quantities by line) of `lines` (all of the order) is worth, in minor units.

    A line's units share its total: the first n are worth n/quantity of it, rounded down, so that in the end nothing is
    missing. Who gives back the last of everything gets `left_minor`, all that is left of the payment; nobody more.
    Raises: InvalidInput for what is not of the order, not positive, or more than is left.
    """
    found = {line.id: line for line in lines}
    if not wanted:
        raise InvalidInput("lines", "There is nothing to refund; name at least one line.")
    for id, quantity in wanted.items():
        if id not in found:
            raise InvalidInput("lines", "This line is not of this order; pass ids of its `lines`.")
        left = found[id].quantity - found[id].refunded
        if not 1 <= quantity <= left:
            raise InvalidInput("lines", f"Of this line 1 to {left} can be refunded, not {quantity}.")
    worth = sum(_worth(found[id], quantity) for id, quantity in wanted.items())
    amount_minor = left_minor if wanted == all_that_is_left(lines) else min(left_minor, worth)
    if not amount_minor:
        raise InvalidInput("lines", "There is no money to give back for this.")
    return amount_minor


def status_after_refund(lines: Sequence[Refundable]) -> OrderStatus:
    """What the order is once these lines are refunded as they say."""
    return OrderStatus.PARTIALLY_REFUNDED if all_that_is_left(lines) else OrderStatus.REFUNDED


def _worth(line: Refundable, quantity: int) -> int:
    after = line.refunded + quantity
    return line.total_minor * after // line.quantity - line.total_minor * line.refunded // line.quantity
