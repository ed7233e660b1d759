"""What enterprise is made of when it is open, beside what every domain is: the webhooks of its workflows."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from datasources.domain import DomainSources, opening
from datasources.enterprise.settings import EnterpriseSettings
from datasources.enterprise.tables import EVENTS, OFFSETS
from datasources.enterprise.webhooks import Webhooks
from datasources.ids import Clock, utc_now
from datasources.settings import Settings


@dataclass(frozen=True, slots=True)
class EnterpriseSources(DomainSources):
    webhooks: Webhooks


@asynccontextmanager
async def open_enterprise(
    settings: Settings, own: EnterpriseSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[EnterpriseSources]:
    """Raises: SourceError."""
    url = own.enterprise_database_url
    secret = "" if own.webhook_secret is None else own.webhook_secret.get_secret_value()
    async with opening(
        "enterprise", url, settings, clock, events=EVENTS, offsets=OFFSETS, migrating=migrating
    ) as domain:
        webhooks = Webhooks(own.webhook_hosts, secret, clock)
        try:
            yield domain.made(EnterpriseSources, webhooks=webhooks)
        finally:
            await webhooks.close()
