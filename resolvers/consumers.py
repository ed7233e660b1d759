"""Consumers: what a domain does about the events of a log, its own or another domain's, each event once, in order."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, Protocol

import structlog

from datasources.actor import SYSTEM
from datasources.errors import SourceError
from datasources.events import CursorExpired, Event, Offsets, Overtaken, Position, Tail
from datasources.events.journal import START
from datasources.events.offsets import lagging
from datasources.events.tail import POLL_S, SOON_S
from datasources.sql import Transaction
from resolvers.context import Context, OpenContext

RETRY_S = (0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0)
STORE_EVERY_S = 60.0
"""How often the offset moves over events that concern nobody: each time would be a write for each event."""

log = structlog.get_logger("heddle")

Handle = Callable[[Context, Transaction, Event], Awaitable[None]]
Pick = Callable[[Context, Sequence[Event]], Awaitable[Sequence[Event]]]


@dataclass(frozen=True, slots=True)
class Consumer:
    """`handle(context, transaction, event)` for each event of these types in the log of the domain `of`, as SYSTEM.

    Without types it is for events of all; of those that were read at once `pick(context, events)`, if there is one,
    says which are handled, in their order: each costs a transaction.

    What it writes by the transaction, of the consuming domain's database, is written once. Anything else, such as a
    call, may happen again: give it the event's id as its key. While it fails for an event, the later ones wait.
    """

    name: str
    of: str
    types: frozenset[str] | None
    handle: Handle
    pick: Pick | None = None


class HasLog(Protocol):
    """The sources of a domain whose log can be consumed."""

    @property
    def tail(self) -> Tail: ...


class HasOffsets(Protocol):
    """The sources of a domain that consumes."""

    @property
    def offsets(self) -> Offsets: ...


async def consume(consumer: Consumer, source: HasLog, target: HasOffsets, open_context: OpenContext) -> NoReturn:
    """For ever. What fails is logged, and tried again after a while that grows up to a minute."""
    await _Consuming(consumer, source.tail, target.offsets, open_context).run()


class _NotHandled(Exception):
    def __init__(self, event: Event) -> None:
        self.event = event


class _Consuming:
    def __init__(self, consumer: Consumer, tail: Tail, offsets: Offsets, open_context: OpenContext) -> None:
        self._consumer = consumer
        self._name = consumer.name
        self._journal = tail.journal
        self._wakes = tail.wakes
        self._offsets = offsets
        self._open_context = open_context
        self._stored = START
        self._seen = START
        """What lies between is of other types, and is not stored yet."""
        self._stored_at = 0.0
        self._failing: Position | None = None
        self._failures = 0

    async def run(self) -> NoReturn:
        wake = asyncio.Event()
        try:
            with self._wakes.heard(wake.set):
                while True:
                    with suppress(Overtaken):
                        await self._attempt(wake)
        finally:
            self._tell_lag(0.0)

    async def _attempt(self, wake: asyncio.Event) -> None:
        """From where the offset is, until something fails. Raises: Overtaken."""
        try:
            await self._begin()
            while True:
                wake.clear()
                if await self._page():
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await wake.wait()
        except SourceError as error:
            self._failed(None)
            log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work=self._name)
        except CursorExpired:
            self._failed(None)
            remedy = "make anew what it writes, then delete its row in `offsets`"
            log.error("consumer has missed events that are no longer kept", consumer=self._name, remedy=remedy)
        except _NotHandled as failure:
            self._failed(failure.event.position)
            self._told(failure)
        await asyncio.sleep(RETRY_S[min(self._failures, len(RETRY_S)) - 1])

    async def _begin(self) -> None:
        await self._journal.adopt()
        self._stored = self._seen = await self._offsets.position(self._name)
        self._stored_at = time.monotonic()
        await self._journal.position(self._journal.cursor(self._stored))

    async def _page(self) -> bool:
        """Handles the next events; whether there are more by now."""
        events, more = await self._journal.after(self._seen)
        for event in await self._picked(events):
            await self._handle(event)
        if events:
            self._seen = events[-1].position
        await self._store()
        self._succeeded()
        if not more:
            self._tell_lag(0.0)
        elif not events:
            await asyncio.sleep(SOON_S)
        return more

    async def _picked(self, events: Sequence[Event]) -> Sequence[Event]:
        types, pick = self._consumer.types, self._consumer.pick
        mine = [event for event in events if types is None or event.type in types]
        if pick is None or not mine:
            return mine
        with self._open_context(SYSTEM) as context:
            return await pick(context, mine)

    async def _handle(self, event: Event) -> None:
        with self._open_context(SYSTEM) as context:
            self._tell_lag((context.clock() - event.at).total_seconds())
            try:
                async with self._offsets.moving(self._name, self._stored, event.position) as transaction:
                    await self._consumer.handle(context, transaction, event)
            except Overtaken:
                raise
            except Exception as error:  # whatever it was: it is neither skipped nor lost, and told
                raise _NotHandled(event) from error
        self._moved(event.position)
        self._succeeded()

    async def _store(self) -> None:
        """Else the log would forget what lies behind the offset, and it would look as if some of it had been missed."""
        if self._seen > self._stored and time.monotonic() > self._stored_at + STORE_EVERY_S:
            async with self._offsets.moving(self._name, self._stored, self._seen):
                pass
            self._moved(self._seen)

    def _moved(self, position: Position) -> None:
        self._stored = self._seen = position
        self._stored_at = time.monotonic()

    def _succeeded(self) -> None:
        self._failures, self._failing = 0, None

    def _failed(self, at: Position | None) -> None:
        self._failures = self._failures + 1 if at == self._failing else 1
        self._failing = at

    def _told(self, failure: _NotHandled) -> None:
        event, error = failure.event, failure.__cause__
        where = {"consumer": self._name, "event_type": event.type, "subject": event.subject, "tries": self._failures}
        if isinstance(error, SourceError):
            log.warning("event not handled", source=error.source, code=error.code, detail=error.detail, **where)
        else:
            log.error("event not handled", exc_info=error, **where)

    def _tell_lag(self, seconds: float) -> None:
        for tell in lagging:
            tell(self._name, max(seconds, 0.0))
