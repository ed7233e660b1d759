"""What an operation held is let go as it ends, however it ends: nothing of it waits for the collector of garbage."""

import asyncio
import gc
import weakref
from collections.abc import Awaitable, Callable, Iterator

import httpx
import orjson
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from resolvers.context import Context
from tests.gateway.example import TOKENS, Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway.streams.reading import subscribed
from tests.gateway_client import Gateway

Left = Callable[[], Awaitable[list[Context]]]

TOLD = "subscription { told }"
TURNS = 20
"""Of the loop: so long it may hold what it has just called, and graphql-core's generators are closed by it."""


@pytest.fixture
def left(script: Script) -> Iterator[Left]:
    """The contexts of the operations so far that are still there; there must have been some."""

    async def left() -> list[Context]:
        opened = [weakref.ref(context) for context in script.contexts]
        assert opened
        script.contexts.clear()
        for _ in range(TURNS):
            await asyncio.sleep(0)
        return [context for one in opened if (context := one())]

    gc.collect()
    gc.disable()
    yield left
    gc.enable()


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ("{ a { x twin { x } } b { x } }", 0),
        ('{ __type(name: "Pair") { name } }', 0),  # by graphql-core
        ("{ a { bad x } b { x } }", 1),
        ("{ raisesAsync raisesSync brokenScalar brokenEnum takes }", 4),
        ('{ pairs(keys: ["boom", "x"]) { x } }', 2),
        ('{ surePairs(keys: ["nobody", "boom"]) { x } }', 1),
        ('{ __typename pairs(keys: ["boom"]) { x } __type(name: "Pair") { name } }', 1),
    ],
)
async def test_answered(gateway: Gateway, left: Left, query: str, errors: int) -> None:
    answer = await gateway.ask(query)
    assert len(answer.get("errors", ())) == errors
    assert await left() == []


async def test_in_parts(gateway: Gateway, left: Left) -> None:
    first, whole = await gateway.parts("{ takes ... @defer { a { x } } }")
    assert (first, whole) == ({"takes": 0}, {"takes": 0, "a": {"x": "X"}})
    assert await left() == []


async def test_out_of_time(script: Script, left: Left) -> None:
    gateway = Gateway(example(script, operation_timeout_s=0.05), TOKENS)
    async with gateway.http:
        assert await gateway.refused("{ a { slow x } b { slow } }") == ["OPERATION_TIMEOUT"]
    assert await left() == []


@pytest.mark.parametrize(
    "query",
    [
        "{ a { slow x } b { slow } }",
        "{ b { bad } raisesAsync a { slow x } }",
        '{ b { bad } raisesAsync a { slow x } __type(name: "Pair") { name } }',  # by graphql-core
    ],
)
async def test_left_by_the_client(script: Script, left: Left, query: str) -> None:
    held = Held()
    script.work = held
    async with served(example(script)) as port:
        caller = await Caller.asks(port, query)
        await soon(held.began)
        await caller.hang_up()
        await soon(script.closed)
    assert await left() == []


async def test_subscription_left_by_the_client(script: Script, left: Left) -> None:
    feed = script.feeds[""]
    feed.put("a")
    async with served(example(script)) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/graphql") as http:
        async with subscribed(http, TOLD) as stream:
            assert await stream.hear() == ("next", {"data": {"told": "a"}})
        await soon(feed.ended)
    assert await left() == []


async def test_socket_left_by_the_client(script: Script, left: Left) -> None:
    script.feeds[""].put("a")
    protocol = Subprotocol("graphql-transport-ws")
    async with served(example(script)) as port:
        async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=[protocol]) as socket:
            for message in ({"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": {"query": TOLD}}):
                await socket.send(orjson.dumps(message), text=True)
            assert [orjson.loads(await socket.recv())["type"] for _ in range(2)] == ["connection_ack", "next"]
        await soon(script.feeds[""].ended)
    assert await left() == []
