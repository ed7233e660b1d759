"""The real command ends: in order, within bounds, and without a loss for those who are there."""

import asyncio
import json
import signal
from asyncio import FIRST_COMPLETED
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from tests.rest.outside import Held, Outside
from tests.rest.outside import json as reply
from tests.server.command import NO_SERVICES, Command, started, wait_until_ended

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process tree in /proc")

PATIENCE_S = 120
SOCKETS = 8
OPTIONS = ("--no-sandbox", "--scale", "0.005")
RATES = {"query": "{ exchangeRates { date } }"}
LATEST = {"amount": 1, "base": "EUR", "date": "2026-03-02", "rates": {"USD": 1.1}}
QUICK = {"query": "{ __typename }"}
ANSWERED = {"data": {"__typename": "Query"}}
RESTARTING = (1012, "Service restart")


@asynccontextmanager
async def sockets(command: Command) -> AsyncIterator[list[ClientConnection]]:
    url = f"{command.url.replace('http', 'ws')}/graphql"
    protocol = [Subprotocol("graphql-transport-ws")]
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(connect(url, subprotocols=protocol, proxy=None)) for _ in range(SOCKETS)
        ]
        for client in clients:
            await client.send(json.dumps({"type": "connection_init"}))
            assert await client.recv() == '{"type":"connection_ack"}'
        yield clients


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    await client.wait_closed()
    return client.close_code, client.close_reason


async def pong(client: ClientConnection) -> Any:
    await client.send('{"type":"ping"}')
    return await client.recv()


async def leaves(http: httpx.AsyncClient) -> None:
    """Waits until readiness says so."""
    while "draining" not in (response := await http.get("/health/ready")).json():
        pass
    assert (response.status_code, response.json()) == (503, {"ready": False, "draining": True})


async def exit_code(command: Command) -> int:
    return await asyncio.to_thread(command.process.wait, PATIENCE_S)


async def test_it_ends_in_an_order_in_which_nobody_loses_anything(tmp_path: Path) -> None:
    held = Held(reply(LATEST))
    async with Outside().running() as outside, asyncio.timeout(PATIENCE_S):
        outside.says(held)
        settings = NO_SERVICES | {"HEDDLE_OPERATION_TIMEOUT_S": "60", "HEDDLE_RATES_URL": outside.url}
        with started(tmp_path, *OPTIONS, HEDDLE_DRAIN_S="2", **settings) as command:
            async with httpx.AsyncClient(base_url=command.url, timeout=PATIENCE_S) as http, sockets(command) as clients:
                slow = asyncio.create_task(http.post("/graphql", json=RATES))
                await held.arrived.wait()
                command.process.send_signal(signal.SIGTERM)

                await leaves(http)
                served = await http.post("/graphql", json=QUICK)
                assert (served.json(), served.headers["connection"]) == (ANSWERED, "close")
                assert [await pong(client) for client in clients] == ['{"type":"pong"}'] * SOCKETS

                ends = [asyncio.create_task(closed(client)) for client in clients]
                await asyncio.wait(ends, return_when=FIRST_COMPLETED)
                assert '{"type":"pong"}' in [
                    await pong(client) for client, end in zip(clients, ends, strict=True) if not end.done()
                ], "all sockets were closed in one moment"
                with pytest.raises(httpx.ConnectError):
                    await http.post("/graphql", json=QUICK)
                assert await asyncio.gather(*ends) == [RESTARTING] * SOCKETS

                assert not slow.done()
                held.let_go.set()
                assert (await slow).json() == {"data": {"exchangeRates": {"date": "2026-03-02"}}}
                assert await exit_code(command) == 0
                assert command.complaints == []


@pytest.mark.parametrize("workers", ["1", "2"])
async def test_a_second_signal_ends_all_at_once(tmp_path: Path, workers: str) -> None:
    held = Held(reply(LATEST))
    async with Outside().running() as outside, asyncio.timeout(PATIENCE_S):
        outside.says(held)
        settings = NO_SERVICES | {"HEDDLE_DRAIN_S": "600", "HEDDLE_RATES_URL": outside.url}
        with started(tmp_path, *OPTIONS, "--workers", workers, **settings) as command:
            async with httpx.AsyncClient(base_url=command.url, timeout=PATIENCE_S) as http, sockets(command) as clients:
                slow = asyncio.create_task(http.post("/graphql", json=RATES))
                await held.arrived.wait()
                family = command.family()
                command.process.send_signal(signal.SIGINT)
                await leaves(http)
                command.process.send_signal(signal.SIGINT)
                assert await exit_code(command) == 0
                wait_until_ended(*family)
                await asyncio.wait([slow])
                for client in clients:
                    await client.wait_closed()


async def test_workers_are_replaced_while_every_request_is_answered(tmp_path: Path) -> None:
    async with asyncio.timeout(PATIENCE_S):
        with started(tmp_path, *OPTIONS, "--workers", "2", **NO_SERVICES) as command:
            each_anew = {"connection": "close"}
            async with (
                sockets(command) as clients,
                httpx.AsyncClient(base_url=command.url, timeout=PATIENCE_S, headers=each_anew) as http,
            ):
                before = set(command.family())

                def replaced() -> bool:
                    now = set(command.family())
                    return len(now - before) == 2 and len(now) == len(before)

                command.process.send_signal(signal.SIGHUP)
                ends = asyncio.gather(*(closed(client) for client in clients))
                while not (ends.done() and replaced()):
                    assert (await http.post("/graphql", json=QUICK)).json() == ANSWERED
                    await asyncio.sleep(0.01)  # the workers that start need the machine, too
                assert await ends == [RESTARTING] * SOCKETS
                after = command.family()
                command.process.send_signal(signal.SIGTERM)
                assert await exit_code(command) == 0
                wait_until_ended(*after)
