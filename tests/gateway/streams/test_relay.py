"""A stream of many operations is open in one process, and its other requests reach whichever they like."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from datetime import timedelta

import httpx
import pytest

from datasources.actor import Actor
from datasources.ids import utc_now
from gateway.identity import Tokens
from gateway.limits import Limits
from gateway.streams.relay import PREFIX
from tests.gateway.example import Script, example
from tests.gateway.identity.forging import SECRET
from tests.gateway.serving import PATIENCE_S, served, soon
from tests.gateway.streams.test_reserved import ADA, BO, READS, TOLD, ask, bearer, client, code, opened, reserved
from tests.redis_server import RedisServer, redis_server

SHARED = b"what the processes of the tests share"
TOKENS = Tokens(SECRET)


def process(script: Script, redis: RedisServer) -> AbstractAsyncContextManager[int]:
    limits = Limits(redis_url=redis.url)
    return served(example(script, tokens=TOKENS, limits=limits, alone=False, secret=SHARED))


@pytest.fixture
async def here(script: Script, redis: RedisServer) -> AsyncIterator[httpx.AsyncClient]:
    async with process(script, redis) as port, client(port) as http:
        yield http


@pytest.fixture
async def there(script: Script, redis: RedisServer) -> AsyncIterator[httpx.AsyncClient]:
    async with process(script, redis) as port, client(port) as http:
        yield http


async def test_any_process_passes_requests_on(
    here: httpx.AsyncClient, there: httpx.AsyncClient, script: Script
) -> None:
    now = utc_now()
    old, new = (
        bearer(TOKENS.issue(ADA, [scope], 60, now - timedelta(seconds=age))) for scope, age in (("a", 9), ("b", 5))
    )
    stream = await reserved(there, old)
    assert code(await ask(there, stream, "{ takes }")) == (404, "BAD_REQUEST")
    async with opened(here, stream) as reading:
        assert code(await there.get("", headers=stream | READS)) == (409, "BAD_REQUEST")
        assert (await ask(there, stream, TOLD, feed="a")).status_code == 202
        script.feeds["a"].put("x")
        assert await reading.hear() == ("next", {"id": "1", "payload": {"data": {"told": "x"}}})
        for process in (here, there):
            assert code(await ask(process, stream, TOLD, feed="b")) == (409, "BAD_REQUEST")
        assert code(await ask(there, stream | bearer(TOKENS.issue(BO, [], 60)), "{ takes }")) == (403, "FORBIDDEN")
        assert (await there.delete("", params={"operationId": "1"}, headers=stream)).status_code == 200
        await soon(script.feeds["a"].ended)
        variables = {"query": "query Q($n: Int!) { takes(number: $n) }", "n": 7}
        assert (await ask(there, stream | new, variables.pop("query"), "2", **variables)).status_code == 202  # type: ignore[arg-type]
        assert await reading.hear() == ("next", {"id": "2", "payload": {"data": {"takes": 7}}})
    assert script.contexts[-1].actor == Actor(ADA, frozenset({"b"}))
    async with asyncio.timeout(PATIENCE_S):
        while (await ask(there, stream, "{ takes }")).status_code != 404:
            pass


async def test_messages_of_others_are_no_messages(here: httpx.AsyncClient, redis: RedisServer, script: Script) -> None:
    stream = await reserved(here)
    async with opened(here, stream):
        (channel,) = redis.client.pubsub_channels(PREFIX + "*")
        asks = {"holder": None, "run": "1", "request": {"query": "{ takes }"}, "caller": ["1", ""]}
        forged = json.dumps({"from": "x", "number": "1", "asks": asks}).encode()
        assert redis.client.publish(channel, b"x" * 16 + forged) == 1
        assert redis.client.publish(channel, b"") == 1
        assert (await ask(here, stream, TOLD, feed="a")).status_code == 202
        await soon(script.feeds["a"].began)
    assert len(script.contexts) == 1


async def test_while_redis_is_away_requests_are_refused_and_then_go_on(script: Script) -> None:
    async with AsyncExitStack() as stack:
        redis = stack.enter_context(redis_server())
        here, there = [
            await stack.enter_async_context(client(await stack.enter_async_context(process(script, redis))))
            for _ in range(2)
        ]
        stream = await reserved(here)
        reading = await stack.enter_async_context(opened(here, stream))

        async def asked(of: httpx.AsyncClient) -> bool:
            if (await ask(of, stream, "{ takes }")).status_code in (503, 404):  # until it is listened to again
                return False
            return [(await reading.hear())[0] for _ in range(2)] == ["next", "complete"]

        async with asyncio.timeout(PATIENCE_S):
            assert await asked(there)
            redis.stop()
            assert not await asked(there)
            assert await asked(here)
            redis.start()
            while not await asked(there):
                assert await asked(here)
