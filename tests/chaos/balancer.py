"""A load balancer between clients and workers, that can cut what it connects."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

_PIECE_BYTES = 64 * 1024


class Balancer:
    """Passes each connection to the next of the workers that takes it; `ports` has those that run, by name."""

    def __init__(self) -> None:
        self.ports: dict[str, int] = {}
        self.url = ""
        self._turn = 0
        self._held: set[tuple[asyncio.StreamWriter, asyncio.StreamWriter]] = set()
        self._serving: set[asyncio.Task[None]] = set()

    def cut(self, share: float, chance: random.Random) -> int:
        """Resets so many of the connections, at both ends; how many it were."""
        cut = [pair for pair in self._held if chance.random() < share]
        for pair in cut:
            for end in pair:
                end.transport.abort()
        return len(cut)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()
            self.cut(1.0, random.Random())
            await asyncio.gather(*self._serving)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        serving = asyncio.create_task(self._serve(reader, writer))
        self._serving.add(serving)
        serving.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        worker = await self._worker()
        if worker is None:
            writer.transport.abort()
            return
        pair = (writer, worker[1])
        self._held.add(pair)
        try:
            await asyncio.wait(
                [asyncio.create_task(_piped(reader, worker[1])), asyncio.create_task(_piped(worker[0], writer))],
                return_when=asyncio.FIRST_EXCEPTION,
            )
        finally:
            self._held.discard(pair)
            for end in pair:
                end.transport.abort()

    async def _worker(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        ports = list(self.ports.values())
        self._turn += 1
        for offset in range(len(ports)):
            with suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", ports[(self._turn + offset) % len(ports)])
        return None


async def _piped(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(_PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()
        return
    writer.transport.abort()
