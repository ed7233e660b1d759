"""Revenue and best sellers, for staff."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from datasources.commerce.analytics import Days, Revenue, RevenueBy
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.pages import PageArguments
from resolvers.context import Context

MAX_DAYS = 1_096
"""Three years."""


async def revenue(context: Context, by: RevenueBy, first: date, last: date) -> Any:
    """By period, the oldest first, or by category at the top, the highest first; where nothing was sold, zeros.

    Raises: Forbidden, InvalidInput.
    """
    context.actor.require("analytics:read")
    days, analytics = _days(first, last), context.of(Commerce).analytics
    if by is RevenueBy.CATEGORY:
        return await analytics.revenue_by_category(days)
    return without_gaps(await analytics.revenue_by_period(by, days), by, days)


async def best_sellers(context: Context, first_day: date, last_day: date, first: int, category_id: UUID | None) -> Any:
    """The products of which most pieces were sold and not refunded. Raises: Forbidden, InvalidInput."""
    context.actor.require("analytics:read")
    days, asked = _days(first_day, last_day), PageArguments(first)
    return await context.of(Commerce).analytics.best_sellers(days, asked.first, category_id)


def without_gaps(found: Sequence[Revenue], by: RevenueBy, days: Days) -> list[Revenue]:
    """A row for every period, so that a chart needs no filling in."""
    rows = {row.period: row for row in found}
    return [rows.get(period, Revenue(period=period)) for period in _periods(by, days)]


def _periods(by: RevenueBy, days: Days) -> Iterator[str]:
    every_day = (days.first + timedelta(days=n) for n in range((days.last - days.first).days + 1))
    if by is RevenueBy.DAY:
        return (day.isoformat() for day in every_day)
    return iter(dict.fromkeys(day.isoformat()[:7] for day in every_day))


def _days(first: date, last: date) -> Days:
    if first > last:
        raise InvalidInput("from", f"`from` is {first}, after `to`, which is {last}; swap them.")
    if (last - first).days >= MAX_DAYS:
        raise InvalidInput("from", f"Ask for three years ({MAX_DAYS} days) at most at a time.")
    return Days(first, last)
