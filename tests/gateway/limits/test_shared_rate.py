"""Processes that share a Redis share the buckets, and go on without it while it is away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import uuid4

import pytest
from structlog.testing import capture_logs

import gateway.limits.shared_rate as gateway_shared_rate
from datasources.actor import Actor
from gateway.limits import Limits
from gateway.limits.rate import Rate
from gateway.limits.refusals import RateLimited
from gateway.limits.shared_rate import SharedRate
from tests.gateway.example import TOKENS, Held, Script, example
from tests.gateway.serving import soon
from tests.gateway_client import Gateway
from tests.redis_server import RedisServer, redis_server


@pytest.fixture
def payer() -> str:
    return uuid4().hex


@pytest.fixture
async def two(redis: RedisServer) -> AsyncIterator[list[SharedRate]]:
    """What two processes have."""
    rates = [SharedRate(Rate(600), redis.url) for _ in range(2)]
    yield rates
    for rate in rates:
        await rate.close()


async def test_a_bucket_is_one_for_all(two: list[SharedRate], payer: str, redis: RedisServer) -> None:
    here, there = two
    await here.take(payer, 400)
    await there.take(payer, 190)
    assert there.quota(payer).left == pytest.approx(10, abs=5)
    with pytest.raises(RateLimited) as refused:
        await here.take(payer, 100)
    assert 5 <= refused.value.retry_after_s <= 9
    assert here.quota(payer).left == pytest.approx(10, abs=5), "it has heard what others took"
    assert 50_000 < redis.client.pttl(f"heddle:rate:{payer}") <= 60_000, "a bucket that is full is not kept"


async def test_what_is_given_back_is_there_for_all(two: list[SharedRate], payer: str) -> None:
    here, there = two
    await here.take(payer, 600)
    here.add(payer, -500)
    await here.take(payer, 1)  # tells it at once
    await there.take(payer, 400)
    there.add(payer, -400)
    async with asyncio.timeout(10):
        while here.quota(payer).left < 400:  # told without another request, soon
            await asyncio.sleep(0.01)
            await here.take(payer, 0)


async def test_debts_are_there_for_all(two: list[SharedRate], payer: str) -> None:
    here, there = two
    here.add(payer, 1_000)
    await here.take(f"{payer} another", 1)
    async with asyncio.timeout(10):
        while there.quota(payer).left == 600:
            try:
                await there.take(payer, 1)
            except RateLimited:
                break


async def test_however_many_ask_at_once_one_connection_does(
    two: list[SharedRate], payer: str, redis: RedisServer
) -> None:
    before = redis.client.info("stats")["total_connections_received"]
    await asyncio.gather(*(two[0].take(f"{payer} {number}", 1) for number in range(50)))
    assert redis.client.exists(*(f"heddle:rate:{payer} {number}" for number in range(50))) == 50
    assert redis.client.info("stats")["total_connections_received"] == before + 1


async def test_who_leaves_while_redis_is_asked_leaves_the_others_alone(two: list[SharedRate], payer: str) -> None:
    here, _ = two
    taking = [asyncio.create_task(here.take(payer, 100)) for _ in range(3)]
    await asyncio.sleep(0)
    taking[1].cancel()
    await asyncio.wait(taking)
    assert [task.cancelled() for task in taking] == [False, True, False]


async def test_full_buckets_are_not_kept(two: list[SharedRate], payer: str, redis: RedisServer) -> None:
    await two[0].take(payer, 5)
    two[0].add(payer, -500)
    await two[0].take(payer, 0)
    assert redis.client.exists(f"heddle:rate:{payer}") == 0


async def test_without_redis_each_process_goes_on_by_itself_and_says_so_once(
    payer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway_shared_rate, "TRY_EVERY_S", 0.0)
    with redis_server() as redis, capture_logs() as logged:
        redis.stop()
        rate = SharedRate(Rate(600), redis.url)
        await rate.take(payer, 300)
        await rate.take(payer, 300)
        with pytest.raises(RateLimited):
            await rate.take(payer, 100)
        rate.add(payer, -100)
        redis.start()
        await rate.take(payer, 50)
        await rate.take(payer, 50)
        assert redis.client.exists(f"heddle:rate:{payer}") == 1
        redis.stop()
        await rate.take(payer, 1)
        await rate.close()
    assert [(entry["log_level"], entry["event"]) for entry in logged] == [
        ("warning", "redis is away: each process limits rates by itself"),
        ("info", "redis is back: rates are limited for all processes together"),
        ("warning", "redis is away: each process limits rates by itself"),
    ]


async def test_a_redis_that_hangs_is_waited_for_by_one_operation_in_a_while(tmp_path: Path, payer: str) -> None:
    asked = 0

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        asked += 1
        await reader.read()
        writer.close()

    path = str(tmp_path / "redis.socket")
    async with await asyncio.start_unix_server(hang, path):
        rate = SharedRate(Rate(600), f"unix://{path}")
        with capture_logs() as logged:
            for _ in range(20):
                await rate.take(payer, 1)
        await rate.close()
    assert asked == 1
    assert len(logged) == 1
    assert rate.quota(payer).left == pytest.approx(580, abs=10)


async def test_two_gateways_share_what_a_caller_has(redis: RedisServer, script: Script) -> None:
    held = script.work = Held()
    ada = Actor(uuid4())
    slow = "{ " + " ".join(f"a{number}: slow" for number in range(4)) + " }"
    apps = [example(script, limits=Limits(cost_per_minute=150, redis_url=redis.url)) for _ in range(2)]
    async with AsyncExitStack() as stack:
        for app in apps:
            await stack.enter_async_context(app.router.lifespan_context(app))
        here, there = (Gateway(app, TOKENS) for app in apps)
        asking = asyncio.create_task(here.data(slow, as_=ada))
        await soon(held.began)
        assert await there.refused(slow, as_=ada) == ["RATE_LIMITED"]
        held.let_go.set()
        await asking
