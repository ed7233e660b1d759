"""A real server over loopback, and clients that leave before they are answered."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from gateway.frames import FramedWebSocket
from gateway.processes import bound
from gateway.protocol import BoundedHTTP

PATIENCE_S = 10


@asynccontextmanager
async def served(
    app: ASGIApp, lifespan: Literal["on", "off"] = "on", http: type[asyncio.Protocol] = BoundedHTTP
) -> AsyncIterator[int]:
    """The port of a real server; it has ended, with all of its requests, at the end."""
    with bound("127.0.0.1", 0) as listener:
        listener.listen()
        config = uvicorn.Config(
            app,
            http=http,
            ws=FramedWebSocket,
            log_level="warning",
            lifespan=lifespan,
            timeout_graceful_shutdown=PATIENCE_S,
        )
        server = _Server(config)
        running = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.ended.set()
            await running


class _Server(uvicorn.Server):
    """Ends when it is told to; uvicorn's looks whether it should ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ended = asyncio.Event()
        self._loop = asyncio.get_running_loop()

    async def main_loop(self) -> None:
        await self.on_tick(0)
        await self.ended.wait()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        super().handle_exit(sig, frame)
        self._loop.call_soon_threadsafe(self.ended.set)


class Caller:
    """One raw connection that has sent a request and can hang up."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def asks(cls, port: int, query: str) -> "Caller":
        return await cls.sends(port, json.dumps({"query": query}))

    @classmethod
    async def sends(cls, port: int, body: str) -> "Caller":
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\n\r\n{body}".encode())
        await writer.drain()
        return cls(reader, writer)

    async def hang_up(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def soon(event: asyncio.Event) -> None:
    """Waits for what must happen; fails where it does not."""
    async with asyncio.timeout(PATIENCE_S):
        await event.wait()
