"""The whole gateway for tests, over given databases, with the sandbox outside."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from datasources.ids import Clock, utc_now
from datasources.settings import Settings, read
from house import House, Own
from schema.graph import DOMAINS

SERVICES = ("payments", "carriers", "rates", "recommendations", "screening")
Configured = tuple[Settings, Own]


def configured(at: str, databases: Mapping[str, str], **settings: Any) -> Configured:
    """`at` is the URL of the sandbox, `databases` are addresses by name."""
    given = {f"{name}_url": f"{at}/{name}" for name in SERVICES}
    given |= {f"{name}_database_url": url for name, url in databases.items()} | settings
    return read(Settings, **given), {domain.name: read(domain.settings, **given) for domain in DOMAINS}


@asynccontextmanager
async def opened(settings: Settings, own: Own, clock: Clock = utc_now) -> AsyncIterator[House]:
    house = House(settings, own, clock)
    async with house.app.router.lifespan_context(house.app):
        yield house
