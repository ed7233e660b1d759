"""The gateway in this process, asked without a network: what its answers hold, and what a document costs and keeps."""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from statistics import median
from typing import Any

import httpx
import orjson
from graphql import parse, validate
from starlette.types import ASGIApp, Message

import house
from gateway.documents import Documents
from schema.graph import build
from tests.benchmarks.questions import NESTED, Question, callers
from tests.benchmarks.report import Row
from tests.commerce.hostile import DOCUMENTS as HOSTILE
from tests.commerce.hostile import prepare

TIMES = 30
DOCUMENTS = (100, 200, 400, 800)
HOSTILE_TIMES = 3
MOST_HOSTILE = 12


def memory(questions: Sequence[Question]) -> list[Row]:
    """How much more than before is held, at most, while each is answered once."""
    return asyncio.run(_memory(questions))


def documents(questions: Sequence[Question]) -> list[Row]:
    """What a document costs but for its execution, which is left out: when it comes first, and again."""
    return asyncio.run(_documents(questions))


def kept() -> list[Row]:
    """What the process keeps of different documents."""
    return asyncio.run(_kept())


def hostile() -> list[Row]:
    """What is done with each hostile document before anything is executed, and what becomes of it."""
    schema = build()._schema
    rows: list[Row] = []
    for name, query in HOSTILE.items():
        times = []
        for _ in range(HOSTILE_TIMES):
            documents = Documents(schema)
            began = time.process_time()
            document = documents.read(query)
            prepare(document)
            times.append(1000 * (time.process_time() - began))
        refused = document.errors[0].message[:60] if document.errors else ""
        rows.append({"document": name, "characters": len(query), "CPU ms": median(times), "refused": refused})
    return sorted(rows, key=lambda row: -float(row["CPU ms"]))[:MOST_HOSTILE]


class Inside:
    def __init__(self, app: ASGIApp, headers: dict[str, str]) -> None:
        self._app = app
        self._headers = headers
        self._http = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://inside", headers=headers)

    async def ask(self, query: str, **variables: Any) -> bytes:
        response = await self._http.post("/graphql", json={"query": query, "variables": variables})
        if response.status_code != 200 or response.content.startswith(b'{"errors"'):
            raise SystemExit(f"The gateway answered: {response.text[:500]}")
        return response.content

    async def size_of(self, query: str) -> int:
        """Of the answer, as the server sends it: httpx would hold it twice."""
        body = orjson.dumps({"query": query})
        names = (
            (b"host", b"inside"),
            *((name.lower().encode(), value.encode()) for name, value in self._headers.items()),
        )
        scope = {"type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "headers": names}
        sizes: list[int] = []

        coming: list[Message] = [{"type": "http.request", "body": body}]

        async def receive() -> Message:
            if not coming:
                await asyncio.Event().wait()  # the client waits for its answer
            return coming.pop()

        async def send(message: Message) -> None:
            sizes.append(len(message.get("body", b"")))

        await self._app(scope, receive, send)
        return sum(sizes)

    async def median_ms(self, queries: Sequence[str], **variables: Any) -> float:
        return median([await self._ms(query, variables) for query in queries])

    async def _ms(self, query: str, variables: dict[str, Any]) -> float:
        began = time.perf_counter()
        await self.ask(query, **variables)
        return 1000 * (time.perf_counter() - began)


@asynccontextmanager
async def _inside() -> AsyncIterator[Inside]:
    app = house.app()
    async with app.router.lifespan_context(app):
        yield Inside(app, callers(1)[0])


async def _memory(questions: Sequence[Question]) -> list[Row]:
    rows: list[Row] = []
    async with _inside() as gateway:
        for question in questions:
            await gateway.ask(question.query)
            with _traced():
                size = await gateway.size_of(question.query)
                held = tracemalloc.get_traced_memory()[1]
            peak = {"peak KiB": held / 1024, "times its JSON": held / size}
            rows.append({"query": question.name, "JSON KiB": size / 1024, **peak})
    return rows


async def _documents(questions: Sequence[Question]) -> list[Row]:
    rows: list[Row] = []
    schema = build()._schema
    async with _inside() as gateway:
        for question in questions:
            new = [question.renamed(f"new{i}") for i in range(TIMES)]
            ast = parse(new[0])
            costs: Row = {
                "first ms": await gateway.median_ms(new, run=False, id=""),
                "of it parsing": _median_ms(partial(parse, new[0])),
                "validating": _median_ms(partial(validate, schema, ast)),
                "again ms": await gateway.median_ms(new[-1:] * TIMES, run=False, id=""),
            }
            rows.append({"query": question.name, "characters": len(new[0]), **costs})
    return rows


async def _kept() -> list[Row]:
    rows: list[Row] = []
    async with _inside() as gateway:
        await gateway.ask(NESTED.renamed("warm"))
        with _traced():
            for i in range(max(DOCUMENTS)):
                await gateway.ask(NESTED.renamed(f"kept{i}"), run=False)
                if i + 1 in DOCUMENTS:
                    gc.collect()
                    held = tracemalloc.get_traced_memory()[0] / 1024
                    rows.append({"documents": i + 1, "kept MiB": held / 1024, "KiB a document": held / (i + 1)})
    return rows


@contextmanager
def _traced() -> Iterator[None]:
    gc.collect()
    tracemalloc.start()
    try:
        yield
    finally:
        tracemalloc.stop()


def _median_ms(work: Callable[[], object]) -> float:
    def once() -> float:
        began = time.perf_counter()
        work()
        return 1000 * (time.perf_counter() - began)

    return median(once() for _ in range(TIMES))
