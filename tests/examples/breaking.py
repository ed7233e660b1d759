"""Between a client and a gateway: what passes can be cut, and an answer can be lost after the gateway gave it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Breaking:
    """`lose(word)` loses the next answer to a request that has this word; `lost` counts such answers."""

    def __init__(self, port: int) -> None:
        self.lost = 0
        self._port = port
        self._word: bytes | None = None
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        async with await asyncio.start_server(self._connected, "127.0.0.1") as server:
            yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            self.cut()

    def lose(self, word: str) -> None:
        self._word = word.encode()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._port)
        both = {writer, out_writer}
        self._writers |= both
        loses = False

        async def asked() -> None:
            nonlocal loses
            while piece := await reader.read(65_536):
                if self._word is not None and self._word in piece:
                    self._word, loses = None, True
                out_writer.write(piece)
                await out_writer.drain()

        async def answered() -> None:
            while piece := await out_reader.read(65_536):
                if loses:
                    self.lost += 1
                    writer.transport.abort()
                    return
                writer.write(piece)
                await writer.drain()

        passing = [asyncio.create_task(asked()), asyncio.create_task(answered())]
        await asyncio.wait(passing, return_when=asyncio.FIRST_COMPLETED)
        for task in passing:
            task.cancel()
        await asyncio.gather(*passing, return_exceptions=True)
        for one in both:
            one.close()
        self._writers -= both
