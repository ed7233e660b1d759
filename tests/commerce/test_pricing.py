"""The rules of prices and tax."""

from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.errors import InvalidInput
from datasources.money import MAX_MINOR, Currency
from resolvers.commerce.pricing import MAX_QUANTITY, Line, price_lines, tax_rate_bps

PRODUCT = UUID(int=7)
LINES = st.lists(
    st.builds(
        Line,
        product_id=st.just(PRODUCT),
        quantity=st.integers(1, MAX_QUANTITY),
        unit_price_minor=st.integers(0, 10_000_000),
    ),
    max_size=20,
)
RATES = st.decimals("0.0001", "20000", places=5).filter(bool)
COUNTRIES = st.sampled_from(["DE", "FI", "CH", "US", "GB", "JP"])


@given(LINES, RATES, st.sampled_from(list(Currency)), COUNTRIES)
def test_totals_are_the_sums_of_their_lines(lines: list[Line], rate: Decimal, currency: str, country: str) -> None:
    totals = price_lines(lines, rate=rate, currency=currency, country=country)
    assert len(totals.lines) == len(lines)
    for line in totals.lines:
        net_minor = line.quantity * line.unit_price_minor
        assert line.total_minor == net_minor + line.tax_minor
        assert abs(line.tax_minor - Decimal(net_minor) * tax_rate_bps(country) / 10_000) <= Decimal("0.5")
    assert totals.subtotal_minor == sum(line.quantity * line.unit_price_minor for line in totals.lines)
    assert totals.tax_minor == sum(line.tax_minor for line in totals.lines)
    assert totals.total_minor == totals.subtotal_minor + totals.tax_minor
    assert totals.total_base_minor == sum(line.total_base_minor for line in totals.lines)


@given(LINES, COUNTRIES)
def test_in_the_base_currency_both_totals_are_the_same(lines: list[Line], country: str) -> None:
    totals = price_lines(lines, rate=Decimal(1), currency="EUR", country=country)
    assert totals.total_minor == totals.total_base_minor
    assert [line.unit_price_minor for line in totals.lines] == [line.unit_price_minor for line in lines]


def test_a_price_is_rounded_before_its_tax() -> None:
    totals = price_lines([Line(PRODUCT, 3, 999)], rate=Decimal("1.0883"), currency="USD", country="DE")
    (line,) = totals.lines
    assert (line.unit_price_minor, line.tax_minor, line.total_minor) == (1087, 620, 3881)  # 10.87217; 6.1959
    assert line.total_base_minor == 2997 + 569
    yen = price_lines([Line(PRODUCT, 1, 1250)], rate=Decimal("161.2"), currency="JPY", country="US")
    assert (yen.total_minor, yen.tax_minor) == (2015, 0)


@pytest.mark.parametrize(("price", "expected"), [(50, 12), (150, 38), (10, 2), (30, 8)])
def test_tax_is_rounded_half_to_even(price: int, expected: int) -> None:
    assert price_lines([Line(PRODUCT, 1, price)], rate=Decimal(1), currency="EUR", country="SE").tax_minor == expected


@pytest.mark.parametrize(
    ("country", "rate"), [("DE", 1900), ("FI", 2550), ("CH", 810), ("GB", 2000), ("NO", 2500), ("US", 0), ("JP", 0)]
)
def test_tax_is_the_countrys(country: str, rate: int) -> None:
    assert tax_rate_bps(country) == rate


@pytest.mark.parametrize("country", ["", "de", "XX", "EU", "UK", "DEU", "D\0"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        price_lines([], rate=Decimal(1), currency="EUR", country=country)
    assert refused.value.field == "country"


@pytest.mark.parametrize(
    ("line", "rate", "field"),
    [
        (Line(PRODUCT, 0, 1), "1", "quantity"),
        (Line(PRODUCT, -1, 1), "1", "quantity"),
        (Line(PRODUCT, MAX_QUANTITY + 1, 1), "1", "quantity"),
        (Line(PRODUCT, 1, MAX_MINOR + 1), "1", "lines"),
        (Line(PRODUCT, 999, MAX_MINOR), "0.0001", "lines"),
        (Line(PRODUCT, 1, MAX_MINOR), "17000.5", "lines"),
    ],
)
def test_enormous_and_negative_orders_are_refused(line: Line, rate: str, field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        price_lines([line], rate=Decimal(rate), currency="IDR", country="US")
    assert refused.value.field == field
