"""Exchange rates: exact, asked once a day, and never taken from a service that lies."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from datasources.errors import SourceUnavailable
from datasources.money import Money
from datasources.rates import ExchangeRates, Rates
from datasources.rest import RestService
from tests.rest.conftest import Clock
from tests.rest.outside import Outside, http, json

GOOD = {"amount": 1.0, "base": "EUR", "date": "2026-02-27", "rates": {"GBP": 0.85263, "IDR": 16932.43, "USD": 1.0883}}


def saying(**changes: Any) -> bytes:
    return json(GOOD | changes)


@pytest.fixture
def rates(shop: RestService) -> ExchangeRates:
    return ExchangeRates(shop)


async def test_rates_are_exact_and_cost_one_call_a_day(outside: Outside, rates: ExchangeRates, clock: Clock) -> None:
    outside.says(saying(), saying(rates={"USD": 1.1}))
    by_currency = {"GBP": Decimal("0.85263"), "IDR": Decimal("16932.43"), "USD": Decimal("1.0883")}
    assert await rates.rates() == Rates(date(2026, 2, 27), "EUR", by_currency)
    assert await rates.rate("USD", "GBP") == Decimal("0.7834512542")
    assert await rates.rate("GBP", "EUR") == Decimal("1.172841678")
    clock.now += 86_399
    assert await rates.rate("EUR", "USD") == Decimal("1.0883")
    assert outside.targets == ["/v1/latest?base=EUR"]
    clock.now += 2
    assert await rates.rate("EUR", "USD") == Decimal("1.1")
    assert len(outside.asked) == 2


async def test_many_amounts_cost_one_call_and_their_own_currency_none(outside: Outside, rates: ExchangeRates) -> None:
    outside.says(saying())
    amounts = [(1234, "EUR"), (999, "EUR")]
    assert await rates.converted(amounts, currency="EUR") == {key: Money(*key) for key in amounts}
    assert outside.asked == []
    dollars, pounds = await asyncio.gather(*(rates.converted(amounts, currency=one) for one in ("USD", "GBP")))
    assert dollars == {(1234, "EUR"): Money(1343, "USD"), (999, "EUR"): Money(1087, "USD")}
    assert pounds == {(1234, "EUR"): Money(1052, "GBP"), (999, "EUR"): Money(852, "GBP")}
    assert len(outside.asked) == 1


@pytest.mark.parametrize("base", ["EUR", "CHF"])
async def test_a_currency_without_a_rate_is_missing_alone(outside: Outside, rates: ExchangeRates, base: str) -> None:
    outside.says(saying())
    with pytest.raises(SourceUnavailable) as missing:
        await rates.rate(base, "CHF" if base == "EUR" else "USD")
    assert missing.value.extensions == {"code": "SOURCE_UNAVAILABLE", "service": "shop"}
    assert await rates.rate("EUR", "USD") == Decimal("1.0883")


@pytest.mark.parametrize(
    "lie",
    [
        saying(rates={"USD": 0}),
        saying(rates={"USD": -1.08}),
        saying(rates={"USD": 1e9}),
        saying(rates={"USD": 1e-9}),
        saying(rates={"USD": None}),
        saying(rates={"USD": True}),
        saying(rates={"USD": [1.08]}),
        saying(rates=[1.08]),
        saying(base="USD"),
        saying(amount=100),
        saying(date="soon"),
        json([]),
        http(200, b'{"amount":1,"base":"EUR","date":"2026-02-27","rates":{"USD":NaN}}'),
        http(200, b'{"amount":1,"base":"EUR","date":"2026-02-27","rates":{"USD":1e999}}'),
    ],
)
async def test_a_lie_is_neither_used_nor_kept(outside: Outside, rates: ExchangeRates, lie: bytes) -> None:
    outside.says(lie, saying())
    with pytest.raises(SourceUnavailable):
        await rates.rate("EUR", "USD")
    assert await rates.rate("EUR", "USD") == Decimal("1.0883")
