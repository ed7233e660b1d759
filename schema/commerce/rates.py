"""Exchange rates."""

import datetime
from collections.abc import Mapping
from decimal import Decimal

import strawberry

from datasources.money import Currency
from resolvers.commerce import rates
from schema import access
from schema.access import PUBLIC
from schema.cost import Cost
from schema.fields import computed


@strawberry.type(description="What one currency is worth in another.", directives=[PUBLIC])
class ExchangeRate:
    currency: Currency
    rate: Decimal = strawberry.field(description="How much of the currency is one of the base.")


def _rates(by_currency: Mapping[str, Decimal]) -> list[ExchangeRate]:
    return [ExchangeRate(currency=code, rate=by_currency[code]) for code in Currency if code in by_currency]


@strawberry.type(description="The reference rates of a business day.", directives=[PUBLIC])
class ExchangeRates:
    date: datetime.date
    base: Currency
    rates: list[ExchangeRate] = computed(
        _rates, "by_currency", cost=Cost(size=30), description="Of all other currencies, by their code."
    )


@strawberry.type
class RatesQuery:
    @access.field(PUBLIC, "The newest exchange rates; null while the service does not answer.", Cost(weight=50))
    async def exchange_rates(self, info: strawberry.Info, base: Currency = Currency.EUR) -> ExchangeRates | None:
        return await rates.exchange_rates(info.context, base.value)
