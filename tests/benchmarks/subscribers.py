"""Many subscribers to one topic: what reaches them in a second, how late, and what each of them takes."""

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from statistics import quantiles
from typing import Any, NamedTuple, Protocol
from urllib.parse import urlsplit

import httpx
import orjson

from datasources.cursors import Cursors
from house import configured
from tests.benchmarks.data import Moved
from tests.benchmarks.questions import tokens
from tests.benchmarks.report import Row
from tests.benchmarks.servers import PEERS, Server
from tests.listeners import Audience, Listener, audience

QUERY = "subscription { stockChanged { cursor type available product { name } } }"


class Pace(NamedTuple):
    """Events of a burst, and of each of the transactions that it is written in; bursts that may be under way."""

    name: str
    burst: int
    together: int
    ahead: int


BURSTS = Pace("bursts of 100", 100, 25, 2)
SINGLY = Pace("one by one", 1, 1, 1)
WARM_UP = 400
CROWD_EVENTS = 1_000
STEADY_EVENTS = 120
PER_SECOND = 20
HEAD_BYTES = 4
"""Of the frame of a message of 126 bytes or more."""


class Publisher(Protocol):
    """Has a server told of events, which are numbered; `last` is the newest."""

    last: int

    async def publish(self, events: int, *, together: int = 1, every_s: float = 0) -> list[float]:
        """So many in a transaction, and a transaction as often; when each was committed, by the monotonic clock."""
        ...

    def cursor(self, number: int) -> str: ...


@dataclass
class Mutating:
    """A peer publishes in its own process, when a mutation asks for it, and has no transactions.

    The mutation answers how many it has published so far, in earlier rounds too.
    """

    url: str
    http: httpx.AsyncClient
    last: int = 0

    async def publish(self, events: int, *, together: int = 1, every_s: float = 0) -> list[float]:
        answer = await self.http.post(self.url, json={"query": f"mutation {{ publish(events: {events}) }}"})
        published = answer.json()
        if "errors" in published:
            raise SystemExit(f"{self.url} published nothing: {answer.text[:500]}")
        self.last = published["data"]["publish"]
        return []

    def cursor(self, number: int) -> str:
        return f"{number:052}"


@dataclass
class Writing:
    """The gateway reads what another process writes into its log."""

    process: asyncio.subprocess.Process
    cursors: Cursors
    last: int

    async def publish(self, events: int, *, together: int = 1, every_s: float = 0) -> list[float]:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(f"{events} {together} {every_s}\n".encode())
        committed: list[float] = orjson.loads(await self.process.stdout.readline())
        self.last += events
        return committed

    def cursor(self, number: int) -> str:
        return self.cursors.encode("commerce.events", (0, number))


@asynccontextmanager
async def publishing(server: Server, moved: Moved) -> AsyncIterator[Publisher]:
    if server.name in PEERS:
        async with httpx.AsyncClient(timeout=60) as http:
            peer = Mutating(f"{server.url}/graphql", http)
            await peer.publish(0)
            yield peer
        return
    settings, _ = configured()
    cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
    pipe = asyncio.subprocess.PIPE
    writer = [sys.executable, "-m", "tests.benchmarks.writer"]
    process = await asyncio.create_subprocess_exec(*writer, stdin=pipe, stdout=pipe, limit=2**24)
    try:
        yield Writing(process, cursors, moved.newest)
    finally:
        process.terminate()
        await process.wait()


@dataclass(frozen=True, slots=True)
class Heard:
    """How fast so many messages came. `cpu_us` is the server's for each; `load` is the clients' share of a core."""

    messages: int
    elapsed_s: float
    cpu_us: float
    load: float

    @property
    def per_second(self) -> float:
        return self.messages / self.elapsed_s


