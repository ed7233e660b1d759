"""Money: whole minor units of one currency. Never a float."""

from decimal import MAX_EMAX, MAX_PREC, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from enum import StrEnum
from typing import NamedTuple

from datasources.errors import InvalidInput


class Currency(StrEnum):
    """The currencies that we trade in, by their ISO 4217 code: those with a rate of the European Central Bank."""

    AUD = "AUD"
    BRL = "BRL"
    CAD = "CAD"
    CHF = "CHF"
    CNY = "CNY"
    CZK = "CZK"
    DKK = "DKK"
    EUR = "EUR"
    GBP = "GBP"
    HKD = "HKD"
    HUF = "HUF"
    IDR = "IDR"
    ILS = "ILS"
    INR = "INR"
    ISK = "ISK"
    JPY = "JPY"
    KRW = "KRW"
    MXN = "MXN"
    MYR = "MYR"
    NOK = "NOK"
    NZD = "NZD"
    PHP = "PHP"
    PLN = "PLN"
    RON = "RON"
    SEK = "SEK"
    SGD = "SGD"
    THB = "THB"
    TRY = "TRY"
    USD = "USD"
    ZAR = "ZAR"


_WHOLE = frozenset({"ISK", "JPY", "KRW"})  # the others have two places
_HUNDREDTHS = [f".{hundredths:02}" for hundredths in range(100)]
MAX_MINOR = 10**15
"""Larger sums are a mistake; they also stay exact in every JSON reader."""

_EXACT = Context(prec=MAX_PREC, Emin=MIN_EMIN, Emax=MAX_EMAX, traps=[InvalidOperation])
"""Neither rounds what has too many digits nor raises at what is too large."""


def written(minor: int, currency: str) -> str:
    """In major units, with the currency's own number of places: `12.34`, or `1234` for JPY."""
    if currency in _WHOLE:
        return str(minor)
    if minor < 0:
        return f"-{written(-minor, currency)}"
    return f"{minor // 100}{_HUNDREDTHS[minor % 100]}"


def exponent(currency: str) -> int:
    """Decimal places of the currency: 2 for EUR, 0 for JPY."""
    return 0 if currency in _WHOLE else 2


class Money(NamedTuple):
    """`Money(1234, "EUR")` is €12.34."""

    minor: int
    currency: str

    @property
    def amount(self) -> Decimal:
        """In major units, with the currency's own number of places: Decimal('12.34')."""
        return Decimal(self.minor).scaleb(-exponent(self.currency))

    @classmethod
    def parse(cls, amount: Decimal | str, currency: str, field: str = "amount") -> "Money":
        """Raises: InvalidInput for what is not a number, too many places, or more than MAX_MINOR."""
        try:
            minor = Decimal(amount).scaleb(exponent(currency), _EXACT)
        except InvalidOperation:
            raise InvalidInput(field, f"'{str(amount)[:20]}' is not an amount; write it like 12.34.") from None
        if not minor.is_finite() or minor.copy_abs() > MAX_MINOR:
            raise InvalidInput(field, "This amount is beyond what we trade in.")
        if minor != minor.to_integral_value():
            raise InvalidInput(field, f"{currency} has {exponent(currency)} decimal places; round the amount.")
        return cls(int(minor), currency)

    def converted(self, rate: Decimal, currency: str) -> "Money":
        """At `rate` units of `currency` for one of ours, half to even."""
        minor = (self.amount * rate).scaleb(exponent(currency)).quantize(Decimal(1), ROUND_HALF_EVEN)
        return Money(int(minor), currency)
