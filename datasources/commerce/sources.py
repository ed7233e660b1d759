"""What commerce is made of when it is open: its database, its services, its keys."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from datasources.actor import Actor
from datasources.cipher import BlindIndex, Cipher
from datasources.commerce.settings import CommerceSettings
from datasources.commerce.tables import EVENTS, OFFSETS
from datasources.cursors import Cursors
from datasources.events import EventLog, Journal, Offsets, Tail, open_wakes
from datasources.ids import Clock, utc_now
from datasources.migrations import migrate
from datasources.rates import ExchangeRates
from datasources.rest import RestService
from datasources.settings import Settings, WrongSetting
from datasources.sql import Database

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class CommerceSources:
    database: Database
    payments: RestService
    carriers: RestService
    rates: ExchangeRates
    cipher: Cipher
    email_index: BlindIndex
    cursors: Cursors
    tail: Tail
    offsets: Offsets
    clock: Clock
    webhook_secret: str
    events_kept: timedelta

    def events(self, actor: Actor) -> EventLog:
        """Where what this actor does is written down."""
        return EventLog(EVENTS, actor, self.clock, self.tail.wakes.ring)

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks, by the source's name; a check raises a SourceError."""
        sources = (self.database, self.payments, self.carriers, self.rates.service)
        return {source.name: source.check for source in sources}


@asynccontextmanager
async def open_commerce(
    settings: Settings, own: CommerceSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[CommerceSources]:
    """Opens the sources of commerce, with the database at its newest version or as it is.

    Raises: WrongSetting, SourceError.
    """
    async with AsyncExitStack() as stack:
        url = own.commerce_database_url or f"sqlite:///{settings.data / 'commerce.db'}"
        database = Database("commerce", url)
        stack.push_async_callback(database.close)
        if migrating:
            await migrate(database, MIGRATIONS)

        def service(name: str, url: str | None, key: str | None, health_path: str) -> RestService:
            if url is None:
                raise WrongSetting(f"HEDDLE_{name.upper()}_URL is missing: write the address of the service '{name}'.")
            headers = {} if key is None else {"authorization": f"Bearer {key}"}
            opened = RestService(name, url, headers=headers, health_path=health_path)
            stack.push_async_callback(opened.close)
            return opened

        cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
        wakes = await stack.enter_async_context(open_wakes("commerce", url, settings.redis_url))
        tail = Tail(Journal(database, EVENTS, cursors), wakes)
        stack.push_async_callback(tail.close)
        yield CommerceSources(
            database=database,
            payments=service("payments", own.payments_url, own.payments_key.get_secret_value(), "/v1/balance"),
            carriers=service("carriers", own.carriers_url, own.carriers_key.get_secret_value(), "/openapi.json"),
            rates=ExchangeRates(service("rates", settings.rates_url, None, "/v1/currencies")),
            cipher=Cipher.from_setting(settings.encryption_keys.get_secret_value()),
            email_index=BlindIndex(settings.index_secret.get_secret_value().encode()),
            cursors=cursors,
            tail=tail,
            offsets=Offsets(database, OFFSETS),
            clock=clock,
            webhook_secret=own.payments_webhook_secret.get_secret_value(),
            events_kept=timedelta(days=settings.events_kept_days),
        )
