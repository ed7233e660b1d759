"""Word that there is something new in a log: in this process, and to others through Redis or PostgreSQL.

Nothing is promised: who follows a log also looks for itself now and then.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from secrets import token_hex
from typing import Any, Protocol

import asyncpg
import structlog

from datasources.postgres import address_of

RETRY_S = 0.5
ALIVE_S = 5.0
"""How often a quiet connection is tried: of a server that vanished without a word nothing else would tell."""

log = structlog.get_logger("heddle")
Wake = Callable[[], None]


class Wakes:
    """`ring` is called after each commit: it wakes those here, and `rung` tells who brings the word to others."""

    def __init__(self) -> None:
        self.rung = asyncio.Event()
        self.followed = asyncio.Event()
        self._followers: set[Wake] = set()

    @contextmanager
    def heard(self, wake: Wake) -> Iterator[None]:
        """Calls `wake` at every word while the block runs."""
        self._followers.add(wake)
        self.followed.set()
        try:
            yield
        finally:
            self._followers.discard(wake)

    def ring(self) -> None:
        self.wake()
        self.rung.set()

    def wake(self) -> None:
        for wake in self._followers:
            wake()


class Line(Protocol):
    """How processes tell each other. Both raise one of `faults` when the connection is gone."""

    faults: tuple[type[Exception], ...]

    async def tell(self) -> None: ...
    async def listen(self, wake: Wake) -> None:
        """Calls `wake` at the word of others, for ever. It calls it once as soon as it can hear."""
        ...

    async def close(self) -> None: ...


@asynccontextmanager
async def open_wakes(name: str, url: str, redis_url: str | None) -> AsyncIterator[Wakes]:
    """Those of the log in the database at `url`: through Redis where there is one, else through PostgreSQL.

    Processes that share an SQLite file without Redis look for themselves only.
    """
    wakes = Wakes()
    line = _line(f"heddle_events_{name}", url, redis_url)
    if line is None:
        yield wakes
        return
    tasks = [asyncio.create_task(_telling(wakes, line)), asyncio.create_task(_listening(wakes, line))]
    try:
        yield wakes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await line.close()


def _line(channel: str, url: str, redis_url: str | None) -> Line | None:
    if redis_url is not None:
        return RedisLine(redis_url, channel)
    return PostgresLine(url, channel) if url.startswith("postgresql") else None


async def _telling(wakes: Wakes, line: Line) -> None:
    while True:
        await wakes.rung.wait()
        wakes.rung.clear()
        await _tried(line, line.tell())


async def _listening(wakes: Wakes, line: Line) -> None:
    await wakes.followed.wait()
    while True:
        await _tried(line, line.listen(wakes.wake))
        await asyncio.sleep(RETRY_S)


async def _tried(line: Line, work: Awaitable[None]) -> None:
    try:
        await work
    except line.faults as error:
        log.warning("wakes are lost", line=type(line).__name__, detail=str(error))


class RedisLine:
    """Publish and subscribe; the messages say which process they are of."""

    def __init__(self, url: str, channel: str) -> None:
        from redis.asyncio import Redis  # imports much, which takes long
        from redis.asyncio.retry import Retry
        from redis.backoff import NoBackoff
        from redis.exceptions import RedisError

        # RuntimeError is uvloop's, for a connection that closes in this moment.
        self.faults: tuple[type[Exception], ...] = (RedisError, OSError, RuntimeError)
        self._channel = channel
        self._own = token_hex(8)
        self._redis = Redis.from_url(
            url,
            socket_connect_timeout=ALIVE_S,
            socket_timeout=ALIVE_S,
            health_check_interval=ALIVE_S,
            retry=Retry(NoBackoff(), 0),
        )

    async def tell(self) -> None:
        await self._redis.publish(self._channel, self._own)

    async def listen(self, wake: Wake) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(self._channel)
            wake()
            while True:
                message = await subscription.get_message(timeout=ALIVE_S)
                if message is not None and message["data"] != self._own.encode():
                    wake()

    async def close(self) -> None:
        await self._redis.aclose()


class PostgresLine:
    """LISTEN and NOTIFY, on a connection of its own."""

    faults: tuple[type[Exception], ...] = (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError)

    def __init__(self, url: str, channel: str) -> None:
        self._url = url
        self._channel = channel
        self._connection: asyncpg.Connection | None = None
        self._turn = asyncio.Lock()

    async def tell(self) -> None:
        await self._execute("SELECT pg_notify($1, '')", self._channel)

    async def listen(self, wake: Wake) -> None:
        def heard(connection: Any, process: int, *_: Any) -> None:
            if process != connection.get_server_pid():
                wake()

        listening = await self._execute("SELECT 1")
        gone = asyncio.Event()
        listening.add_termination_listener(lambda _: gone.set())
        await listening.add_listener(self._channel, heard)
        wake()
        while not gone.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(ALIVE_S):
                    await gone.wait()
            await self._execute("SELECT 1")

    async def close(self) -> None:
        if self._connection is not None:
            self._connection.terminate()

    async def _execute(self, statement: str, *parameters: Any) -> asyncpg.Connection:
        """The connection that it was executed on: another one where the last one is gone."""
        async with self._turn, asyncio.timeout(ALIVE_S):
            if self._connection is None or self._connection.is_closed():
                self._connection = await asyncpg.connect(**address_of(self._url))
            await self._connection.execute(statement, *parameters)
            return self._connection
