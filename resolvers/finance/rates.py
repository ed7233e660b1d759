"""Rates: learned from the service, and told with their history."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

from datasources.errors import InvalidInput
from datasources.finance.rates import NANO
from datasources.finance.stores import Finance
from datasources.money import Currency
from resolvers.context import Context

MAX_DAYS = 366
EXACT = Decimal(1).scaleb(-9)
"""As far as rates are kept."""


@dataclass(frozen=True, slots=True)
class RateDay:
    """How much of the currency one euro was on a day: at first, at most, at least, at last."""

    day: str
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal


async def learn_rates(context: Context) -> None:
    """Asks the service for its newest rates, and writes those that changed. May run anywhere, several times at once.

    Raises: SourceError.
    """
    finance = context.of(Finance)
    newest = await finance.sources.rates.rates()
    told = newest.by_currency
    known = {code.value: told[code].quantize(EXACT) for code in Currency if code in told}
    before = await finance.rates.latest()
    if all(before.get(code) == rate for code, rate in known.items()):
        return
    async with finance.sources.database.transaction() as transaction:
        changed = await finance.rates.learn(transaction, newest.date.isoformat(), known)
        await finance.audit.note(transaction, "learnRates", newest.date.isoformat(), currencies=changed)


async def rate_days(context: Context, currency: Currency, days: int) -> list[Any]:
    """The last `days` days on which there was news of this currency's rate, the oldest first. Raises: InvalidInput."""
    if not 1 <= days <= MAX_DAYS:
        raise InvalidInput("days", f"Ask for 1 to {MAX_DAYS} days.")
    since = context.clock() - timedelta(days=days)
    rows = await context.of(Finance).rates.days(currency, since)
    columns = ("open_nano", "high_nano", "low_nano", "close_nano")
    return [RateDay(row.day, *(Decimal(getattr(row, name)) / NANO for name in columns)) for row in rows]
