"""Requests that reach another process than the one that holds their stream, passed on over Redis.

A process listens for each stream that it holds, and for answers to what it asked; that a message reaches nobody is how
one learns that there is no such stream. Messages are signed: who can write to Redis cannot ask in anybody's name.
"""

import asyncio
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from secrets import token_hex
from typing import Any

import orjson
import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from datasources.errors import SourceUnavailable
from gateway.streams.single import Outcome

PREFIX = "heddle:stream:"
ANSWERS = "heddle:answers:"
TIMEOUT_S = 2.0
TRY_EVERY_S = 1.0
SIGNATURE_BYTES = 16
FAULTS = (RedisError, OSError, RuntimeError)
"""OSError is the parent of TimeoutError; RuntimeError is uvloop's, for a connection that closes in this moment."""

log = structlog.get_logger("heddle")


class Relay:
    """`handle` answers what others ask about a stream that is held here, given its id and their message."""

    def __init__(self, url: str, key: bytes, handle: Callable[[str, dict[str, Any]], Outcome]) -> None:
        self._redis = Redis.from_url(url, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0))
        self._pubsub = self._redis.pubsub()
        self._key = key
        self._handle = handle
        self._own = ANSWERS + token_hex(8)
        self._listening: asyncio.Task[None] | None = None
        self._subscribing = asyncio.Lock()
        self._heard: dict[str, asyncio.Event] = {}
        self._asked: dict[str, asyncio.Future[Outcome]] = {}
        self._answering: set[asyncio.Task[None]] = set()

    async def hold(self, stream: str) -> bool:
        """From now on, requests for this stream come here; False where another process holds it.

        Raises: SourceUnavailable where Redis is away.
        """
        channel = PREFIX + stream
        await self._listen_to(channel)
        async with _answering_soon():
            ((_, listeners),) = await self._redis.pubsub_numsub(channel)
        if listeners > 1:
            await self.release(stream)
        return bool(listeners <= 1)

    async def release(self, stream: str) -> None:
        """Redis knows it by itself of a process that dies."""
        self._heard.pop(PREFIX + stream, None)
        with suppress(SourceUnavailable):
            async with _answering_soon():
                await self._pubsub.unsubscribe(PREFIX + stream)

    async def ask(self, stream: str, message: dict[str, Any]) -> Outcome | None:
        """What the process answers that holds the stream; None where none does.

        Raises: SourceUnavailable where Redis is away, or no answer comes.
        """
        await self._listen_to(self._own)
        number = token_hex(8)
        answer = self._asked[number] = asyncio.get_running_loop().create_future()
        try:
            async with _answering_soon():
                asked = {"from": self._own, "number": number, "asks": message}
                return await answer if await self._publish(PREFIX + stream, asked) else None
        finally:
            del self._asked[number]

    async def close(self) -> None:
        for task in (self._listening, *self._answering):
            if task:
                task.cancel()
        await self._pubsub.aclose()  # type: ignore[no-untyped-call]
        await self._redis.aclose()

    async def _listen_to(self, channel: str) -> None:
        """Returns when Redis sends here what comes there."""
        async with _answering_soon(), self._subscribing:
            heard = self._heard.setdefault(channel, asyncio.Event())
            if not heard.is_set():
                await self._pubsub.subscribe(channel)
                self._listening = self._listening or asyncio.create_task(self._listen())
                await heard.wait()

    async def _listen(self) -> None:
        away = False
        while True:
            try:
                async for message in self._pubsub.listen():
                    away = False
                    self._take(message["type"], message["channel"].decode(), message["data"])
            except FAULTS as error:
                if not away:
                    log.warning("redis is away: streams of other processes are out of reach", error=str(error))
                away = True
            await asyncio.sleep(TRY_EVERY_S)

    def _take(self, type: str, channel: str, data: Any) -> None:
        if type == "subscribe" and channel in self._heard:
            self._heard[channel].set()
        if type != "message" or not (said := self._said(data)):
            return
        if channel == self._own:
            if answer := self._asked.get(said["number"]):
                answer.set_result(Outcome(*said["answer"]))
            return
        outcome = self._handle(channel.removeprefix(PREFIX), said["asks"])
        answering = asyncio.create_task(self._answer(said["from"], said["number"], outcome))
        self._answering.add(answering)
        answering.add_done_callback(self._answering.discard)

    async def _answer(self, channel: str, number: str, outcome: Outcome) -> None:
        try:
            await self._publish(channel, {"number": number, "answer": list(outcome)})
        except FAULTS as error:
            log.warning("redis is away: an answer for another process is lost", error=str(error))

    async def _publish(self, channel: str, message: dict[str, Any]) -> bool:
        """Whether anybody listens there."""
        body = orjson.dumps(message)
        return bool(await self._redis.publish(channel, self._signature(body) + body))

    def _said(self, data: bytes) -> dict[str, Any] | None:
        signature, body = data[:SIGNATURE_BYTES], data[SIGNATURE_BYTES:]
        genuine = hmac.compare_digest(signature, self._signature(body))
        return orjson.loads(body) if genuine else None

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNATURE_BYTES]


@asynccontextmanager
async def _answering_soon() -> AsyncIterator[None]:
    """Raises: SourceUnavailable."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            yield
    except FAULTS as error:
        raise SourceUnavailable("redis", str(error)) from error
