"""Amounts as clients write them: exactly so many minor units, or refused in words."""

import pytest

from datasources.errors import InvalidInput
from datasources.money import MAX_MINOR, Money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("12.34", "EUR", 1234),
        ("-0.01", "EUR", -1),
        ("1e1", "EUR", 1000),
        ("12.3400000000000000000000000000000000000000", "EUR", 1234),
        ("1234", "JPY", 1234),
        ("10000000000000", "EUR", MAX_MINOR),
    ],
)
def test_an_amount_is_read_exactly(amount: str, currency: str, minor: int) -> None:
    assert Money.parse(amount, currency) == Money(minor, currency)


@pytest.mark.parametrize("amount", ["x", "", "sNaN", "1e9999999999999999999"])
def test_what_is_no_number_is_refused(amount: str) -> None:
    assert refused(amount) == f"'{amount[:20]}' is not an amount; write it like 12.34."


@pytest.mark.parametrize(
    "amount", ["10000000000000.01", "1e999999", "-1e999999999999999999", "NaN", "-Infinity", "9" * 5000]
)
def test_what_is_beyond_us_is_refused(amount: str) -> None:
    assert refused(amount) == "This amount is beyond what we trade in."


@pytest.mark.parametrize(
    "amount", ["0.001", "1e-999999999999999999", "1.2300000000000000000000000000000000000001", "1." + "0" * 5000 + "1"]
)
def test_nothing_is_rounded_away(amount: str) -> None:
    assert refused(amount) == "EUR has 2 decimal places; round the amount."


def refused(amount: str) -> str:
    with pytest.raises(InvalidInput) as refusal:
        Money.parse(amount, "EUR", "price")
    assert refusal.value.field == "price"
    return refusal.value.message
