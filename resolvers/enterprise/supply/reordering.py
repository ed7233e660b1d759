"""What to order now: what was sold, what there is, and what is on its way, put together."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from datasources.enterprise.stores import Enterprise
from datasources.enterprise.supply.purchases import Place
from resolvers.context import Context
from resolvers.enterprise.records import within
from resolvers.enterprise.supply.rules import Demand, to_order

SAFETY_DAYS = 7
"""What is kept for the day when it comes late, or more is bought: the average of so many days."""
MAX_DAYS = 730
MAX_REVIEW_DAYS = 365

Taken = Callable[[Context, Sequence[UUID], datetime], Awaitable[Mapping[Place, int]]]
"""How many pieces of these products orders took since then, by product and warehouse."""
Available = Callable[[Context, Sequence[UUID]], Awaitable[Mapping[Place, int]]]


@dataclass(frozen=True, slots=True)
class Suggestion:
    product_id: UUID
    warehouse_id: UUID
    supplier_id: UUID
    quantity: int
    sold: int
    available: int
    on_order: int
    total_minor: int
    currency: str


async def suggest(
    context: Context,
    supplier_id: UUID | None,
    warehouse_id: UUID | None,
    days: int,
    review_days: int,
    taken: Taken,
    available: Available,
) -> list[Suggestion]:
    """What to order at the reorder points, each of its supplier: those of which something is missing, the oldest first.

    Four statements, however many there are. Raises: Forbidden, InvalidInput.
    """
    for scope in ("supply:read", "analytics:read", "inventory:read"):
        context.actor.require(scope)
    enterprise = context.of(Enterprise)
    within(days, "days", 1, MAX_DAYS)
    within(review_days, "reviewDays", 0, MAX_REVIEW_DAYS)
    points = await enterprise.suppliers.to_reorder(supplier_id, warehouse_id)
    if not points:
        return []
    products = sorted({point.product_id for point in points})
    sold = await taken(context, products, context.clock() - timedelta(days=days))
    there = await available(context, products)
    coming = await enterprise.purchases.on_order(products)
    suggestions = []
    for point in points:
        place = (point.product_id, point.warehouse_id)
        demand = Demand(sold.get(place, 0), days, there.get(place, 0), coming.get(place, 0))
        safety = -(-demand.sold * SAFETY_DAYS // days)
        quantity = to_order(demand, point.lead_days, review_days, safety, point.minimum_quantity)
        if quantity:
            total = (quantity * point.price_minor, point.currency)
            told = (demand.sold, demand.available, demand.on_order)
            suggestions.append(Suggestion(*place, point.supplier_id, quantity, *told, *total))
    return suggestions
