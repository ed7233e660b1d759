"""What finance is made of when it is open: its database, its services, its keys."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from datasources.actor import Actor
from datasources.cipher import BlindIndex, Cipher
from datasources.cursors import Cursors
from datasources.events import EventLog, Journal, Offsets, Tail, open_wakes
from datasources.finance.settings import FinanceSettings
from datasources.finance.tables import EVENTS, OFFSETS
from datasources.ids import Clock, utc_now
from datasources.migrations import migrate
from datasources.rates import ExchangeRates
from datasources.rest import RestService
from datasources.settings import Settings, WrongSetting
from datasources.sql import Database

MIGRATIONS = Path(__file__).parent / "migrations"
SCREENED_WITHIN_S = 3.0
"""What is not screened by then waits, and whoever asked is told so."""


@dataclass(frozen=True, slots=True)
class FinanceSources:
    database: Database
    screening: RestService
    screening_dataset: str
    rates: ExchangeRates
    cipher: Cipher
    email_index: BlindIndex
    cursors: Cursors
    tail: Tail
    offsets: Offsets
    clock: Clock
    events_kept: timedelta

    def events(self, actor: Actor) -> EventLog:
        """Where what this actor does is written down."""
        return EventLog(EVENTS, actor, self.clock, self.tail.wakes.ring)

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks, by the source's name; without rates and screening, what is safe goes on."""
        return {self.database.name: self.database.check}


@asynccontextmanager
async def open_finance(
    settings: Settings, own: FinanceSettings, clock: Clock = utc_now, *, migrating: bool = True
) -> AsyncIterator[FinanceSources]:
    """Opens the sources of finance, with the database at its newest version or as it is.

    Raises: WrongSetting, SourceError.
    """
    async with AsyncExitStack() as stack:
        url = own.finance_database_url or f"sqlite:///{settings.data / 'finance.db'}"
        database = Database("finance", url)
        stack.push_async_callback(database.close)
        if migrating:
            await migrate(database, MIGRATIONS)

        def service(
            name: str, url: str | None, health_path: str, *, timeout_s: float = 5.0, **headers: str
        ) -> RestService:
            if url is None:
                raise WrongSetting(f"HEDDLE_{name.upper()}_URL is missing: write the address of the service '{name}'.")
            opened = RestService(name, url, headers=headers, timeout_s=timeout_s, health_path=health_path)
            stack.push_async_callback(opened.close)
            return opened

        cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
        wakes = await stack.enter_async_context(open_wakes("finance", url, settings.redis_url))
        tail = Tail(Journal(database, EVENTS, cursors), wakes)
        stack.push_async_callback(tail.close)
        key = f"ApiKey {own.screening_key.get_secret_value()}"
        yield FinanceSources(
            database=database,
            screening=service(
                "screening", own.screening_url, "/readyz", timeout_s=SCREENED_WITHIN_S, authorization=key
            ),
            screening_dataset=own.screening_dataset,
            rates=ExchangeRates(service("rates", settings.rates_url, "/v1/currencies")),
            cipher=Cipher.from_setting(settings.encryption_keys.get_secret_value()),
            email_index=BlindIndex(settings.index_secret.get_secret_value().encode()),
            cursors=cursors,
            tail=tail,
            offsets=Offsets(database, OFFSETS),
            clock=clock,
            events_kept=timedelta(days=settings.events_kept_days),
        )
