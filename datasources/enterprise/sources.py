"""What enterprise is made of when it is open: its database, its log, its keys."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from datasources.actor import Actor
from datasources.cipher import BlindIndex, Cipher
from datasources.cursors import Cursors
from datasources.enterprise.settings import EnterpriseSettings
from datasources.enterprise.tables import EVENTS, OFFSETS
from datasources.enterprise.webhooks import Webhooks
from datasources.events import EventLog, Journal, Offsets, Tail, open_wakes
from datasources.ids import Clock, utc_now
from datasources.migrations import migrate
from datasources.settings import Settings
from datasources.sql import Database

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class EnterpriseSources:
    database: Database
    cipher: Cipher
    email_index: BlindIndex
    cursors: Cursors
    tail: Tail
    offsets: Offsets
    webhooks: Webhooks
    clock: Clock
    events_kept: timedelta

    def events(self, actor: Actor) -> EventLog:
        """Where what this actor does is written down."""
        return EventLog(EVENTS, actor, self.clock, self.tail.wakes.ring)

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks, by the source's name."""
        return {self.database.name: self.database.check}


@asynccontextmanager
async def open_enterprise(
    settings: Settings, own: EnterpriseSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[EnterpriseSources]:
    """Opens the sources of enterprise, with the database at its newest version or as it is.

    Raises: WrongSetting, SourceError.
    """
    async with AsyncExitStack() as stack:
        url = own.enterprise_database_url or f"sqlite:///{settings.data / 'enterprise.db'}"
        database = Database("enterprise", url)
        stack.push_async_callback(database.close)
        if migrating:
            await migrate(database, MIGRATIONS)
        cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
        wakes = await stack.enter_async_context(open_wakes("enterprise", url, settings.redis_url))
        tail = Tail(Journal(database, EVENTS, cursors), wakes)
        stack.push_async_callback(tail.close)
        secret = "" if own.webhook_secret is None else own.webhook_secret.get_secret_value()
        webhooks = Webhooks(own.webhook_hosts, secret, clock)
        stack.push_async_callback(webhooks.close)
        yield EnterpriseSources(
            database=database,
            cipher=Cipher.from_setting(settings.encryption_keys.get_secret_value()),
            email_index=BlindIndex(settings.index_secret.get_secret_value().encode()),
            cursors=cursors,
            tail=tail,
            offsets=Offsets(database, OFFSETS),
            webhooks=webhooks,
            clock=clock,
            events_kept=timedelta(days=settings.events_kept_days),
        )
