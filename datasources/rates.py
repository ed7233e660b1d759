"""Exchange rates from a service that speaks Frankfurter's API: the reference rates of the European Central Bank."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Context, Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from datasources.errors import SourceUnavailable
from datasources.money import Money
from datasources.rest import RestService

REFERENCE = "EUR"
DAY_S = 86_400
ACROSS = Context(prec=10)

Rate = Annotated[Decimal, Field(gt=Decimal("1e-6"), lt=Decimal("1e6"))]
"""Anything else is no rate of this world: the service lies, and its answer is neither used nor kept."""


class _Latest(BaseModel):
    model_config = ConfigDict(frozen=True)

    amount: Annotated[Decimal, Field(ge=1, le=1)]
    base: Literal["EUR"]
    date: date
    rates: dict[str, Rate]


@dataclass(frozen=True, slots=True)
class Rates:
    """A business day's rates: how much of each currency is one `base`."""

    date: date
    base: str
    by_currency: Mapping[str, Decimal]


class ExchangeRates:
    """One call a day fetches every currency; what is not the euro's rate is told by way of the euro."""

    def __init__(self, service: RestService) -> None:
        self.service = service

    async def rates(self, base: str = REFERENCE) -> Rates:
        """The newest rates: for the euro as they were published, for another base to 10 digits.

        Source: one call a day. Raises: SourceUnavailable, where there is no rate of `base` too; SourceTimeout.
        """
        latest = await self.service.get("/v1/latest", params={"base": REFERENCE}, answer=_Latest, cache_s=DAY_S)
        if base == REFERENCE:
            return Rates(latest.date, base, latest.rates)
        one = self._of(latest.rates, base)
        others = {REFERENCE: Decimal(1), **latest.rates}
        across = {currency: ACROSS.divide(rate, one) for currency, rate in others.items() if currency != base}
        return Rates(latest.date, base, across)

    async def rate(self, base: str, currency: str) -> Decimal:
        """How much of `currency` is one `base`: 1 where they are the same, without a call. Raises: as `rates`."""
        return Decimal(1) if base == currency else self._of((await self.rates(base)).by_currency, currency)

    async def converted(self, amounts: Sequence[tuple[int, str]], *, currency: str) -> Mapping[tuple[int, str], Money]:
        """Each amount, of minor units and their currency, in `currency`. Raises: as `rates`."""
        rates = {base: await self.rate(base, currency) for base in {base for _, base in amounts}}
        return {(minor, base): Money(minor, base).converted(rates[base], currency) for minor, base in amounts}

    def _of(self, rates: Mapping[str, Decimal], currency: str) -> Decimal:
        if currency not in rates:
            raise SourceUnavailable(self.service.name, f"there is no rate of {currency}")
        return rates[currency]
