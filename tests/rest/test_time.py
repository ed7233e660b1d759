"""Deadlines and retries: a call ends in time, whatever the service does with its bytes."""

import asyncio
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from datasources.calls import collected
from datasources.deadline import deadline
from datasources.errors import SourceRefused, SourceTimeout, SourceUnavailable
from datasources.ids import utc_now
from datasources.rest import RestService
from tests.rest.conftest import Connect
from tests.rest.outside import Act, Asked, Held, Outside, hang_up, json, say_nothing


async def drip(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    while not writer.is_closing():
        writer.write(b" ")
        await asyncio.sleep(0.02)


@pytest.mark.parametrize("slow", [say_nothing, drip])
async def test_the_operation_deadline_ends_a_call_a_little_before_it(
    outside: Outside, shop: RestService, slow: Act
) -> None:
    outside.says(slow)
    with deadline(1):
        started = time.monotonic()
        with pytest.raises(SourceTimeout) as late:
            await shop.get("/items/{}", "ada", answer=dict)
        took = time.monotonic() - started
        with pytest.raises(SourceTimeout):
            await shop.post("/items", answer=dict)
    assert (late.value.source, late.value.detail) == ("shop", "/items/{}")
    assert 0.85 < took < 1


@pytest.mark.parametrize("slow", [say_nothing, drip])
async def test_a_call_ends_by_its_own_time_out(outside: Outside, connect: Connect, slow: Act) -> None:
    outside.says(slow)
    shop = connect(timeout_s=0.2)
    for call in (shop.get("/items", answer=dict), shop.post("/items", answer=dict), shop.check()):
        with pytest.raises(SourceTimeout):
            await asyncio.wait_for(call, 2)


async def test_many_end_by_the_time_out_of_one(outside: Outside, connect: Connect) -> None:
    outside.says(say_nothing)
    started = time.monotonic()
    found = await connect(timeout_s=0.3).get_many("/items/{}", range(30), answer=dict, concurrency=2)
    assert [type(one) for one in found] == [SourceTimeout] * 30
    assert time.monotonic() - started < 2


async def test_nothing_is_asked_when_no_time_is_left(outside: Outside, shop: RestService) -> None:
    with deadline(0), pytest.raises(SourceTimeout) as late:
        await shop.get("/items", answer=dict)
    assert (late.value.detail, outside.asked) == ("/items: no time was left to ask", [])


async def test_a_call_that_its_caller_cancels_hangs_up(outside: Outside, shop: RestService) -> None:
    for call in (shop.get("/items", answer=dict), shop.post("/items", answer=dict)):
        held = Held(json({}))
        outside.says(held)
        task = asyncio.create_task(call)
        await held.arrived.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.wait_for(held.left.wait(), 5)


@pytest.mark.parametrize("failure", [json({}, 500), json({}, 408), json({}, 503), json({}, 429), hang_up])
async def test_reads_are_retried(outside: Outside, shop: RestService, failure: bytes | Act) -> None:
    outside.says(failure, failure, json({"a": 1}))
    with collected() as calls:
        assert await shop.get("/items", answer=dict) == {"a": 1}
    assert len(outside.asked) == 3
    # aiohttp replaces a connection that was hung up on once by itself.
    assert [call.retries for call in calls] == [1 if failure is hang_up else 2]


@pytest.mark.parametrize(("key", "times"), [(None, 1), ("k", 3)])
@pytest.mark.parametrize("failure", [json({}, 503), hang_up])
async def test_posts_are_retried_only_where_that_is_safe(
    outside: Outside, shop: RestService, failure: bytes | Act, key: str | None, times: int
) -> None:
    outside.says(failure)
    with pytest.raises(SourceUnavailable):
        await shop.post("/items", answer=dict, json={"a": 1}, idempotency_key=key)
    assert [asked.body for asked in outside.asked] == [b'{"a":1}'] * times


async def test_a_service_that_stays_busy_is_unavailable(outside: Outside, shop: RestService) -> None:
    outside.says(json({}, 429))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert (failed.value.detail, len(outside.asked)) == ("/items: HTTP 429", 3)


@pytest.mark.parametrize("status", [429, 503])
async def test_retry_after_is_waited_for(outside: Outside, shop: RestService, status: int) -> None:
    outside.says(json({}, status, retry_after="1"), json({"a": 1}))
    started = time.monotonic()
    assert await shop.get("/items", answer=dict) == {"a": 1}
    assert 1 <= time.monotonic() - started < 2


async def test_a_wait_that_outlasts_the_deadline_is_not_begun(outside: Outside, shop: RestService) -> None:
    in_an_hour = format_datetime(utc_now() + timedelta(hours=1), usegmt=True)
    for said in ("30", in_an_hour):
        outside.says(json({}, 503, retry_after=said))
        started = time.monotonic()
        with pytest.raises(SourceUnavailable):
            await shop.get("/items", answer=dict)
        assert time.monotonic() - started < 3
    assert len(outside.asked) == 2


PAST = "Wed, 21 Oct 2015 07:28:00"


@pytest.mark.parametrize("said", ["soon", "-5", "²", PAST, f"{PAST} GMT", PAST.replace("2015", "9" * 20)])
async def test_an_unreadable_or_past_retry_after_is_no_wait(outside: Outside, shop: RestService, said: str) -> None:
    outside.says(json({}, 503, retry_after=said), json({"a": 1}))
    assert await shop.get("/items", answer=dict) == {"a": 1}


async def test_refusals_are_not_retried(outside: Outside, shop: RestService) -> None:
    outside.says(json({}, 404))
    with pytest.raises(SourceRefused):
        await shop.get("/items", answer=dict)
    assert len(outside.asked) == 1
