"""What social is made of when it is open: its database, and the service that recommends."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from datasources.cursors import Cursors
from datasources.events import Journal, Offsets, Tail, open_wakes
from datasources.ids import Clock, utc_now
from datasources.migrations import migrate
from datasources.rest import RestService
from datasources.settings import Settings, WrongSetting
from datasources.social.settings import SocialSettings
from datasources.social.tables import EVENTS, OFFSETS
from datasources.sql import Database

MIGRATIONS = Path(__file__).parent / "migrations"
RECOMMENDED_WITHIN_S = 1.0
"""A recommendation is not worth a longer wait: we have our own."""


@dataclass(frozen=True, slots=True)
class SocialSources:
    database: Database
    recommendations: RestService
    cursors: Cursors
    tail: Tail
    offsets: Offsets
    events_kept: timedelta
    clock: Clock

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks, by the source's name; recommendations have a substitute."""
        return {self.database.name: self.database.check}


@asynccontextmanager
async def open_social(
    settings: Settings, own: SocialSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[SocialSources]:
    """Opens the sources of social, with the database at its newest version or as it is.

    Raises: WrongSetting, SourceError.
    """
    async with AsyncExitStack() as stack:
        url = own.social_database_url or f"sqlite:///{settings.data / 'social.db'}"
        database = Database("social", url)
        stack.push_async_callback(database.close)
        if migrating:
            await migrate(database, MIGRATIONS)
        if own.recommendations_url is None:
            raise WrongSetting(
                "HEDDLE_RECOMMENDATIONS_URL is missing: write the address of the service 'recommendations'."
            )
        service = RestService(
            "recommendations",
            own.recommendations_url,
            headers={"authorization": f"Bearer {own.recommendations_key.get_secret_value()}"},
            timeout_s=RECOMMENDED_WITHIN_S,
            health_path="/openapi.json",
        )
        stack.push_async_callback(service.close)
        cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
        wakes = await stack.enter_async_context(open_wakes("social", url, settings.redis_url))
        tail = Tail(Journal(database, EVENTS, cursors), wakes)
        stack.push_async_callback(tail.close)
        kept = timedelta(days=settings.events_kept_days)
        yield SocialSources(database, service, cursors, tail, Offsets(database, OFFSETS), kept, clock)
