"""The bank's real figures, in Frankfurter's shape."""

from typing import Any

import httpx
import pytest


def ask(rates: httpx.Client, path: str) -> tuple[int, Any]:
    answer = rates.get(path)
    return answer.status_code, answer.json()


def test_a_day_has_the_rates_that_the_bank_published(rates: httpx.Client) -> None:
    expected = {"amount": 1.0, "base": "EUR", "date": "2024-02-02", "rates": {"GBP": 0.85263, "USD": 1.0883}}
    assert ask(rates, "/v1/2024-02-02?symbols=USD,GBP") == (200, expected)
    assert ask(rates, "/v1/2024-02-04?symbols=usd,GBP,XXX") == (200, expected)  # Sunday means Friday


def test_another_base_and_amount_are_rounded_as_rates_are_quoted(rates: httpx.Client) -> None:
    status, quote = ask(rates, "/v1/2024-02-02?base=USD&symbols=EUR,IDR,JPY,CZK,PLN&amount=1")
    assert (status, quote["base"]) == (200, "USD")
    assert quote["rates"] == {"CZK": 22.857, "EUR": 0.91886, "IDR": 15632.0, "JPY": 146.63, "PLN": 3.9672}
    assert ask(rates, "/v1/2024-02-02?symbols=USD&amount=10")[1]["rates"] == {"USD": 10.883}


def test_latest_is_the_newest_day_and_names_every_currency(rates: httpx.Client) -> None:
    latest = ask(rates, "/v1/latest")[1]
    assert latest == ask(rates, "/v1/2999-12-31")[1]
    assert latest == ask(rates, f"/v1/{latest['date']}")[1]
    assert ask(rates, "/v1/currencies")[1].keys() == latest["rates"].keys() | {"EUR"}
    assert ask(rates, "/v1/currencies")[1]["CHF"] == "Swiss Franc"


def test_a_period_starts_on_the_business_day_before_it(rates: httpx.Client) -> None:
    status, period = ask(rates, "/v1/2024-02-03..2024-02-06?symbols=USD")
    assert (status, period) == (
        200,
        {
            "amount": 1.0,
            "base": "EUR",
            "start_date": "2024-02-02",
            "end_date": "2024-02-06",
            "rates": {"2024-02-02": {"USD": 1.0883}, "2024-02-05": {"USD": 1.0746}, "2024-02-06": {"USD": 1.0743}},
        },
    )
    latest = ask(rates, "/v1/latest")[1]["date"]
    assert ask(rates, f"/v1/{latest}..?symbols=USD")[1]["end_date"] == latest


@pytest.mark.parametrize(
    ("path", "refusal"),
    [
        ("/v1/latest?base=XXX", (404, {"message": "not found"})),
        ("/v1/latest?symbols=XXX", (404, {"message": "not found"})),
        ("/v1/1998-12-31", (404, {"message": "not found"})),
        ("/v1/yesterday", (404, {"message": "not found"})),
        ("/v1/2024-02-31", (422, {"message": "invalid date"})),
        ("/v1/latest?base=USD&symbols=USD", (422, {"message": "bad currency pair"})),
        ("/v1/latest?amount=-1", (422, {"message": "invalid amount"})),
        ("/v1/2024-02-06..2024-02-01", (404, {"message": "not found"})),
    ],
)
def test_what_cannot_be_answered_is_refused(rates: httpx.Client, path: str, refusal: tuple[int, Any]) -> None:
    assert ask(rates, path) == refusal


def test_answers_may_be_cached_and_validated(rates: httpx.Client) -> None:
    first = rates.get("/v1/latest")
    assert first.headers["cache-control"] == "public, max-age=86400"
    again = rates.get("/v1/latest", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
