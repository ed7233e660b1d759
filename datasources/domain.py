"""What every domain is made of when it is open: its database, its log, its keys. Services and the like are its own."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import sqlalchemy as sa
from pydantic import SecretStr

from datasources.actor import Actor
from datasources.cipher import BlindIndex, Cipher
from datasources.cursors import Cursors
from datasources.events import EventLog, Journal, Offsets, Tail, open_wakes
from datasources.ids import Clock
from datasources.migrations import migrate
from datasources.rest import RestService
from datasources.settings import Settings, WrongSetting
from datasources.sql import Database

S = TypeVar("S", bound="DomainSources")


@dataclass(frozen=True, slots=True)
class DomainSources:
    database: Database
    cipher: Cipher
    email_index: BlindIndex
    cursors: Cursors
    tail: Tail
    offsets: Offsets
    clock: Clock
    events_kept: timedelta

    def events(self, actor: Actor) -> EventLog:
        """Where what this actor does is written down."""
        return EventLog(self.tail.journal.table, actor, self.clock, self.tail.wakes.ring)

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks, by the source's name; a check raises a SourceError."""
        return {self.database.name: self.database.check}


class Opening:
    """A domain while it is opened: what is opened here is closed with it, in the order of its dependencies."""

    def __init__(self, stack: AsyncExitStack, common: Mapping[str, Any]) -> None:
        self._stack = stack
        self._common = common

    def service(
        self,
        name: str,
        url: str | None,
        health_path: str,
        *,
        key: SecretStr | None = None,
        scheme: str = "Bearer",
        timeout_s: float = 5.0,
    ) -> RestService:
        """Raises: WrongSetting where its address is missing."""
        if url is None:
            raise WrongSetting(f"HEDDLE_{name.upper()}_URL is missing: write the address of the service '{name}'.")
        headers = {"authorization": f"{scheme} {key.get_secret_value()}"} if key else {}
        opened = RestService(name, url, headers=headers, timeout_s=timeout_s, health_path=health_path)
        self._stack.push_async_callback(opened.close)
        return opened

    def made(self, sources: type[S], **own: Any) -> S:
        """The sources of the domain: what all have, and its `own`."""
        return sources(**self._common, **own)


@asynccontextmanager
async def opening(
    name: str,
    url: str | None,
    settings: Settings,
    clock: Clock,
    *,
    events: sa.Table,
    offsets: sa.Table,
    migrating: bool,
) -> AsyncIterator[Opening]:
    """Opens the database of the domain `name`, at its newest version or as it is, and its log.

    Without `url` it is a file in the data directory. Raises: SourceError.
    """
    async with AsyncExitStack() as stack:
        url = url or f"sqlite:///{settings.data / name}.db"
        database = Database(name, url)
        stack.push_async_callback(database.close)
        if migrating:
            await migrate(database)
        cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
        wakes = await stack.enter_async_context(open_wakes(name, url, settings.redis_url))
        tail = Tail(Journal(database, events, cursors), wakes)
        stack.push_async_callback(tail.close)
        common = {
            "database": database,
            "cipher": Cipher.from_setting(settings.encryption_keys.get_secret_value()),
            "email_index": BlindIndex(settings.index_secret.get_secret_value().encode()),
            "cursors": cursors,
            "tail": tail,
            "offsets": Offsets(database, offsets),
            "clock": clock,
            "events_kept": timedelta(days=settings.events_kept_days),
        }
        yield Opening(stack, common)
