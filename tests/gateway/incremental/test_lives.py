"""How long parts take, and who waits for whom: the client's first part for nothing, the execution for no client."""

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

import gateway.execution as gateway_execution
from datasources.sql import Database
from gateway.incremental.parts import Part, Parts
from gateway.incremental.response import InParts, in_parts
from gateway.incremental.streams import stream_of
from tests.databases.tables import endless
from tests.gateway.example import SECRET, Held, Script, example
from tests.gateway.incremental.asking import BY_ID, BY_PATH, EVENTS, PATIENCE_S, asked, parts_of
from tests.gateway.serving import served, soon

LATE = "{ takes ... @defer { slow } a { ... @defer { x } } }"
TIMED_OUT = {
    "message": "The operation took longer than 10 s and was stopped; ask for less at a time.",
    "extensions": {"code": "OPERATION_TIMEOUT"},
}


@pytest.mark.parametrize("accept", [BY_ID, BY_PATH, EVENTS])
async def test_each_part_is_there_before_the_next_one_is_known(port: int, script: Script, accept: str) -> None:
    held = script.work = Held()
    async with asked(port, LATE, accept=accept) as answer:
        assert (await answer.part())["data"] == {"takes": 0, "a": {}}
        assert (await answer.part())["incremental"][0]["data"] == {"x": "X"}
        held.let_go.set()
        late = await answer.part()
        assert (late["incremental"][0]["data"], late["hasNext"]) == ({"slow": "done"}, False)


async def test_a_client_that_leaves_between_parts_takes_the_work_with_it(port: int, script: Script) -> None:
    held = script.work = Held()
    async with asked(port, LATE) as answer:
        await answer.part()
        await soon(held.began)
    await soon(held.cancelled)
    await soon(script.closed)


async def test_a_client_that_leaves_before_the_first_part_does_too(port: int, script: Script) -> None:
    held = script.work = Held()
    client = await Unread.asks(port, "{ slow ... @defer { a { x } } }")
    await soon(held.began)
    await client.hang_up()
    await soon(held.cancelled)
    await soon(script.closed)


async def test_a_mutation_is_finished_without_its_client(script: Script) -> None:
    held = script.work = Held()
    async with served(example(script)) as port:
        client = await Unread.asks(port, 'mutation { make(key: "kept") { key ... @defer { x } } }')
        await soon(held.began)
        await client.hang_up()
        held.let_go.set()
    assert script.written == ["kept"]
    assert script.batches == [["kept"]]
    assert not held.cancelled.is_set()


async def test_a_mutation_answers_in_parts(port: int, script: Script) -> None:
    script.work = done
    first, late = await parts_of(port, 'mutation { make(key: "a") { key ... @defer { x } } }')
    assert first["data"] == {"make": {"key": "a"}}
    assert late["incremental"] == [{"id": "0", "data": {"x": "A"}}]


async def test_who_knows_of_a_mutation_shares_nothing_from_before(port: int, script: Script) -> None:
    """Its first part says that it is done, while another is still to come."""
    before = script.work = Held()
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=PATIENCE_S, verify=False) as http:
        old = asyncio.create_task(http.get("/graphql", params={"query": "{ slow }"}))
        await soon(before.began)
        held = Held()
        script.work = once_then(held)
        async with asked(port, 'mutation { make(key: "a") { key ... @defer { slow } } }') as answer:
            await answer.part()
            await soon(held.began)
            script.work = done
            new = await http.get("/graphql", params={"query": "{ slow }"})
        assert new.json() == {"data": {"slow": "done"}}
        held.let_go.set()
        before.let_go.set()
        await old


def bounds_of_executions(monkeypatch: pytest.MonkeyPatch) -> list[asyncio.Timeout]:
    """The time that each execution may take, to be changed: a machine may be too busy for any that is short."""
    bounds: list[asyncio.Timeout] = []

    def bound(seconds: float) -> asyncio.Timeout:
        bounds.append(asyncio.timeout(seconds))
        return bounds[-1]

    monkeypatch.setattr(gateway_execution, "asyncio", SimpleNamespace(**vars(asyncio) | {"timeout": bound}))
    return bounds


