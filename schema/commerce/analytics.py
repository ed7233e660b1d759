"""What was sold, for staff."""

from datetime import date
from typing import Annotated

import strawberry

from datasources.commerce.analytics import RevenueBy
from datasources.commerce.tables import BASE_CURRENCY
from datasources.money import Money as MoneyValue
from loaders.commerce import CommerceLoaders
from resolvers.commerce import analytics
from schema import access
from schema.access import scope
from schema.commerce.catalogue import Product, ProductCategory
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge
from schema.money import Money
from schema.node import uuid_of

ANALYTICS = scope("analytics:read")
FirstDay = Annotated[date, strawberry.argument(name="from", description="The first day, in UTC.")]
LastDay = Annotated[date, strawberry.argument(name="to", description="The last day, included; three years at most.")]

told(RevenueBy, "What revenue is summed up by; categories are those at the top.", name="SalesRevenueBy")


def _base_money(minor: int) -> MoneyValue:
    return MoneyValue(minor, BASE_CURRENCY)


@strawberry.type(description="What was sold in a period, or of a category and all below it.", directives=[ANALYTICS])
class SalesRevenue:
    period: str | None = strawberry.field(description="A day as 2026-03-01, or a month as 2026-03; null by category.")
    category: ProductCategory | None = edge(
        CommerceLoaders.category_by_id, key="category_id", description="Null by day and by month."
    )
    orders: int = strawberry.field(
        description="Orders not cancelled; one with products of two categories counts in both."
    )
    units: int = strawberry.field(description="Pieces sold, without those refunded.")
    revenue: Money = computed(
        _base_money,
        "revenue_minor",
        description=f"With tax, in {BASE_CURRENCY} at the rate of each order; without what was refunded.",
    )


@strawberry.type(description="A product and how much of it was sold.", directives=[ANALYTICS])
class BestSeller:
    product: Product = edge(CommerceLoaders.product_by_id, key="product_id")
    orders: int = strawberry.field(description="Orders with it, not cancelled.")
    units: int = strawberry.field(description="Pieces sold, without those refunded.")
    revenue: Money = computed(
        _base_money, "revenue_minor", description=f"With tax, in {BASE_CURRENCY}; without what was refunded."
    )


@strawberry.type
class AnalyticsQuery:
    @access.field(
        ANALYTICS,
        "Revenue of the orders placed in these days: a row for each day or month, the oldest first, or for each"
        " category at the top, the highest first. Where nothing was sold, the row has zeros.",
        Cost(weight=500, size=100),
    )
    async def sales_revenue(
        self, info: strawberry.Info, by: RevenueBy, first_day: FirstDay, last_day: LastDay
    ) -> list[SalesRevenue] | None:
        return await analytics.revenue(info.context, by, first_day, last_day)

    @access.field(
        ANALYTICS,
        "The products that sold most in these days, by pieces not refunded, 100 at most;"
        " with a category, those in it or below it.",
        Cost(weight=500),
    )
    async def best_sellers(
        self,
        info: strawberry.Info,
        first_day: FirstDay,
        last_day: LastDay,
        first: int = 20,
        category_id: strawberry.ID | None = None,
    ) -> list[BestSeller] | None:
        within = None if category_id is None else uuid_of(category_id, "ProductCategory", "categoryId")
        return await analytics.best_sellers(info.context, first_day, last_day, first, within)
