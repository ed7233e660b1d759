"""What commerce is made of when it is open, beside what every domain is: services, and a secret for what they send."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.tables import EVENTS, OFFSETS
from datasources.domain import DomainSources, opening
from datasources.ids import Clock, utc_now
from datasources.rates import ExchangeRates
from datasources.rest import RestService
from datasources.settings import Settings


@dataclass(frozen=True, slots=True)
class CommerceSources(DomainSources):
    payments: RestService
    carriers: RestService
    rates: ExchangeRates
    webhook_secret: str

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        sources = (self.database, self.payments, self.carriers, self.rates.service)
        return {source.name: source.check for source in sources}


@asynccontextmanager
async def open_commerce(
    settings: Settings, own: CommerceSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[CommerceSources]:
    """Raises: WrongSetting, SourceError."""
    url = own.commerce_database_url
    async with opening("commerce", url, settings, clock, events=EVENTS, offsets=OFFSETS, migrating=migrating) as domain:
        yield domain.made(
            CommerceSources,
            payments=domain.service("payments", own.payments_url, "/v1/balance", key=own.payments_key),
            carriers=domain.service("carriers", own.carriers_url, "/openapi.json", key=own.carriers_key),
            rates=ExchangeRates(domain.service("rates", settings.rates_url, "/v1/currencies")),
            webhook_secret=own.payments_webhook_secret.get_secret_value(),
        )
