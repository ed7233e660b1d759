"""A client that reads answers part by part, each as soon as it is there."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

PATIENCE_S = 60
BY_ID = "multipart/mixed;incrementalSpec=v0.2"
BY_PATH = "multipart/mixed;deferSpec=20220824"
EVENTS = "text/event-stream"


class Answer:
    def __init__(self, response: httpx.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self._chunks = response.aiter_raw()
        self._read = b""
        self._end = b"\r\n---" if self.kind == "multipart/mixed" else b"\n\n"

    @property
    def kind(self) -> str:
        return self.headers["content-type"].partition(";")[0]

    async def part(self) -> Any:
        """The next one. It is read when its end is, and not when another one begins."""
        while True:
            text = await self._up_to_the_end()
            if payload := text[text.find(b"{") :] if b"{" in text else b"":
                return json.loads(payload)

    async def parts(self) -> list[Any]:
        """All that are left."""
        parts = [await self.part()]
        while parts[-1].get("hasNext"):
            parts.append(await self.part())
        return parts

    async def raw(self) -> bytes:
        """All that is left, as it came."""
        return self._read + b"".join([chunk async for chunk in self._chunks])

    async def _up_to_the_end(self) -> bytes:
        while self._end not in self._read:
            self._read += await anext(self._chunks)
        text, _, self._read = self._read.partition(self._end)
        return text


@asynccontextmanager
async def asked(
    port: int,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    accept: str = BY_ID,
    explained: bool = False,
) -> AsyncIterator[Answer]:
    """Hangs up at the end."""
    payload = {"query": query, "variables": variables or {}, "extensions": {"plan": explained}}
    async with (
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, verify=False) as http,
        http.stream("POST", "/graphql", json=payload, headers={"Accept": accept}) as response,
    ):
        yield Answer(response)


async def parts_of(
    port: int,
    query: str,
    variables: dict[str, Any] | None = None,
    *,
    accept: str = BY_ID,
    explained: bool = False,
) -> list[Any]:
    async with asked(port, query, variables, accept=accept, explained=explained) as answer:
        assert answer.status == 200
        return await answer.parts()
