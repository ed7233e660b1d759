"""What becomes of those who are there when a server ends; the whole order is in tests/server/test_draining.py."""

import asyncio
import json
from contextlib import AsyncExitStack

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from gateway.draining import Draining
from tests.gateway.example import Held, Script, example
from tests.gateway.serving import PATIENCE_S, served, soon

QUICK = {"query": "{ takes }"}
ANSWERED = {"data": {"takes": 0}}
RESTARTING = (1012, "Service restart")


async def socket(port: int) -> ClientConnection:
    protocol = [Subprotocol("graphql-transport-ws")]
    client = await connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, compression=None, proxy=None)
    await client.send(json.dumps({"type": "connection_init"}))
    assert json.loads(await client.recv()) == {"type": "connection_ack"}
    return client


async def subscribe(client: ClientConnection, id: str, query: str) -> None:
    await client.send(json.dumps({"type": "subscribe", "id": id, "payload": {"query": query}}))


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(PATIENCE_S):
        await client.wait_closed()
    return client.close_code, client.close_reason


async def test_while_it_leaves_it_serves_and_says_that_it_is_not_ready(script: Script) -> None:
    draining = Draining()
    async with served(example(script, draining=draining)) as port, httpx.AsyncClient() as http:
        client = await socket(port)
        draining.leave()
        ready = await http.get(f"http://127.0.0.1:{port}/health/ready")
        assert (ready.status_code, ready.json()) == (503, {"ready": False, "draining": True})
        answer = await http.post(f"http://127.0.0.1:{port}/graphql", json=QUICK)
        assert (answer.json(), answer.headers["connection"]) == (ANSWERED, "close")
        await subscribe(client, "1", "{ takes }")
        assert json.loads(await client.recv()) == {"id": "1", "type": "next", "payload": ANSWERED}


async def test_a_socket_goes_when_what_it_runs_is_done_and_begins_nothing_more(script: Script) -> None:
    draining = Draining()
    held = script.work = Held()
    async with served(example(script, draining=draining)) as port:
        client, idle = await socket(port), await socket(port)
        await subscribe(client, "1", "{ slow }")
        await soon(held.began)
        draining.end()
        assert await closed(idle) == RESTARTING
        await subscribe(client, "2", "{ takes }")
        held.let_go.set()
        done = {"id": "1", "type": "next", "payload": {"data": {"slow": "done"}}}
        assert [json.loads(await client.recv()) for _ in range(2)] == [done, {"id": "1", "type": "complete"}]
        assert await closed(client) == RESTARTING


async def test_who_has_connected_has_a_moment_to_ask_and_is_then_refused(script: Script) -> None:
    draining = Draining()
    async with AsyncExitStack() as stack:
        port = await stack.enter_async_context(served(example(script, draining=draining)))
        quick, slow, silent = [await asyncio.open_connection("127.0.0.1", port) for _ in range(3)]
        slow[1].write(b"POST /graphql HTTP/1.1\r\nHost: x\r\n")
        async with httpx.AsyncClient() as http:
            await http.get(f"http://127.0.0.1:{port}/health/live")  # so that all of it has arrived
        ending = asyncio.create_task(stack.aclose())
        await draining.told()
        quick[1].write(b"GET /graphql?query={takes} HTTP/1.1\r\nHost: x\r\n\r\n")
        async with asyncio.timeout(PATIENCE_S):
            answered, refused, nothing = [await reader.read() for reader, _ in (quick, slow, silent)]
            await ending
    for _, writer in (quick, slow, silent):
        writer.close()
    assert answered.startswith(b"HTTP/1.1 200 ")
    assert answered.endswith(b'{"data":{"takes":0}}')
    head, _, body = refused.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: 1" in head
    assert json.loads(body)["errors"][0]["extensions"] == {"code": "SHUTTING_DOWN"}
    assert nothing == b""
