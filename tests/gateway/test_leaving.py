"""Clients that leave: a query's work ends with them, a mutation that began is finished."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from datasources.deadline import deadline
from datasources.rest import RestService
from datasources.sql import Database
from datasources.sqlite import READERS
from tests.databases.tables import endless
from tests.gateway.example import Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.rest.outside import Held as HeldReply
from tests.rest.outside import Outside
from tests.rest.outside import json as reply


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script)) as port:
        yield port


async def test_a_query_ends_with_its_client(port: int, script: Script) -> None:
    held = Held()
    script.work = held
    caller = await Caller.asks(port, "{ slow }")
    await soon(held.began)
    await caller.hang_up()
    await soon(held.cancelled)


async def test_statements_end_with_their_client(port: int, script: Script, database: Database) -> None:
    """As many of them as SQLite has threads: the next statement could not run beside them."""
    begun = asyncio.Semaphore(0)

    async def work() -> None:
        begun.release()
        await database.rows(endless(database))

    script.work = work
    caller = await Caller.asks(port, "{" + " ".join(f"s{i}: slow" for i in range(READERS)) + "}")
    for _ in range(READERS):
        await begun.acquire()
    await caller.hang_up()
    with deadline(3):
        await database.check()


async def test_calls_end_with_their_client(port: int, script: Script) -> None:
    held = HeldReply(reply({}))
    async with Outside().running() as outside:
        outside.says(held)
        service = RestService("outside", outside.url)

        async def work() -> None:
            await service.get("/", answer=dict)

        script.work = work
        caller = await Caller.asks(port, "{ slow }")
        await soon(held.arrived)
        await caller.hang_up()
        await soon(held.left)
        await service.close()


async def test_a_mutation_is_finished_without_its_client(script: Script) -> None:
    held = Held()
    script.work = held
    async with served(example(script)) as port:
        caller = await Caller.asks(port, 'mutation { write(word: "kept") }')
        await soon(held.began)
        await caller.hang_up()
        held.let_go.set()
    assert script.written == ["kept"]
    assert not held.cancelled.is_set()


@pytest.mark.parametrize("leaves", ["completes", "disconnects"])
async def test_over_a_socket_a_mutation_is_finished_too(script: Script, leaves: str) -> None:
    held = Held()
    script.work = held
    async with served(example(script)) as port:
        async with socket(port) as client:
            await subscribe(client, 'mutation { write(word: "kept") }')
            await soon(held.began)
            if leaves == "completes":
                await client.send(json.dumps({"type": "complete", "id": "1"}))
        held.let_go.set()
    assert script.written == ["kept"]
    assert not held.cancelled.is_set()


@pytest.mark.parametrize("leaves", ["completes", "disconnects"])
async def test_over_a_socket_a_query_ends_with_its_client(port: int, script: Script, leaves: str) -> None:
    held = Held()
    script.work = held
    async with socket(port) as client:
        await subscribe(client, "{ slow }")
        await soon(held.began)
        if leaves == "completes":
            await client.send(json.dumps({"type": "complete", "id": "1"}))
            await soon(held.cancelled)
    await soon(held.cancelled)


def socket(port: int) -> connect:
    protocol = [Subprotocol("graphql-transport-ws")]
    return connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, compression=None, proxy=None)


async def subscribe(client: ClientConnection, query: str) -> None:
    await client.send(json.dumps({"type": "connection_init"}))
    assert json.loads(await client.recv()) == {"type": "connection_ack"}
    await client.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))
