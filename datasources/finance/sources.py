"""What finance is made of when it is open, beside what every domain is: its services."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from datasources.domain import DomainSources, opening
from datasources.finance.settings import FinanceSettings
from datasources.finance.tables import EVENTS, OFFSETS
from datasources.ids import Clock, utc_now
from datasources.rates import ExchangeRates
from datasources.rest import RestService
from datasources.settings import Settings

SCREENED_WITHIN_S = 3.0
"""What is not screened by then waits, and whoever asked is told so."""


@dataclass(frozen=True, slots=True)
class FinanceSources(DomainSources):
    """Readiness does not ask for rates and screening: without them, what is safe goes on."""

    screening: RestService
    screening_dataset: str
    rates: ExchangeRates


@asynccontextmanager
async def open_finance(
    settings: Settings, own: FinanceSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[FinanceSources]:
    """Raises: WrongSetting, SourceError."""
    url = own.finance_database_url
    async with opening("finance", url, settings, clock, events=EVENTS, offsets=OFFSETS, migrating=migrating) as domain:
        screening = domain.service(
            "screening",
            own.screening_url,
            "/readyz",
            key=own.screening_key,
            scheme="ApiKey",
            timeout_s=SCREENED_WITHIN_S,
        )
        yield domain.made(
            FinanceSources,
            screening=screening,
            screening_dataset=own.screening_dataset,
            rates=ExchangeRates(domain.service("rates", settings.rates_url, "/v1/currencies")),
        )
