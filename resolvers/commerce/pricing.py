"""What customers pay: pure rules on values, with no I/O.

`price_lines(lines, rate=…, currency=…, country=…) -> Totals` is the one rule for carts and orders. A unit price is
converted and rounded half to even; a line's tax is rounded half to even; totals are the sums of their lines, always.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal
from uuid import UUID

from datasources.commerce.tables import BASE_CURRENCY
from datasources.errors import InvalidInput
from datasources.money import MAX_MINOR, Money

MAX_QUANTITY = 999
"""Of one product in one cart or order."""

_ISO_3166_ALPHA_2 = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ
    CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
    FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE
    JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO
    MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW
    PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM
    TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""
_COUNTRIES = frozenset(_ISO_3166_ALPHA_2.split())

_TAX_RATES_BPS = {
    "AT": 2000,
    "BE": 2100,
    "BG": 2000,
    "CY": 1900,
    "CZ": 2100,
    "DE": 1900,
    "DK": 2500,
    "EE": 2400,
    "ES": 2100,
    "FI": 2550,
    "FR": 2000,
    "GR": 2400,
    "HR": 2500,
    "HU": 2700,
    "IE": 2300,
    "IT": 2200,
    "LT": 2100,
    "LU": 1700,
    "LV": 2100,
    "MT": 1800,
    "NL": 2100,
    "PL": 2300,
    "PT": 2300,
    "RO": 2100,
    "SE": 2500,
    "SI": 2200,
    "SK": 2300,
    "CH": 810,
    "GB": 2000,
    "NO": 2500,
}
"""Standard rates of value added tax in 2026, in hundredths of a per cent. Elsewhere, as in the US, we collect none."""


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be priced: `unit_price_minor` is in the base currency, without tax."""

    product_id: UUID
    quantity: int
    unit_price_minor: int


@dataclass(frozen=True, slots=True)
class PricedLine:
    """`total_minor` = `quantity` * `unit_price_minor` + `tax_minor`; `total_base_minor` is the same in EUR."""

    product_id: UUID
    quantity: int
    currency: str
    unit_price_minor: int
    tax_minor: int
    total_minor: int
    total_base_minor: int


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums of `lines`, which are in the order in which they were given. `rate`: `currency` for one of the base."""

    lines: tuple[PricedLine, ...]
    currency: str
    country: str
    rate: Decimal
    subtotal_minor: int
    tax_minor: int
    total_minor: int
    total_base_minor: int


def tax_rate_bps(country: str) -> int:
    """The tax on what is sent to `country` (ISO alpha-2, in capitals). Raises: InvalidInput for an unknown one."""
    if country not in _COUNTRIES:
        raise InvalidInput("country", f"'{country[:10]}' is not a country; write its ISO 3166 code, like DE.")
    return _TAX_RATES_BPS.get(country, 0)


def quantity_of(quantity: int) -> int:
    """`quantity`, if one can order it. Raises: InvalidInput."""
    if not 1 <= quantity <= MAX_QUANTITY:
        raise InvalidInput("quantity", f"A quantity is 1 to {MAX_QUANTITY}; this is {quantity}.")
    return quantity


def price_lines(lines: Sequence[Line], *, rate: Decimal, currency: str, country: str) -> Totals:
    """Prices `lines` for a customer who pays in `currency`, at `rate` of it for one of the base, in `country`.

    Raises: InvalidInput for an unknown country, for a quantity that is not 1 to MAX_QUANTITY, and for sums beyond
    MAX_MINOR.
    """
    tax_bps = tax_rate_bps(country)
    priced = tuple(_priced(line, rate, currency, tax_bps) for line in lines)
    total_minor = sum(line.total_minor for line in priced)
    total_base_minor = sum(line.total_base_minor for line in priced)
    if max(total_minor, total_base_minor) > MAX_MINOR:
        raise InvalidInput("lines", "This is more than we sell at once; order less.")
    tax_minor = sum(line.tax_minor for line in priced)
    return Totals(priced, currency, country, rate, total_minor - tax_minor, tax_minor, total_minor, total_base_minor)


def _priced(line: Line, rate: Decimal, currency: str, tax_bps: int) -> PricedLine:
    quantity = quantity_of(line.quantity)
    base_net_minor = quantity * line.unit_price_minor
    unit_price = Money(line.unit_price_minor, BASE_CURRENCY).converted(rate, currency)
    net_minor = quantity * unit_price.minor
    tax_minor = _tax(net_minor, tax_bps)
    return PricedLine(
        line.product_id,
        quantity,
        currency,
        unit_price.minor,
        tax_minor,
        net_minor + tax_minor,
        base_net_minor + _tax(base_net_minor, tax_bps),
    )


def _tax(net_minor: int, bps: int) -> int:
    return int((Decimal(net_minor) * bps / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN))
