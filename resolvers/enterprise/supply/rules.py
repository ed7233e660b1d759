"""The rules of supply: pure functions on values, with no I/O."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from datasources.enterprise.errors import FourEyes, InvalidMove, OverLimit
from datasources.enterprise.roles import SCOPES, Role
from datasources.enterprise.supply.purchases import PurchaseStatus
from datasources.money import Currency, Money

AUTOMATIC_MINOR = 1_000_00
"""In euros: what a workflow drafts, and no person has to approve."""

MOVES: Mapping[PurchaseStatus, frozenset[PurchaseStatus]] = {
    PurchaseStatus.DRAFT: frozenset({PurchaseStatus.APPROVED, PurchaseStatus.CANCELLED}),
    PurchaseStatus.APPROVED: frozenset({PurchaseStatus.SENT, PurchaseStatus.CANCELLED}),
    PurchaseStatus.SENT: frozenset({PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED}),
    PurchaseStatus.PARTLY_RECEIVED: frozenset(
        {PurchaseStatus.PARTLY_RECEIVED, PurchaseStatus.RECEIVED, PurchaseStatus.CANCELLED}
    ),
    PurchaseStatus.RECEIVED: frozenset(),
    PurchaseStatus.CANCELLED: frozenset(),
}
"""Of an order that is cancelled when some of it has come, the rest is not waited for any more."""


def check_move(before: PurchaseStatus, after: PurchaseStatus) -> None:
    """Raises: InvalidMove."""
    if after not in MOVES[before]:
        raise InvalidMove(f"A purchase order that is {before.name} cannot become {after.name}; read it again.")


def purchase_number(id: UUID) -> str:
    """What people call a purchase order: eight digits of base 32 from the random part of its id, `P-7QK3MZ2X`."""
    return f"P-{base64.b32encode(id.bytes[-5:]).decode()}"


def check_automatic(total: Money) -> None:
    """What workflows may order with nobody's approval, whoever saved them. Raises: OverLimit."""
    if total.currency != Currency.EUR or total.minor > AUTOMATIC_MINOR:
        raise OverLimit


def check_approval(total: Money, drafted_by: UUID, approver: UUID, role: Role, limit_minor: int) -> None:
    """Limits are in euros; what is in another currency is for who sees all approvals. Raises: FourEyes, OverLimit."""
    if approver == drafted_by:
        raise FourEyes
    if total.currency != Currency.EUR and "approvals:all" in SCOPES[role]:
        return
    if total.currency != Currency.EUR or total.minor > limit_minor:
        raise OverLimit


@dataclass(frozen=True, slots=True)
class Demand:
    """Of a product in a warehouse, in pieces: sold in so many `days`, and what is there or on its way."""

    sold: int
    days: int
    available: int
    on_order: int


def to_order(demand: Demand, lead_days: int, review_days: int, safety: int, minimum: int) -> int:
    """How many pieces to order now; 0 where what is there and on its way lasts.

    It has to last until what is ordered at the next review has come, at the average of a day's sales, and then the
    `safety` is still there: sold / days * (lead days + review days), rounded up, + safety - available - on order. If
    that is more than nothing, it is at least the supplier's minimum.
    """
    needed = -(-demand.sold * (lead_days + review_days) // demand.days) + safety
    missing = needed - demand.available - demand.on_order
    return max(missing, minimum) if missing > 0 else 0
