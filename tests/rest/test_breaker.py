"""A dead service is left alone, and asked again by one call at a time."""

import asyncio
import time

import pytest

from datasources.deadline import deadline
from datasources.errors import SourceTimeout, SourceUnavailable
from datasources.rest import RestService
from tests.rest.conftest import Clock, Connect
from tests.rest.outside import Act, Held, Outside, hang_up, json, say_nothing

LEFT_ALONE = "left alone after"


async def fail(shop: RestService, times: int = 5) -> None:
    for _ in range(times):
        with pytest.raises(SourceUnavailable):
            await shop.post("/items", answer=dict)


async def left_alone(outside: Outside, shop: RestService) -> bool:
    """Whether the service is not even asked."""
    before = len(outside.asked)
    try:
        await shop.post("/items", answer=dict)
    except SourceUnavailable as error:
        return LEFT_ALONE in error.detail and len(outside.asked) == before
    return False


@pytest.mark.parametrize("failure", [json({}, 500), hang_up, json("a lie"), json({}, 302)])
async def test_five_failures_in_a_row_open_it(outside: Outside, shop: RestService, failure: bytes | Act) -> None:
    outside.says(failure)
    await fail(shop, 5)
    started = time.monotonic()
    with pytest.raises(SourceUnavailable) as refused:
        await shop.get("/items", answer=dict)
    assert time.monotonic() - started < 0.5
    assert refused.value.detail.startswith("left alone after 5 failures, the last: /items: ")
    assert len(outside.asked) == 5


async def test_time_outs_open_it(outside: Outside, connect: Connect) -> None:
    outside.says(say_nothing)
    shop = connect(timeout_s=0.05)
    for _ in range(5):
        with pytest.raises(SourceTimeout):
            await shop.get("/items", answer=dict)
    with pytest.raises(SourceUnavailable, match="not available"):
        await shop.get("/items", answer=dict)
    assert len(outside.asked) == 5


async def test_one_slow_read_of_many_waiters_is_one_failure(outside: Outside, connect: Connect) -> None:
    outside.says(say_nothing, json({}))
    shop = connect(timeout_s=0.4)
    late = await asyncio.gather(*(shop.get("/items", answer=dict) for _ in range(20)), return_exceptions=True)
    assert [type(one) for one in late] == [SourceTimeout] * 20
    assert await shop.get("/items", answer=dict) == {}


async def test_a_read_that_is_joined_again_and_again_ends_too(outside: Outside, connect: Connect) -> None:
    """There is always somebody who waits for it, so that it would never be found to take too long."""
    outside.says(say_nothing)
    shop = connect(timeout_s=0.1)
    asking: list[asyncio.Task[object]] = []
    async with asyncio.timeout(10):
        while not any(task.done() and type(task.exception()) is SourceUnavailable for task in asking):
            asking.append(asyncio.create_task(shop.get("/items", answer=dict)))
            await asyncio.sleep(0.02)  # so that the next one finds it in flight
    await asyncio.gather(*asking, return_exceptions=True)


async def test_operations_in_a_hurry_do_not_open_it(outside: Outside, shop: RestService) -> None:
    outside.says(*[say_nothing] * 6, json({}))
    for _ in range(6):
        with deadline(0.02), pytest.raises(SourceTimeout):
            await shop.get("/items", answer=dict)
    assert await shop.get("/items", answer=dict) == {}


@pytest.mark.parametrize(("status", "found"), [(200, {}), (404, None)])
async def test_an_answer_between_failures_keeps_it_closed(
    outside: Outside, shop: RestService, status: int, found: object
) -> None:
    outside.says(*[json({}, 500)] * 4, json({}, status), *[json({}, 500)] * 4, json({}))
    await fail(shop, 4)
    assert await shop.get_many("/items/{}", ["a"], answer=dict) == [found]
    await fail(shop, 4)
    assert await shop.post("/items", answer=dict) == {}


@pytest.mark.parametrize("status", [401, 403, 429])
async def test_being_turned_away_does_not_open_it(outside: Outside, shop: RestService, status: int) -> None:
    outside.says(json({}, status))
    await fail(shop, 9)
    assert len(outside.asked) == 9