class Hall:
    """Where everybody listens, and what is published arrives."""

    def __init__(self, server: Server, moved: Moved, publisher: Publisher, audience: Audience) -> None:
        self.server = server
        self.audience = audience
        self._moved = moved
        self._publisher = publisher
        self._around = 0
        """Bytes of a message around its payload, with the head of its frame."""

    async def begin(self) -> None:
        await self.audience.begin(self._published)
        told = self._told(self._publisher.last)
        *_, last = self.audience.listeners[0].frames()
        if orjson.loads(last)["payload"] != told:
            raise SystemExit(f"{self.server.name} says {last.decode()} instead of {told}")
        self._around = len(last) - len(orjson.dumps(told)) + HEAD_BYTES
        self.audience.forget()

    async def _published(self) -> bytes:
        await self._publisher.publish(1)
        return self._cursor(self._publisher.last).encode()

    async def heard(self, events: int, pace: Pace, listeners: Sequence[Listener]) -> Heard:
        """So many events, as fast as they arrive at these listeners; all messages are checked."""
        before, goals = self._publisher.last, self._goals(events)
        turn = asyncio.Semaphore(pace.ahead)

        async def publish() -> None:
            for _ in range(events // pace.burst):
                await turn.acquire()
                await self._publisher.publish(pace.burst, together=pace.together)

        cpu_s, load_s, began_s = self._cpu_s(), time.process_time(), time.monotonic()
        publishing = asyncio.create_task(publish())
        for goal in goals[pace.burst - 1 :: pace.burst]:
            await self.audience.reached(goal, listeners)
            turn.release()
        elapsed_s = time.monotonic() - began_s
        cpu_s, load_s = self._cpu_s() - cpu_s, time.process_time() - load_s
        await publishing
        self._check(before, listeners)
        messages = events * len(listeners)
        return Heard(messages, elapsed_s, 1e6 * cpu_s / messages, load_s / elapsed_s)

    async def delays_ms(self, events: int, listeners: Sequence[Listener]) -> list[float]:
        """From the commit of each event until it came, for each of these listeners, a modest number in a second."""
        before, goals = self._publisher.last, self._goals(events)
        committed = await self._publisher.publish(events, every_s=1 / PER_SECOND)
        await self.audience.reached(goals[-1], listeners)
        came = [listener.arrivals(goals) for listener in listeners]
        self._check(before, listeners)
        return [1000 * (at - then) for times in came for at, then in zip(times, committed, strict=True)]

    async def late(self, since: int, listeners: Sequence[Listener]) -> None:
        """Returns when these, who did not read, have all events since then, each once."""
        missed = range(since + 1, self._publisher.last + 1)
        for listener in listeners:
            listener.transport.resume_reading()
        await self.audience.reached(sum(map(self._bytes, missed)), listeners)
        self._check(since, listeners)

    @property
    def newest(self) -> int:
        return self._publisher.last

    @property
    def memory_kib(self) -> float:
        return float(self.server.process.memory_info().rss) / 1024

    def _told(self, number: int) -> dict[str, Any]:
        return self._moved.told(number, self._cursor(number))

    def _cursor(self, number: int) -> str:
        return self._publisher.cursor(number)

    def _bytes(self, number: int) -> int:
        """Of the message about an event, with the head of its frame."""
        return self._around + len(orjson.dumps(self._told(number)))

    def _goals(self, events: int) -> list[int]:
        """How many bytes have come to each with each of the next events."""
        return list(accumulate(map(self._bytes, range(self.newest + 1, self.newest + 1 + events))))

    def _check(self, since: int, listeners: Sequence[Listener]) -> None:
        """Each got each event once, in order: the first by what it was told, the others by what the first got."""
        first, *others = listeners
        wanted = [self._told(number) for number in range(since + 1, self.newest + 1)]
        if [orjson.loads(message)["payload"] for message in first.frames()] != wanted:
            raise SystemExit(f"{self.server.name} lost, repeated or mixed up events")
        text = first.text
        for other in others:
            if other.text.replace(other.id.encode(), first.id.encode()) != text:
                raise SystemExit(f"{self.server.name} told one subscriber something else than another")
        for listener in listeners:
            listener.forget()

    def _cpu_s(self) -> float:
        times = self.server.process.cpu_times()
        return float(times.user + times.system)


@asynccontextmanager
async def hall(server: Server, data: Path, listeners: int, *, small_buffers: int = 0) -> AsyncIterator[Hall]:
    """All of its listeners have other tokens of the same rights."""
    moved, port = Moved.of(data), urlsplit(server.url).port or 0
    async with (
        publishing(server, moved) as publisher,
        audience(port, tokens(listeners), QUERY, small_buffers=small_buffers) as heard,
    ):
        hall = Hall(server, moved, publisher, heard)
        await hall.begin()
        yield hall


async def heard(server: Server, data: Path, listeners: int, events: int, pace: Pace) -> Heard:
    async with hall(server, data, listeners) as opened:
        everybody = opened.audience.listeners
        await opened.heard(WARM_UP, BURSTS, everybody)
        return await opened.heard(events, pace, everybody)


async def crowd(server: Server, data: Path, listeners: int, deaf: int) -> list[Row]:
    """What so many subscribers take; then of as many, some of whom do not read until the end."""
    async with hall(server, data, 1) as alone:
        await alone.heard(WARM_UP, BURSTS, alone.audience.listeners)
        before_kib = alone.memory_kib
    async with hall(server, data, listeners) as opened:
        everybody = opened.audience.listeners
        each_kib = (opened.memory_kib - before_kib) / listeners
        fast = await opened.heard(CROWD_EVENTS, BURSTS, everybody)
        rows = [_row(f"{listeners:,}", fast, await opened.delays_ms(STEADY_EVENTS, everybody), each_kib)]
    async with hall(server, data, listeners, small_buffers=deaf) as opened:
        silent, reading = opened.audience.listeners[:deaf], opened.audience.listeners[deaf:]
        since, before_kib = opened.newest, opened.memory_kib
        for listener in silent:
            listener.transport.pause_reading()
        fast = await opened.heard(CROWD_EVENTS, BURSTS, reading)
        each_kib = (opened.memory_kib - before_kib) / deaf
        name = f"{len(reading):,}, beside {deaf:,} that do not read"
        rows.append(_row(name, fast, await opened.delays_ms(STEADY_EVENTS, reading), each_kib))
        await opened.late(since, silent)
    return rows


def _row(subscribers: str, fast: Heard, delays_ms: Sequence[float], each_kib: float) -> Row:
    hundredths = quantiles(delays_ms, n=100)
    return {
        "subscribers": subscribers,
        "messages/s": fast.per_second,
        "CPU µs": fast.cpu_us,
        f"p50 ms at {PER_SECOND}/s": hundredths[49],
        "p99 ms": hundredths[98],
        "KiB each": each_kib,
    }
