"""A client that reads a response while it is written."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.gateway.serving import PATIENCE_S

EVENTS = "text/event-stream"
APOLLO = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json"
PART = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"


class Stream:
    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._chunks = response.aiter_raw()
        self._read = b""

    @property
    def _end(self) -> bytes:
        return b"\n\n" if self.headers["content-type"].startswith(EVENTS) else b"\r\n---"

    async def hear(self) -> Any:
        """The next thing that is said: of an event `(name, data)`, of a part its JSON. Nothing else counts."""
        while True:
            piece = (await self._piece()).decode()
            if piece.startswith("event: "):
                event, data = re.fullmatch(r"event: (\w+)\ndata:(.*)", piece).groups()  # type: ignore[union-attr]
                return event, json.loads(data or "null")
            if "{" in piece and json.loads(piece[piece.index("{") :]):
                return json.loads(piece[piece.index("{") :])

    async def rest(self) -> bytes:
        """All that is left, as it came, once the server has ended it."""
        async with asyncio.timeout(PATIENCE_S):
            return self._read + b"".join([chunk async for chunk in self._chunks])

    async def _piece(self) -> bytes:
        async with asyncio.timeout(PATIENCE_S):
            while self._end not in self._read:
                self._read += await anext(self._chunks)
        piece, _, self._read = self._read.partition(self._end)
        return piece


@asynccontextmanager
async def subscribed(
    http: httpx.AsyncClient, query: str, accept: str = EVENTS, headers: dict[str, str] | None = None
) -> AsyncIterator[Stream]:
    """Hangs up at the end."""
    headers = {"Accept": accept} | (headers or {})
    async with http.stream("POST", "", json={"query": query}, headers=headers) as response:
        yield Stream(response)
