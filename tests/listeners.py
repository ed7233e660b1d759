"""Many WebSocket subscribers in one process, so light that they are not what is measured.

What comes is kept as it comes, with its time, and is looked through afterwards.
"""

import asyncio
import base64
import os
import socket
import time
from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import accumulate
from typing import cast
from uuid import uuid4

import orjson

from gateway.frames import TEXT

PATIENCE_S = 60
CONNECTING = 20
"""At once."""
SUBSCRIBED_S = 1.0
"""Nothing tells that a subscription has begun: after so long another event is published for those who missed one."""
SMALL_BUFFER = 4_096
"""Of the kernel, for those who are to read slowly: there is room for megabytes otherwise."""

_PING = b'\x81\x0f{"type":"ping"}'
_CONTROL_PING, _CONTROL_PONG = b"\x89\x00", b"\x8a\x80" + bytes(4)


class Listener(asyncio.Protocol):
    """One subscription on a socket of its own, over graphql-transport-ws. Its id is as front ends choose theirs."""

    transport: asyncio.Transport

    def __init__(self, audience: "Audience") -> None:
        self.id = str(uuid4())
        self.came: list[tuple[float, bytes]] = []
        self.bytes = 0
        self._audience = audience
        self._something = asyncio.Event()
        self._lost = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if _PING in data or _CONTROL_PING in data:
            data = data.replace(_PING, b"").replace(_CONTROL_PING, b"")
            self._say({"type": "pong"})
            self.transport.write(_CONTROL_PONG)
        self.came.append((time.monotonic(), data))
        before = self.bytes
        self.bytes = now = before + len(data)
        if before < self._audience.goal <= now:
            self._audience.one_more()
        self._something.set()

    def connection_lost(self, _: Exception | None) -> None:
        self._lost = True
        self._something.set()

    @property
    def text(self) -> bytes:
        return b"".join([data for _, data in self.came])

    async def subscribe(self, host: str, token: str | None, query: str) -> None:
        key = base64.b64encode(os.urandom(16)).decode()
        upgrade = (
            f"GET /graphql HTTP/1.1\r\nHost: {host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
        )
        self.transport.write(upgrade.encode())
        await self.until(b"\r\n\r\n")
        self._say({"type": "connection_init", "payload": {} if token is None else {"token": token}})
        await self.until(b"connection_ack")
        self.forget()
        self._say({"type": "subscribe", "id": self.id, "payload": {"query": query}})

    async def heard(self, text: bytes) -> None:
        """Until a message with this text came, since the last `forget`."""
        await self.until(text)
        while not self._whole():
            await self._more()

    async def until(self, text: bytes) -> None:
        looked = 0
        while text not in b"".join([data for _, data in self.came[max(looked - 1, 0) :]]):
            looked = len(self.came)
            await self._more()

    async def _more(self) -> None:
        if self._lost:
            raise ConnectionError(f"The server hung up: {self.text[-500:]!r}")
        self._something.clear()
        async with asyncio.timeout(PATIENCE_S):
            await self._something.wait()

    def _whole(self) -> bool:
        try:
            return sum(1 for _ in self.frames()) > 0
        except ValueError:
            return False

    def forget(self) -> None:
        self.came.clear()
        self.bytes = 0

    def frames(self) -> Iterator[bytes]:
        """The text messages that came since the last `forget`. Raises: ValueError where one is not whole."""
        text = self.text
        at = 0
        while at < len(text):
            length, begin = text[at + 1 : at + 2], at + 2
            size = {b"\x7e": 2, b"\x7f": 8}.get(length, 0)
            end = begin + size + int.from_bytes(text[begin : begin + size] if size else length)
            if text[at] != TEXT or end > len(text):
                raise ValueError(f"Not a whole text message: {text[at : at + 100]!r}")
            yield text[begin + size : end]
            at = end

    def arrivals(self, ends: Sequence[int]) -> list[float]:
        """When so many bytes had come."""
        counts = list(accumulate(len(data) for _, data in self.came))
        return [self.came[bisect_left(counts, end)][0] for end in ends]

    def _say(self, message: object) -> None:
        self.transport.write(_masked(orjson.dumps(message)))


class Audience:
    """Listeners to the same subscription."""

    def __init__(self) -> None:
        self.listeners: list[Listener] = []
        self.goal = 0
        self._missing = 0
        self._all = asyncio.Event()

    async def begin(self, publish: Callable[[], Awaitable[bytes]]) -> None:
        """Returns when all have heard of the same event; `publish` says what is only in that one."""
        heard: Collection[object] = ()
        while len(heard) < len(self.listeners):
            newest = await publish()
            hearing = [asyncio.create_task(listener.heard(newest)) for listener in self.listeners]
            heard, deaf = await asyncio.wait(hearing, timeout=SUBSCRIBED_S)
            for task in deaf:
                task.cancel()
            await asyncio.gather(*heard)

    def forget(self) -> None:
        for listener in self.listeners:
            listener.forget()

    def one_more(self) -> None:
        self._missing -= 1
        if not self._missing:
            self._all.set()

    async def reached(self, goal: int, among: Sequence[Listener]) -> None:
        """Until so many bytes came to each of them, since the last `forget`; the others wait meanwhile."""
        self.goal = goal
        self._missing = sum(listener.bytes < goal for listener in among)
        self._all.clear()
        if self._missing:
            async with asyncio.timeout(PATIENCE_S):
                await self._all.wait()


@asynccontextmanager
async def audience(
    port: int, tokens: Sequence[str | None], query: str, *, small_buffers: int = 0
) -> AsyncIterator[Audience]:
    """A listener for each token; the first ones have small buffers. All have sent their subscriptions."""
    room = Audience()
    turn = asyncio.Semaphore(CONNECTING)

    async def join(number: int, token: str | None) -> Listener:
        async with turn:
            connection = socket.socket()
            if number < small_buffers:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
            connection.setblocking(False)
            loop = asyncio.get_running_loop()
            await loop.sock_connect(connection, ("127.0.0.1", port))
            _, listener = await loop.create_connection(lambda: Listener(room), sock=connection)
            await listener.subscribe(f"127.0.0.1:{port}", token, query)
            return listener

    room.listeners += await asyncio.gather(*(join(number, token) for number, token in enumerate(tokens)))
    try:
        yield room
    finally:
        for listener in room.listeners:
            listener.transport.abort()


def _masked(text: bytes) -> bytes:
    """A message of a client; of all masks this one changes nothing."""
    length = len(text)
    head = bytes((0x81, 0x80 | length)) if length < 126 else bytes((0x81, 0xFE)) + length.to_bytes(2)
    return head + bytes(4) + text
