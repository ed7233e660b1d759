"""The rules of invoices: pure functions on values, with no I/O."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import ROUND_HALF_EVEN, Decimal
from enum import StrEnum
from typing import Any, NamedTuple
from uuid import UUID

from datasources.errors import InvalidInput
from datasources.money import MAX_MINOR, Money
from resolvers.text import plain

MAX_LINES = 200
MAX_TEXT = 200
MAX_QUANTITY = 1_000_000
MAX_TAX_BPS = 10_000
TOLERANCE_BPS = 100
"""A price may be so many hundredths of a percent above the one agreed on, for their rounding and ours."""


class Difference(StrEnum):
    NOT_ORDERED = "not_ordered"
    NOT_RECEIVED = "not_received"
    PRICE = "price"


@dataclass(frozen=True, slots=True)
class Line:
    """`unit` is the price of one, without tax; less than nothing for a discount. `tax_bps`: hundredths of a percent."""

    text: str
    quantity: int
    unit: Money
    tax_bps: int
    product_id: UUID | None = None

    @property
    def net_minor(self) -> int:
        return self.quantity * self.unit.minor

    @property
    def tax_minor(self) -> int:
        """Rounded to minor units half to even, line by line: as the shop does, so that its orders agree to the cent."""
        return int((Decimal(self.net_minor) * self.tax_bps / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN))

    def columns(self) -> dict[str, Any]:
        values = asdict(self)
        del values["unit"]
        return values | {"unit_minor": self.unit.minor, "tax_minor": self.tax_minor}


class Totals(NamedTuple):
    """In minor units of `currency`; `gross_minor` is with tax."""

    currency: str
    tax_minor: int
    gross_minor: int


def checked(lines: Sequence[Line]) -> list[Line]:
    """The lines, with clean texts. Raises: InvalidInput."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise InvalidInput("lines", f"An invoice has 1 to {MAX_LINES} lines.")
    for line in lines:
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise InvalidInput("lines", f"A quantity is 1 to {MAX_QUANTITY}; this is {line.quantity}.")
        if not 0 <= line.tax_bps <= MAX_TAX_BPS:
            raise InvalidInput("lines", f"A tax is 0 to {MAX_TAX_BPS} hundredths of a percent; 19 % are 1900.")
        if abs(line.net_minor) > MAX_MINOR:
            raise InvalidInput("lines", "A line comes to more than we trade in.")
    return [replace(line, text=plain(line.text, "lines", MAX_TEXT)) for line in lines]


def totals(lines: Sequence[Line]) -> Totals:
    """What the lines, one at least, come to.

    Raises: InvalidInput for several currencies, nothing, less than nothing, and more than MAX_MINOR.
    """
    currency = lines[0].unit.currency
    if any(line.unit.currency != currency for line in lines):
        raise InvalidInput("lines", "All lines of an invoice are in one currency.")
    tax_minor = sum(line.tax_minor for line in lines)
    gross_minor = tax_minor + sum(line.net_minor for line in lines)
    if tax_minor < 0 or not 0 < gross_minor <= MAX_MINOR:
        raise InvalidInput("lines", "The lines come to nothing, to less than nothing, or to more than we trade in.")
    return Totals(currency, tax_minor, gross_minor)


def differences(
    ordered: int | None, received: int | None, invoiced: int, agreed_minor: int | None, unit_minor: int
) -> list[Difference]:
    """Why a line is not as its purchase order has it, three ways: what was ordered, what came, what is to be paid.

    Less than was received, or for less than agreed on, is as well.
    """
    if ordered is None or received is None or agreed_minor is None:
        return [Difference.NOT_ORDERED]
    found = [Difference.NOT_RECEIVED] if invoiced > received else []
    if unit_minor * 10_000 > agreed_minor * (10_000 + TOLERANCE_BPS):
        found.append(Difference.PRICE)
    return found
