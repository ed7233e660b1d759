"""An HTTP server that does as it is told, byte by byte: slow, rude, lying, or well-behaved."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import orjson


@dataclass(frozen=True)
class Asked:
    method: str
    target: str  # as sent, undecoded
    headers: dict[str, str]
    body: bytes
    reader: asyncio.StreamReader  # at its end when the client hangs up


Act = Callable[[Asked, asyncio.StreamWriter], Awaitable[None]]


def http(status: int = 200, body: bytes = b"", **headers: str) -> bytes:
    """A whole reply; `cache_control="no-store"` is the header Cache-Control."""
    lines = [f"HTTP/1.1 {status} Said", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode() + body


def json(value: Any, status: int = 200, **headers: str) -> bytes:
    return http(status, orjson.dumps(value), **headers)


async def hang_up(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def say_nothing(asked: Asked, writer: asyncio.StreamWriter) -> None:
    await asyncio.Event().wait()


class Held:
    """A reply that waits for `let_go`; `left` is set when the client hangs up before."""

    def __init__(self, reply: bytes) -> None:
        self.reply = reply
        self.arrived = asyncio.Event()
        self.let_go = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, asked: Asked, writer: asyncio.StreamWriter) -> None:
        self.arrived.set()
        hung_up = asyncio.create_task(asked.reader.read(1))
        freed = asyncio.create_task(self.let_go.wait())
        try:
            await asyncio.wait([hung_up, freed], return_when=asyncio.FIRST_COMPLETED)
            if hung_up.done():
                self.left.set()
            else:
                writer.write(self.reply)
        finally:
            freed.cancel()
            hung_up.cancel()
            await asyncio.wait([hung_up])


class Outside:
    """The server. It gives `replies` in turn, and the last one for ever."""

    def __init__(self) -> None:
        self.url = ""
        self.asked: list[Asked] = []
        self.replies: list[bytes | Act] = [json({})]
        self._tasks: set[asyncio.Task[Any]] = set()

    def says(self, *replies: bytes | Act) -> None:
        self.replies = list(replies)

    @property
    def targets(self) -> list[str]:
        return [asked.target for asked in self.asked]

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Outside"]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:{1}".format(*server.sockets[0].getsockname())
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            while not writer.is_closing():
                asked = await _read(reader)
                self.asked.append(asked)
                reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
                if isinstance(reply, bytes):
                    writer.write(reply)
                else:
                    await reply(asked, writer)
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass  # the client, or the test, has gone
        finally:
            self._tasks.discard(task)
            writer.close()


async def _read(reader: asyncio.StreamReader) -> Asked:
    first, *rest = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest if line)}
    body = await reader.readexactly(int(headers.get("content-length", "0")))
    return Asked(method, target, headers, body, reader)
