"""Rates are learned when they change, told with their history, and heard of."""

from typing import Any

from datasources.actor import SYSTEM
from datasources.finance.tables import EVENTS, RATES
from resolvers.finance.rates import learn_rates
from tests.finance.bank import Bank

DAYS = "query ($days: Int!) { rateHistory(currency: USD, days: $days) { day open high low close } }"


async def test_what_changed_is_written_with_its_event_and_nothing_else(bank: Bank) -> None:
    with bank.house.open_context(SYSTEM) as context:
        await learn_rates(context)
        learned = await bank.count(RATES)
        assert learned > 20
        assert await bank.count(EVENTS) == learned
        bank.clock.forward(minutes=1)
        await learn_rates(context)
        assert await bank.count(RATES) == await bank.count(EVENTS) == learned


async def test_days_have_their_first_highest_lowest_and_last(bank: Bank) -> None:
    for usd in ("1.10", "1.30", "1.05", "1.20"):
        await bank.learn(USD=usd, JPY="160")
    bank.clock.forward(days=2)
    await bank.learn(USD="1.5")
    found: Any = (await bank.gateway.data(DAYS, {"days": 30}))["rateHistory"]
    assert found == [
        {"day": "2026-03-02", "open": "1.1", "high": "1.3", "low": "1.05", "close": "1.2"},
        {"day": "2026-03-04", "open": "1.5", "high": "1.5", "low": "1.5", "close": "1.5"},
    ]
    assert bank.gateway.calls.total() == 1
    assert len((await bank.gateway.data(DAYS, {"days": 1}))["rateHistory"]) == 1
    assert await bank.gateway.refused(DAYS, {"days": 0}) == ["INVALID_INPUT"]
