"""The database of the house: what all workers have to know, and what belongs to no domain."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

from datasources.ids import Clock, utc_now
from datasources.migrations import migrate
from datasources.settings import Settings
from datasources.sql import Database


@dataclass(frozen=True, slots=True)
class HouseSources:
    database: Database
    clock: Clock

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks; the check raises a SourceError."""
        return {self.database.name: self.database.check}


@asynccontextmanager
async def open_house(
    settings: Settings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[HouseSources]:
    """Opens the database of the house, at its newest version or as it is. Raises: SourceError."""
    database = Database("house", settings.house_database_url or f"sqlite:///{settings.data / 'house.db'}")
    try:
        if migrating:
            await migrate(database)
        yield HouseSources(database, clock)
    finally:
        await database.close()
