"""Clients of others subscribe: graphql-ws, graphql-sse in both modes, Apollo Client by multipart, urql by events."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from datasources.errors import Forbidden
from datasources.ids import utc_now
from tests.gateway.clients.node import PATIENCE_S, needs_node, told
from tests.gateway.example import TOKENS, Script, example
from tests.gateway.serving import served, soon

pytestmark = needs_node

SOCKETS, EVENTS, ONE_STREAM = "graphql-ws", "graphql-sse", "graphql-sse, one stream"
TOLD = "subscription Told($feed: String!) { told(feed: $feed) }"
ADA = UUID(int=1)


class Proxy:
    """Between a client and a server; what passes through it can be cut, without a word to either."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._passing: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[int]:
        async with await asyncio.start_server(self._connected, "127.0.0.1") as server:
            yield server.sockets[0].getsockname()[1]
            self.cut()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        out_reader, out_writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._writers |= {writer, out_writer}
        await asyncio.gather(_passed(reader, out_writer), _passed(out_reader, writer))
        self._writers -= {writer, out_writer}


async def _passed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(65_536):
            writer.write(piece)
            await writer.drain()
    except ConnectionError:
        pass
    writer.close()


def results(name: str, *values: Any) -> list[Any]:
    return [{"data": {name: value}} for value in values]


@pytest.mark.parametrize("client", [SOCKETS, EVENTS, ONE_STREAM])
async def test_operations_and_what_becomes_of_them(script: Script, client: str) -> None:
    script.work = _done
    token = TOKENS.issue(ADA, [], 60)
    script.feeds["left"].put("x", "y", "z")
    script.feeds["refused"].put("x", Forbidden("a"))
    steps = [
        {"query": "query ($number: Int) { takes(number: $number) }", "variables": {"number": 7}},
        {"query": 'mutation { write(word: "kept") }'},
        {"query": "query { raisesAsync }"},
        {"query": "subscription { count(to: 3) }"},
        {"query": TOLD, "variables": {"feed": "left"}, "takes": 2},
        {"query": TOLD, "variables": {"feed": "refused"}},
        {"query": TOLD, "variables": {"feed": "cut"}},
    ]
    async with served(example(script)) as port:
        proxy = Proxy(port)
        async with proxy.listening() as through:
            url = f"http://127.0.0.1:{through}/graphql"
            asking = asyncio.create_task(told("live.mjs", url=url, client=client, token=token, steps=steps))
            feed = script.feeds["cut"]
            await _began(feed.began, asking)
            feed.began.clear()
            proxy.cut()
            await soon(feed.ended)
            await _began(feed.began, asking)
            feed.put("after", None)
            query, mutation, fault, count, left, refused, cut, said = await asking
    whole = {"hasNext": False} if client == EVENTS else {}
    assert query == {"results": [{"data": {"takes": 7}} | whole], "complete": True}
    assert mutation == {"results": [{"data": {"write": "kept"}} | whole], "complete": True}
    assert script.written == ["kept"]
    (result,) = fault["results"]
    assert (result["data"], result["errors"][0]["extensions"]["code"]) == ({"raisesAsync": None}, "INTERNAL")
    assert count == {"results": results("count", 1, 2, 3), "complete": True}
    assert left == {"results": results("told", "x", "y"), "left": True}
    assert script.feeds["left"].ended.is_set()
    assert refused["results"][0] == {"data": {"told": "x"}}
    codes = refused["error"] if client == SOCKETS else [refused["results"][1]["errors"][0]["extensions"]["code"]]
    assert codes == ["FORBIDDEN"]
    assert cut == {"results": results("told", "after"), "complete": True}
    assert said["heard"][:1] == ([1006] if client == SOCKETS else [])


@pytest.mark.parametrize("client", ["Apollo Client", "urql"])
async def test_subscriptions_of_clients_that_know_others_too(script: Script, client: str) -> None:
    script.feeds["left"].put("x", "y", "z")
    script.feeds["refused"].put("x", Forbidden("a"))
    steps = [
        {"query": "subscription { count(to: 3) }"},
        {"query": TOLD, "variables": {"feed": "left"}, "takes": 2},
        {"query": TOLD, "variables": {"feed": "refused"}},
        {"query": "subscription { nothing }"},
    ]
    async with served(example(script)) as port:
        url = f"http://127.0.0.1:{port}/graphql"
        asked = {"url": url, "client": client, "token": TOKENS.issue(ADA, [], 60), "steps": steps}
        count, left, refused, invalid, _ = await told("live.mjs", **asked)
        await soon(script.feeds["left"].ended)
    assert count == {"results": results("count", 1, 2, 3), "complete": True}
    assert left == {"results": results("told", "x", "y"), "left": True}
    assert refused == {"results": results("told", "x"), "error": ["FORBIDDEN"]}
    assert invalid == {"results": [], "error": ["GRAPHQL_VALIDATION_FAILED"]}


@pytest.mark.parametrize("client", [SOCKETS, ONE_STREAM])
async def test_tokens_are_renewed_without_connecting_anew(script: Script, client: str) -> None:
    now = utc_now()
    old, new = (TOKENS.issue(ADA, [scope], 60, now - timedelta(seconds=age)) for scope, age in (("old", 9), ("new", 5)))
    script.feeds["a"].put("x", None)
    steps = [
        {"query": TOLD, "variables": {"feed": "a"}, "renews": True},
        {"query": "{ takes }"},
    ]
    async with served(example(script)) as port:
        url = f"http://127.0.0.1:{port}/graphql"
        *_, said = await told("live.mjs", url=url, client=client, token=old, newer=new, steps=steps)
    scopes = [sorted(context.actor.scopes) for context in script.contexts]
    assert (scopes[0], scopes[-1]) == (["old"], ["new"])
    if client == SOCKETS:
        assert said["heard"][0]["authorized"] is True


async def _began(event: asyncio.Event, asking: "asyncio.Task[list[Any]]") -> None:
    began = asyncio.create_task(event.wait())
    await asyncio.wait([began, asking], timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    if not began.done():
        began.cancel()
        raise AssertionError(asking.result() if asking.done() else "it did not begin")


async def _done() -> None:
    pass
