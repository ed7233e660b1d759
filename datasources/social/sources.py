"""What social is made of when it is open, beside what every domain is: the service that recommends."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from datasources.domain import DomainSources, opening
from datasources.ids import Clock, utc_now
from datasources.rest import RestService
from datasources.settings import Settings
from datasources.social.settings import SocialSettings
from datasources.social.tables import EVENTS, OFFSETS

RECOMMENDED_WITHIN_S = 1.0
"""A recommendation is not worth a longer wait: we have our own."""


@dataclass(frozen=True, slots=True)
class SocialSources(DomainSources):
    """Readiness does not ask for recommendations, which have a substitute."""

    recommendations: RestService


@asynccontextmanager
async def open_social(
    settings: Settings, own: SocialSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[SocialSources]:
    """Raises: WrongSetting, SourceError."""
    url = own.social_database_url
    async with opening("social", url, settings, clock, events=EVENTS, offsets=OFFSETS, migrating=migrating) as domain:
        recommendations = domain.service(
            "recommendations",
            own.recommendations_url,
            "/openapi.json",
            key=own.recommendations_key,
            timeout_s=RECOMMENDED_WITHIN_S,
        )
        yield domain.made(SocialSources, recommendations=recommendations)
