"""Rates with their history, as this house learned them."""

from decimal import Decimal
from typing import Any

import strawberry

from datasources.finance.rates import NANO
from datasources.money import Currency
from resolvers.finance import rates
from schema import access
from schema.access import PUBLIC
from schema.cost import Cost
from schema.fields import computed


@strawberry.type(description="How much of a currency one euro was on a day (UTC).", directives=[PUBLIC])
class RateDay:
    day: str = strawberry.field(description="As 2026-03-01; days without news are left out.")
    open: Decimal = strawberry.field(description="The first of the day.")
    high: Decimal
    low: Decimal
    close: Decimal = strawberry.field(description="The last of the day.")


@strawberry.type(description="How much of a currency one euro is.", directives=[PUBLIC])
class EuroRate:
    currency: Currency = computed(Currency, "currency")
    rate: Decimal = computed(lambda nano: Decimal(nano) / NANO, "rate_nano")
    day: str = strawberry.field(description="The bank's day.")


@strawberry.type
class RateHistoryQuery:
    @access.field(
        PUBLIC,
        "What one euro was in a currency: first, highest, lowest and last of each of the last `days` days with news.",
        Cost(weight=50, size=30),
    )
    async def rate_history(self, info: strawberry.Info, currency: Currency, days: int = 30) -> list[RateDay] | None:
        found: Any = await rates.rate_days(info.context, currency, days)
        return found