def once_then(work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
    """Work that is done at once the first time."""
    calls = iter([done, work])
    return lambda: next(calls)()


@pytest.mark.parametrize("accept", [BY_ID, BY_PATH])
async def test_the_last_part_explains_them_all(script: Script, database: Database, accept: str) -> None:
    async def work() -> None:
        await database.rows(sa.select(sa.literal(1)))

    script.work = work
    async with served(example(script, explains=True)) as port:
        first, *_, last = await parts_of(port, "{ slow ... @defer { late: slow } }", accept=accept, explained=True)
    assert "extensions" not in first
    assert last["extensions"]["plan"]["statements"] == 2


async def test_one_deadline_is_for_all_parts(
    script: Script, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sources end at the deadline: their fields are null, and the rest of the fragment arrives."""
    monkeypatch.setattr(gateway_execution, "GRACE_S", PATIENCE_S)

    async def work() -> None:
        await database.rows(endless(database))

    script.work = work
    async with served(example(script, operation_timeout_s=0.2)) as port:
        *_, late = await parts_of(port, "{ takes ... @defer { slow a { key } } }")
    (piece,) = late["incremental"]
    assert piece["data"] == {"slow": None, "a": {"key": "x"}}
    assert [error["extensions"] for error in piece["errors"]] == [{"code": "SOURCE_TIMEOUT", "service": "notes"}]


async def test_parts_that_ignore_the_deadline_fail_and_the_others_stay(
    script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    bounds = bounds_of_executions(monkeypatch)
    held = script.work = Held()

    async def parts(accept: str) -> list[Any]:
        async with asked(port, LATE, accept=accept) as answer:
            early = [await answer.part(), await answer.part()]
            await soon(held.began)
            bounds[-1].reschedule(0)
            return early + await answer.parts()

    async with served(example(script)) as port:
        by_id, by_path = await parts(BY_ID), await parts(BY_PATH)
    assert by_id[-1] == {"completed": [{"id": "0", "errors": [TIMED_OUT]}], "hasNext": False}
    assert by_path[-1] == {"incremental": [{"data": None, "path": [], "errors": [TIMED_OUT]}], "hasNext": False}
    assert by_path[1] == {"incremental": [{"data": {"x": "X"}, "path": ["a"]}], "hasNext": True}
    assert held.cancelled.is_set()


async def test_no_execution_waits_for_a_client_that_does_not_read(script: Script) -> None:
    """Some ten megabytes, which is more than sockets hold, are done, one part after the other; then they are read."""
    keys = [str(index).zfill(12_000) for index in range(10)]
    late = ""
    for index in range(40):
        late = f"... @defer {{ p{index}: pairs(keys: $keys) {{ key x }} {late} }}"
    async with served(example(script, max_body_bytes=1_000_000)) as port:
        client = await Unread.asks(port, f"query ($keys: [String!]!) {{ takes {late} }}", {"keys": keys})
        await soon(script.closed)
        parts = await client.parts()
    pieces = [piece for part in parts for piece in part.get("incremental", ())]
    rows = [{"key": key, "x": key} for key in keys]
    assert [piece["data"] for piece in pieces] == [{f"p{index}": rows} for index in reversed(range(40))]
    assert len(parts) < len(pieces), "what came meanwhile went together"


async def test_an_answer_that_broke_off_does_not_look_complete() -> None:
    async def work(parts: Parts) -> None:
        parts.begin(Part({"data": {"takes": 0}}))
        raise RuntimeError(SECRET)

    stream = stream_of(BY_ID.encode())
    assert stream is not None
    response = await in_parts(stream, work, lambda _: {})
    assert isinstance(response, InParts)
    chunks = aiter(response.body_iterator)
    first = await anext(chunks)
    assert isinstance(first, bytes)
    assert first.endswith(b'{"data":{"takes":0},"hasNext":true}\r\n---')
    with pytest.raises(RuntimeError):
        await anext(chunks)


class Unread:
    """A client that reads nothing before it is told to, and has little room for what comes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def asks(cls, port: int, query: str, variables: dict[str, Any] | None = None) -> "Unread":
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=connection)
        body = json.dumps({"query": query, "variables": variables or {}})
        head = f"POST /graphql HTTP/1.0\r\nAccept: {BY_ID}\r\nContent-Type: application/json"
        writer.write(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        await writer.drain()
        return cls(reader, writer)

    async def parts(self) -> list[Any]:
        """All of the answer, which ends with the connection."""
        _, _, body = (await self._reader.read()).partition(b"\r\n\r\n")
        await self.hang_up()
        return [json.loads(part[part.index(b"{") :]) for part in body.split(b"\r\n---") if b"{" in part]

    async def hang_up(self) -> None:
        self._writer.close()
        await self._writer.wait_closed()


async def done() -> None:
    pass
