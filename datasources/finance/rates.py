"""Rates as we learned them, with their history: of one euro, as the European Central Bank tells them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.events import EventType
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import RATES
from datasources.rates import ACROSS, REFERENCE
from datasources.sql import Transaction, UtcDateTime, day_of
from datasources.statements import Read, Statement, read
from datasources.table import Rows

NANO = 10**9
_SUBJECTS = UUID("5b0d7c9e-6d4b-5a51-9f0a-2f6f3d1c7a10")


class RateHistory:
    """Rates are told to everybody."""

    def __init__(self, sources: FinanceSources, actor: Actor) -> None:
        self._database = sources.database
        self._clock = sources.clock
        self._events = sources.events(actor)

    async def latest(self) -> Mapping[str, Decimal]:
        """The newest of each currency, for one euro; the euro's own is 1. Source: one SELECT."""
        return _by_currency(await self._database.rows(read(_LATEST)))

    async def at(self, subjects: Sequence[UUID]) -> Mapping[UUID, Any]:
        """The newest rate of the currencies that events call so. Source: one SELECT."""
        rows = await self._database.rows(read(_LATEST))
        wanted = set(subjects)
        return {rate_id(row.currency): row for row in rows if rate_id(row.currency) in wanted}

    async def days(self, currency: str, since: datetime) -> Rows:
        """Open, high, low and close of each UTC day with news, the oldest first. Source: one SELECT."""
        return await self._database.rows(Read(_DAYS, {"currency": currency, "since": since}))

    async def learn(self, transaction: Transaction, day: str, rates: Mapping[str, Decimal]) -> list[str]:
        """Writes those that changed, with their events; which."""
        known = _by_currency(await transaction.rows(_LATEST))
        changed = sorted(code for code, rate in rates.items() if known.get(code) != rate)
        now = self._clock()
        rows = [{"currency": code, "at": now, "day": day, "rate_nano": int(rates[code] * NANO)} for code in changed]
        if rows:
            await transaction.write(sa.insert(RATES), rows)
        for code in changed:
            await self._events.append(transaction, EventType.RATE_CHANGED, rate_id(code), currency=code)
        return changed


def across(rates: Mapping[str, Decimal], currency: str, to_currency: str) -> Decimal | None:
    """How much of `to_currency` is one `currency`, by way of the euro, to 10 digits; None where one is unknown."""
    if currency == to_currency:
        return Decimal(1)
    if currency not in rates or to_currency not in rates:
        return None
    return ACROSS.divide(rates[to_currency], rates[currency])


def rate_id(currency: str) -> UUID:
    """What events call the rate of a currency."""
    return uuid5(_SUBJECTS, currency)


def _by_currency(rows: Rows) -> dict[str, Decimal]:
    return {REFERENCE: Decimal(1), **{row.currency: Decimal(row.rate_nano) / NANO for row in rows}}


def _latest() -> sa.Select[Any]:
    other = RATES.alias("other")
    newest = sa.select(sa.func.max(other.c.at)).where(other.c.currency == RATES.c.currency).scalar_subquery()
    return sa.select(RATES).where(RATES.c.at == newest)


def _days() -> Statement:
    """A row for each day: its last, with what is first, highest and lowest over the whole of it."""
    day = day_of(RATES.c.at)
    whole: dict[str, Any] = {"partition_by": (RATES.c.currency, day), "order_by": RATES.c.at, "rows": (None, None)}
    days = sa.select(
        RATES.c.currency,
        RATES.c.at,
        day.label("day"),
        sa.func.first_value(RATES.c.rate_nano).over(**whole).label("open_nano"),
        sa.func.max(RATES.c.rate_nano).over(**whole).label("high_nano"),
        sa.func.min(RATES.c.rate_nano).over(**whole).label("low_nano"),
        RATES.c.rate_nano.label("close_nano"),
        sa.func.max(RATES.c.at).over(**whole).label("last_at"),
    )
    wanted = (
        RATES.c.currency == sa.bindparam("currency", type_=sa.String),
        RATES.c.at >= sa.bindparam("since", type_=UtcDateTime),
    )
    of_day = days.where(*wanted).subquery("of_day")
    return Statement(sa.select(of_day).where(of_day.c.at == of_day.c.last_at).order_by(of_day.c.at))


_LATEST = _latest()
_DAYS = _days()
