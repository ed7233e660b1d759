"""Pings, dead clients and slow ones: nothing of a socket outlives it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest
from structlog.testing import capture_logs

from gateway.limits.connections import Connections
from gateway.page import Page
from gateway.request import Caller, GraphQLRequest
from gateway.websocket import SocketLimits
from tests.gateway.websocket.client import MAX_FRAME_BYTES, SUBSCRIBE, Dial, Feed, me
from tests.metrics import Figures


async def test_pings_are_answered_and_pongs_are_welcome_at_any_time(dial: Dial) -> None:
    async with dial(me) as client:
        assert await client.ask({"type": "pong"}, {"type": "ping", "payload": {"a": 1}}) == [{"type": "pong"}]
        await client.init()
        assert await client.ask({"type": "pong", "payload": None}, {"type": "ping"}) == [{"type": "pong"}]


async def test_the_server_pings_and_stays_while_pongs_come(dial: Dial) -> None:
    async with dial(me, limits=SocketLimits(ping_interval_s=0.01)) as client:
        await client.init()
        for _ in range(3):
            assert await client.hear() == {"type": "ping"}
            await client.say({"type": "pong"})


async def test_without_a_pong_the_socket_is_closed_and_its_operations_end(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run, limits=SocketLimits(ping_interval_s=0.2, pong_timeout_s=0.5)) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        assert await client.hear() == {"type": "ping"}
        await client.say({"type": "pong"})
        assert await client.hear() == {"type": "ping"}
        assert await client.closed() == (4499, "Terminated: no pong came")
        assert await feed.end() == "a"


async def flood(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
    while True:
        yield Page((b'{"data":"' + b"x" * 10_000 + b'"}',))
        await asyncio.sleep(0)


async def test_a_frame_that_uvicorn_refuses_ends_a_busy_socket_without_noise(dial: Dial) -> None:
    with capture_logs() as logs:
        async with dial(flood) as client:
            await client.init()
            await client.ask(SUBSCRIBE)
            await client.say("x" * (MAX_FRAME_BYTES + 1))
            await client.served()
    assert logs == []


async def test_a_client_that_reads_nothing_is_cut_off_and_its_operations_end_first(dial: Dial) -> None:
    ended = False

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        nonlocal ended
        try:
            while True:
                yield Page((b'{"data":"' + b"x" * 1_000_000 + b'"}',))
        finally:
            await asyncio.sleep(0.01)
            ended = True

    async with dial(run, limits=SocketLimits(ping_interval_s=0.3, pong_timeout_s=0.1)) as client:
        await client.init()
        client.connection.transport.pause_reading()
        await client.say(SUBSCRIBE)
        await client.served()
        assert ended
        client.connection.transport.abort()


async def test_what_is_not_read_is_not_made(dial: Dial) -> None:
    """Beyond what the two kernels hold for a client that reads nothing, results wait."""
    made = 0

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        nonlocal made
        while made < 1_000:
            made += 1
            yield Page((b'"%b"' % (b"x" * 100_000),))

    async with dial(run) as client:
        await client.init()
        client.connection.transport.pause_reading()
        await client.say(SUBSCRIBE)
        made_before = -1
        while made_before != made:
            made_before = made
            await asyncio.sleep(0.1)
        assert made < 300
        client.connection.transport.resume_reading()
        while (await client.hear())["type"] == "next":
            pass
        assert made == 1_000


@pytest.mark.parametrize("abrupt", [True, False])
async def test_nothing_is_left_of_a_socket_that_dies(dial: Dial, feed: Feed, abrupt: bool) -> None:
    before, figures = asyncio.all_tasks(), Figures()
    connections = Connections(1)
    with capture_logs() as logs:
        async with dial(feed.run, connections=connections) as client:
            await client.init()
            await feed.begin(client, "1", "a")
            await feed.begin(client, "2", "b")
            if abrupt:
                client.connection.transport.abort()
            else:
                await client.connection.close()
            assert {await feed.end(), await feed.end()} == {"a", "b"}
            await client.served()
        await client.connection.wait_closed()
    left = [repr(task.get_coro()) for task in asyncio.all_tasks() - before]
    assert [task for task in left if "_Connection" in task or "_closed_after" in task] == []
    assert figures("heddle_sockets_open") == 0
    assert logs == []
    async with dial(me, connections=connections) as client:
        await client.init()


async def test_a_socket_that_dies_before_the_init_ends_at_once(dial: Dial) -> None:
    async with dial(me, limits=SocketLimits(init_timeout_s=1_000)) as client:
        client.connection.transport.abort()
        await client.served()