async def test_retries_stop_when_it_opens(outside: Outside, shop: RestService) -> None:
    outside.says(json({}, 500))
    await fail(shop, 4)
    with pytest.raises(SourceUnavailable):
        await shop.get("/items", answer=dict)
    assert len(outside.asked) == 5


async def test_half_open_lets_one_probe_in_and_its_success_everyone(
    outside: Outside, shop: RestService, clock: Clock
) -> None:
    outside.says(json({}, 500))
    await fail(shop)
    clock.now += 5
    probe = Held(json({}))
    outside.says(probe, json({}))
    tasks = [asyncio.create_task(shop.get("/items/{}", one, answer=dict)) for one in range(50)]
    await probe.arrived.wait()
    done, waiting = await asyncio.wait(tasks, timeout=5, return_when=asyncio.FIRST_COMPLETED)
    while len(waiting) > 1:
        more, waiting = await asyncio.wait(waiting, timeout=5, return_when=asyncio.FIRST_COMPLETED)
        done |= more
    assert len(outside.asked) == 6
    details = {str(getattr(task.exception(), "detail", ""))[: len(LEFT_ALONE)] for task in done}
    assert (len(done), details) == (49, {LEFT_ALONE})
    probe.let_go.set()
    assert await waiting.pop() == {}
    assert await shop.get("/items", answer=dict) == {}


async def test_nobody_waits_for_the_probe_of_another(outside: Outside, shop: RestService, clock: Clock) -> None:
    outside.says(json({}, 500))
    await fail(shop)
    clock.now += 5
    probe = Held(json({"a": 1}))
    outside.says(probe)
    probing = asyncio.create_task(shop.get("/items", answer=dict))
    await probe.arrived.wait()
    with pytest.raises(SourceUnavailable) as refused:
        await shop.get("/items", answer=dict)
    assert LEFT_ALONE in refused.value.detail
    probe.let_go.set()
    assert await probing == {"a": 1}


async def test_a_slow_probe_goes_on_without_who_asked(outside: Outside, connect: Connect, clock: Clock) -> None:
    shop = connect(timeout_s=2)
    outside.says(json({}, 500))
    await fail(shop)
    clock.now += 5
    probe = Held(json({}))
    outside.says(probe, json({"a": 1}))
    with pytest.raises(SourceUnavailable) as refused:
        await shop.get("/items", answer=dict)
    assert refused.value.detail.startswith("/items: left alone")
    assert await left_alone(outside, shop)
    probe.let_go.set()
    async with asyncio.timeout(5):
        while await left_alone(outside, shop):  # noqa: ASYNC110 # nothing else tells
            await asyncio.sleep(0.01)
    assert await shop.get("/items", answer=dict) == {"a": 1}


async def test_a_failed_probe_keeps_it_open(outside: Outside, shop: RestService, clock: Clock) -> None:
    outside.says(json({}, 500))
    await fail(shop)
    clock.now += 5
    await fail(shop, 1)
    assert len(outside.asked) == 6
    clock.now += 4
    assert await left_alone(outside, shop)
    clock.now += 1
    outside.says(json({}))
    assert await shop.get("/items", answer=dict) == {}


async def test_a_cancelled_probe_gives_way_to_another(outside: Outside, shop: RestService, clock: Clock) -> None:
    outside.says(json({}, 500))
    await fail(shop)
    clock.now += 5
    probe = Held(json({}))
    outside.says(probe, json({}))
    task = asyncio.create_task(shop.get("/items", answer=dict))
    await probe.arrived.wait()
    task.cancel()
    await asyncio.wait([task])
    assert await left_alone(outside, shop)
    clock.now += 5
    assert await shop.get("/items", answer=dict) == {}


async def test_a_check_asks_whatever_the_breaker_says_and_closes_it(outside: Outside, connect: Connect) -> None:
    shop = connect(health_path="/health")
    outside.says(json({}, 500))
    await fail(shop)
    with pytest.raises(SourceUnavailable) as failed:
        await shop.check()
    assert failed.value.detail == "/health: HTTP 500"
    assert await left_alone(outside, shop)
    outside.says(json({}, cache_control="max-age=60"))
    await shop.check()
    await shop.check()
    assert outside.targets[5:] == ["/health"] * 3
    assert await shop.get("/items", answer=dict) == {}
