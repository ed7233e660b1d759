"""Following a log: what is new is read once in this process, however many follow it.

The newest events are kept in chunks. Who follows goes from chunk to chunk at its own pace, and holds nothing but its
position: who is overtaken, because it was away or reads slowly, reads from the log until it is there again.
"""

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Iterable, Sequence
from contextlib import suppress
from contextvars import Context
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar
from uuid import UUID

import structlog

from datasources.errors import SourceError
from datasources.events.journal import PAGE, Event, Journal, Position, Reading
from datasources.events.wakes import Wakes

T = TypeVar("T")

KEPT = 5_000
"""Events in memory: they are read from the log by whoever is further behind."""
POLL_S = 1.0
"""How long an event takes at the most where every wake was lost."""
SOON_S = 0.02
"""When to look again for an event that waits for other transactions to end."""
TOPICS_KEPT = 100
"""Of each chunk, what so many topics pick of it: topics are as many as clients think of, and chunks stay for long."""
NOTHING_NEW = Reading((), more=False)
RETRY_S = (0.1, 0.2, 0.5, 1.0, 2.0)

log = structlog.get_logger("heddle")


class Topic(NamedTuple):
    """The events of these types that concern one of these ids, if any are said, and whose data have these values."""

    types: frozenset[str]
    concerning: frozenset[UUID] | None = None
    where: tuple[tuple[str, Hashable], ...] = ()

    def admits(self, event: Event) -> bool:
        if event.type not in self.types:
            return False
        if self.concerning is not None and self.concerning.isdisjoint((event.subject, event.owner)):
            return False
        return all(event.data.get(name) == value for name, value in self.where)


@dataclass(slots=True, eq=False)
class Chunk:
    """Events that were read at once, at least one."""

    events: Sequence[Event]
    _picked: dict[Topic, Sequence[Event]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def end(self) -> Position:
        return self.events[-1].position

    def picked(self, topic: Topic) -> Sequence[Event]:
        """Those of a topic."""
        picked = self._picked.get(topic)
        if picked is None:
            picked = tuple([event for event in self.events if topic.admits(event)])
            if picked and len(self._picked) < TOPICS_KEPT:
                self._picked[topic] = picked
        return picked

    def beyond(self, position: Position) -> "Chunk":
        """Without what is not after this position."""
        if self.events[0].position > position:
            return self
        return Chunk([event for event in self.events if event.position > position])


class Tail:
    """The end of one log, as this process follows it from when somebody first asks."""

    def __init__(self, journal: Journal, wakes: Wakes) -> None:
        self.journal = journal
        self.wakes = wakes
        self._chunks: deque[Chunk] = deque()
        self._held = 0
        self._first = 0
        """The number of the first chunk that is kept."""
        self._floor: Position
        """What is after it is in the chunks."""
        self._end: Position
        self._waiting: dict[UUID | None, set[asyncio.Future[int]]] = {}
        self._begun: asyncio.Task[None] | None = None
        self._following: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()

    async def end(self) -> Position:
        """Behind all events that were committed before somebody asked for it. Raises: SourceError."""
        await self._begin()
        return max(self._end, await self.journal.head())

    async def follow(self, position: Position, topic: Topic) -> AsyncGenerator[tuple[Chunk, Sequence[Event]], None]:
        """All events of the topic after this position, in their order, each once, for ever: those of a chunk at once.

        While the database is away it waits. Raises: CursorExpired where it is so slow that events are gone.
        """
        await _patiently(self.journal.name, self._begin)
        while True:
            while position < self._floor:
                chunk = await self._read(position)
                position = chunk.end if chunk else self._floor
                if chunk and (picked := chunk.picked(topic)):
                    yield chunk, picked
            number = self._number_after(position)
            while number >= self._first:
                number = await self._there(number, topic)
                if number < self._first:
                    break
                whole = self._chunks[number - self._first]
                if whole.end > position:
                    chunk = whole.beyond(position)
                    position = whole.end
                    if picked := chunk.picked(topic):
                        yield chunk, picked
                number += 1

    async def close(self) -> None:
        for task in (self._begun, self._following):
            if task is not None:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    async def _begin(self) -> None:
        """Begins to follow, if that was not done: a little before the end, for those who come again."""
        if self._begun is None or (self._begun.done() and (self._begun.cancelled() or self._begun.exception())):
            # In a context of its own: the deadline of who comes first would be that of all who ever come.
            self._begun = asyncio.create_task(self._begin_once(), context=Context())
        await asyncio.shield(self._begun)

    async def _begin_once(self) -> None:
        await self.journal.adopt()
        self._floor = self._end = await self.journal.back(KEPT // 5)
        while (await self._advance()).events:
            pass
        self._following = asyncio.create_task(self._follow())

    async def _follow(self) -> None:
        with self.wakes.heard(self._wake.set):
            while True:
                self._wake.clear()
                try:
                    reading = await _patiently(self.journal.name, self._advance)
                except Exception as error:  # whatever it was, nobody would be told of anything any more
                    log.error("events cannot be read", log=self.journal.name, exc_info=error)
                    reading = NOTHING_NEW
                if reading.more:
                    await asyncio.sleep(0 if self._wake.is_set() else SOON_S)
                    continue
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()

    async def _advance(self) -> Reading:
        """Reads what is new, and hands it on."""
        reading = await self.journal.after(self._end)
        if reading.events:
            self._publish(Chunk(reading.events))
        return reading

    def _publish(self, chunk: Chunk) -> None:
        number = self._first + len(self._chunks)
        self._chunks.append(chunk)
        self._end = chunk.end
        self._held += len(chunk.events)
        while self._held > KEPT and len(self._chunks) > 1:
            gone = self._chunks.popleft()
            self._first += 1
            self._floor = gone.end
            self._held -= len(gone.events)
        for waiting in [self._waiting.pop(id, ()) for id in _concerned(chunk.events)]:
            for one in waiting:
                if not one.done():
                    one.set_result(number)

    def _number_after(self, position: Position) -> int:
        """Of the first chunk that has anything after this position, which may be the next one."""
        behind = sum(chunk.end > position for chunk in self._chunks)
        return self._first + len(self._chunks) - behind

    async def _there(self, number: int, topic: Topic) -> int:
        """Waits for the chunk of this number; or, what is between being of no concern, for a later one."""
        if number < self._first + len(self._chunks):
            return number
        waiting: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        ids: Iterable[UUID | None] = (None,) if topic.concerning is None else topic.concerning
        for id in ids:
            self._waiting.setdefault(id, set()).add(waiting)
        try:
            return await waiting
        finally:
            for id in ids:
                if (others := self._waiting.get(id)) is not None:
                    others.discard(waiting)
                    if not others:
                        del self._waiting[id]

    async def _read(self, position: Position) -> Chunk | None:
        events, _ = await _patiently(self.journal.name, lambda: self.journal.kept_after(position, PAGE))
        return Chunk(events) if events else None


def _concerned(events: Sequence[Event]) -> set[UUID | None]:
    """Whom to wake: those who wait for these subjects and owners, and those who wait for any."""
    return {None, *(event.subject for event in events), *(event.owner for event in events)}


async def _patiently(name: str, work: Callable[[], Awaitable[T]]) -> T:
    """What the work gives, as soon as the database is there."""
    attempt = 0
    while True:
        try:
            return await work()
        except SourceError as error:
            if attempt == 0:
                log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work="events")
            await asyncio.sleep(RETRY_S[min(attempt, len(RETRY_S) - 1)])
            attempt += 1
