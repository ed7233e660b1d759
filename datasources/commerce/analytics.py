"""What was sold, summed up by the database over orders and their lines.

What counts: orders that were not cancelled, by the UTC day on which they were placed, whenever they were paid. Revenue
is with tax, in the base currency at the order's own rate. Refunded pieces are taken off the day of their order, in
proportion: of a line of 3 with 1 refunded, a third of its total, rounded down to the cent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.catalogue import with_descendants
from datasources.commerce.orders import OrderStatus
from datasources.commerce.policies import counted_orders
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ALLOCATIONS, CATEGORIES, ORDER_LINES, ORDERS, PRODUCTS
from datasources.sql import day_of, month_of
from datasources.statements import among, at_least, read
from datasources.table import Rows


class RevenueBy(StrEnum):
    DAY = "day"
    MONTH = "month"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Days:
    """From the first to the last, both included."""

    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Revenue:
    """Of a `period`, `2026-03-01` or `2026-03`, or of a category. `units` are pieces kept, not refunded."""

    orders: int = 0
    units: int = 0
    revenue_minor: int = 0
    period: str | None = None
    category_id: UUID | None = None


class Analytics:
    """For staff with `analytics:read`; for others, nothing was ever sold."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._actor = actor

    async def revenue_by_period(self, by: RevenueBy, days: Days) -> Sequence[Revenue]:
        """By day or by month, the oldest first; periods without orders are left out. Source: one SELECT."""
        sold = self._sold(days)
        period = (day_of if by is RevenueBy.DAY else month_of)(sold.c.placed_at).label("period")
        found = await self._database.rows(sa.select(period, *_sums(sold)).group_by(period).order_by(period))
        return [Revenue(**row._asdict()) for row in found]

    async def revenue_by_category(self, days: Days) -> Sequence[Revenue]:
        """Of every category at the top with all below it, the highest revenue first. Source: one SELECT.

        An order with products of two categories counts as one order in each.
        """
        sold, tops = self._sold(days), _tops()
        joined = tops.outerjoin(PRODUCTS, PRODUCTS.c.category_id == tops.c.id)
        joined = joined.outerjoin(sold, sold.c.product_id == PRODUCTS.c.id)
        sums = _sums(sold)
        category = tops.c.top_id.label("category_id")
        select = sa.select(category, *sums).select_from(joined).group_by(category)
        found = await self._database.rows(select.order_by(sums[-1].desc(), category))
        return [Revenue(**row._asdict()) for row in found]

    async def best_sellers(self, days: Days, first: int, category_id: UUID | None) -> Rows:
        """The products of which most pieces were sold and kept, each as product_id, orders, units, revenue_minor.

        With a category, only its own and those of the categories below. Equal in units: the higher revenue first.
        Source: one SELECT.
        """
        sold = self._sold(days)
        orders, units, revenue = _sums(sold)
        select = sa.select(sold.c.product_id, orders, units, revenue).group_by(sold.c.product_id)
        if category_id is not None:
            within = sa.select(PRODUCTS.c.id).where(PRODUCTS.c.category_id.in_(with_descendants(category_id)))
            select = select.where(sold.c.product_id.in_(within))
        best = select.having(units.element > 0).order_by(units.desc(), revenue.desc(), sold.c.product_id)
        return await self._database.rows(best.limit(first))

    async def taken_from_warehouses(
        self, product_ids: Sequence[UUID], since: datetime
    ) -> Mapping[tuple[UUID, UUID], int]:
        """Pieces that orders placed since then took, by product and warehouse, whatever came back.

        Source: one SELECT.
        """
        asked = (among(ORDER_LINES.c.product_id, product_ids), at_least(ORDERS.c.placed_at, since))
        rows = await self._database.rows(read(_TAKEN, *asked, counted_orders(self._actor)))
        return {(row.product_id, row.warehouse_id): row.pieces for row in rows}

    def _sold(self, days: Days) -> sa.Subquery:
        """The lines that count, each with the units and the revenue that refunds have left of it."""
        first, last = (datetime.combine(day, at, UTC) for day, at in ((days.first, time.min), (days.last, time.max)))
        back = ORDER_LINES.c.total_base_minor * ORDER_LINES.c.refunded_quantity // ORDER_LINES.c.quantity
        lines = sa.select(
            ORDERS.c.id.label("order_id"),
            ORDERS.c.placed_at,
            ORDER_LINES.c.product_id,
            (ORDER_LINES.c.quantity - ORDER_LINES.c.refunded_quantity).label("units"),
            (ORDER_LINES.c.total_base_minor - back).label("revenue_minor"),
        ).join(ORDER_LINES, ORDER_LINES.c.order_id == ORDERS.c.id)
        counts = ORDERS.c.placed_at.between(first, last) & (ORDERS.c.status != OrderStatus.CANCELLED)
        return lines.where(counts, counted_orders(self._actor).predicate).subquery("sold")


def _sums(sold: sa.Subquery) -> Sequence[sa.Label[int]]:
    """Orders, units and revenue; 0 where there is nothing to sum up."""

    def total(column: sa.ColumnElement[Any]) -> sa.Label[int]:
        # PostgreSQL sums big integers into decimals.
        return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger).label(str(column.key))

    orders = sa.func.count(sold.c.order_id.distinct()).label("orders")
    return orders, total(sold.c.units), total(sold.c.revenue_minor)


def _tops() -> sa.CTE:
    """Every category, with the one at the top of its branch."""
    top = sa.select(CATEGORIES.c.id, CATEGORIES.c.id.label("top_id")).where(CATEGORIES.c.parent_id.is_(None))
    tops = top.cte("tops", recursive=True)
    below = sa.select(CATEGORIES.c.id, tops.c.top_id).join(tops, CATEGORIES.c.parent_id == tops.c.id)
    return tops.union_all(below)


_TAKEN = (
    sa.select(
        ORDER_LINES.c.product_id,
        ALLOCATIONS.c.warehouse_id,
        sa.cast(sa.func.sum(ALLOCATIONS.c.quantity), sa.BigInteger).label("pieces"),
    )
    .select_from(ORDER_LINES)
    .join(ORDERS, ORDERS.c.id == ORDER_LINES.c.order_id)
    .join(ALLOCATIONS, ALLOCATIONS.c.order_line_id == ORDER_LINES.c.id)
    .where(ORDERS.c.status != OrderStatus.CANCELLED)
    .group_by(ORDER_LINES.c.product_id, ALLOCATIONS.c.warehouse_id)
)
