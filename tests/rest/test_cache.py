"""Answers are kept as the service allows, stand in for it when it fails, and are never lies."""

import asyncio

import pytest

from datasources.calls import collected
from datasources.errors import SourceRefused, SourceTimeout, SourceUnavailable
from datasources.rest import RestService
from tests.rest.conftest import Clock, Connect
from tests.rest.outside import Act, Held, Outside, hang_up, http, json, say_nothing

A, B = {"v": 1}, {"v": 2}


async def get(shop: RestService, cache_s: float = 0.0, id: str = "a") -> dict[str, int]:
    return await shop.get("/items/{}", id, answer=dict[str, int], cache_s=cache_s)


@pytest.mark.parametrize(
    ("cache_control", "cache_s", "fresh_s"),
    [
        ("max-age=60", 0, 60),
        ("private, Max-Age=60", 0, 60),
        ("max-age=60", 3600, 60),
        ("public", 60, 60),
        ("", 60, 60),
    ],
)
async def test_an_answer_is_fresh_for_as_long_as_is_said(
    outside: Outside, shop: RestService, clock: Clock, cache_control: str, cache_s: float, fresh_s: float
) -> None:
    outside.says(json(A, cache_control=cache_control), json(B))
    with collected() as calls:
        assert await get(shop, cache_s) == A
        clock.now += fresh_s - 1
        assert await get(shop, cache_s) == A
        clock.now += 2
        assert await get(shop, cache_s) == B
    assert [call.cached for call in calls] == [0, 1, 0]
    assert len(outside.asked) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"Cache-Control": "no-store, max-age=60"},
        {"Cache-Control": "no-cache"},
        {"Cache-Control": "max-age=0"},
        {"Cache-Control": "max-age=soon"},
        {"Cache-Control": "max-age=60", "Age": "60"},
        {"Cache-Control": "max-age=60", "Vary": "Accept, *"},
        {"Expires": "0"},
        {"Expires": "Wed, 21 Oct 2015 07:28:00 GMT"},
    ],
)
async def test_an_answer_is_not_kept_where_the_service_says_so(
    outside: Outside, shop: RestService, headers: dict[str, str]
) -> None:
    outside.says(http(200, b'{"v": 1}', **headers), json(B))
    assert [await get(shop, cache_s=60), await get(shop, cache_s=60)] == [A, B]


async def test_what_expires_does_so_by_the_services_own_clock(
    outside: Outside, shop: RestService, clock: Clock
) -> None:
    headers = {"Date": "Wed, 21 Oct 2015 07:28:00 GMT", "Expires": "Wed, 21 Oct 2015 07:29:00 GMT"}
    outside.says(http(200, b'{"v": 1}', **headers), json(B))
    assert await get(shop) == A
    clock.now += 59
    assert await get(shop) == A
    clock.now += 2
    assert await get(shop) == B


async def test_without_a_word_nothing_is_kept(outside: Outside, shop: RestService) -> None:
    outside.says(json(A), json(B), json({}, 500))
    assert [await get(shop), await get(shop)] == [A, B]
    with pytest.raises(SourceUnavailable):
        await get(shop)


async def test_an_etag_is_confirmed_and_renewed(outside: Outside, shop: RestService, clock: Clock) -> None:
    outside.says(json(A, etag='"1"', cache_control="max-age=10"), http(304, etag='"1"', cache_control="max-age=10"))
    assert await get(shop) == A
    clock.now += 11
    assert await get(shop) == A
    clock.now += 9
    assert await get(shop) == A
    assert [asked.headers.get("if-none-match") for asked in outside.asked] == [None, '"1"']
    clock.now += 2
    outside.says(json(B, etag='"2"', cache_control="no-cache"), http(304))
    assert [await get(shop), await get(shop), await get(shop)] == [B, B, B]
    assert [asked.headers.get("if-none-match") for asked in outside.asked[2:]] == ['"1"', '"2"', '"2"']


async def test_the_same_url_read_as_another_type_is_another_answer(outside: Outside, shop: RestService) -> None:
    outside.says(json({"v": "1"}, cache_control="max-age=60"))
    assert await shop.get("/items", answer=dict[str, int]) == {"v": 1}
    assert await shop.get("/items", answer=dict[str, str]) == {"v": "1"}
    assert len(outside.asked) == 2


@pytest.mark.parametrize("failure", [json({}, 500), hang_up, json("a lie"), json({}, 429), json({}, 401)])
async def test_a_stale_answer_stands_in_for_a_failing_service(
    outside: Outside, connect: Connect, clock: Clock, failure: bytes | Act
) -> None:
    shop = connect(stale_s=100)
    outside.says(json(A, cache_control="max-age=10"), failure)
    assert await get(shop) == A
    clock.now += 109
    with collected() as calls:
        assert await get(shop) == A
    assert [(call.cached, call.failed) for call in calls] == [(1, False)]
    clock.now += 2
    with pytest.raises(SourceUnavailable):
        await get(shop)
    outside.says(json(B))
    clock.now += 10  # past the breaker's pause
    assert await get(shop) == B


async def test_a_stale_answer_stands_in_for_a_slow_service_and_a_broken_one(
    outside: Outside, connect: Connect, clock: Clock
) -> None:
    shop = connect(timeout_s=0.3)
    outside.says(json(A), say_nothing)
    assert await get(shop, cache_s=10) == A
    clock.now += 11
    assert [await get(shop) for _ in range(8)] == [A] * 8
    assert len(outside.asked) == 6
    with pytest.raises(SourceUnavailable):
        await get(shop, id="other")


@pytest.mark.parametrize(
    ("cache_control", "stale_s"),
    [("max-age=10, must-revalidate", 0), ("no-cache", 0), ("max-age=10, stale-if-error=5", 5)],
)
async def test_the_service_limits_how_long_a_stale_answer_stands_in(
    outside: Outside, shop: RestService, clock: Clock, cache_control: str, stale_s: float
) -> None:
    outside.says(json(A, etag='"1"', cache_control=cache_control), json({}, 500))
    assert await get(shop) == A
    if stale_s:
        clock.now += 10 + stale_s - 1
        assert await get(shop) == A
    clock.now += 11
    with pytest.raises(SourceUnavailable):
        await get(shop)


async def test_a_lie_is_not_kept(outside: Outside, shop: RestService) -> None:
    outside.says(json("a lie", cache_control="max-age=60", etag='"1"'), json(A))
    with pytest.raises(SourceUnavailable):
        await get(shop)
    assert await get(shop) == A
    assert "if-none-match" not in outside.asked[1].headers


async def test_what_is_gone_does_not_come_back_from_the_cache(
    outside: Outside, shop: RestService, clock: Clock
) -> None:
    outside.says(json(A, cache_control="max-age=10"), json({}, 404), json({}, 500))
    assert await get(shop) == A
    clock.now += 11
    with pytest.raises(SourceRefused):
        await get(shop)
    with pytest.raises(SourceUnavailable):
        await get(shop)


async def test_a_write_forgets_what_it_changes(outside: Outside, shop: RestService) -> None:
    outside.says(json(A, cache_control="max-age=60"))
    for target in ("/items", "/items/a", "/items/b", "/people"):
        await shop.get(target, answer=dict)
    await shop.get("/items", answer=dict, params={"page": 2})
    await shop.post("/items/{}/change", "a", answer=dict)
    assert await get_again(outside, shop) == ["/items", "/items/a", "/items?page=2"]


async def test_a_read_from_before_a_write_is_not_kept_after_it(outside: Outside, shop: RestService) -> None:
    before = Held(json({"status": "old"}, cache_control="max-age=60"))
    outside.says(before, json({}), json({"status": "new"}))
    early = asyncio.create_task(shop.get("/items/{}", "a", answer=dict))
    await before.arrived.wait()
    await shop.post("/items/{}/change", "a", answer=dict)
    before.let_go.set()
    assert await early == {"status": "old"}
    assert await shop.get("/items/{}", "a", answer=dict) == {"status": "new"}


async def get_again(outside: Outside, shop: RestService) -> list[str]:
    """Which of the five are asked for again."""
    before = len(outside.asked)
    for target in ("/items", "/items/a", "/items/b", "/people"):
        await shop.get(target, answer=dict)
    await shop.get("/items", answer=dict, params={"page": 2})
    return outside.targets[before:]


async def test_the_least_recently_used_leave_a_full_cache(outside: Outside, connect: Connect) -> None:
    outside.says(json("x" * 98, cache_control="max-age=60"))  # 100 bytes
    shop = connect(cache_bytes=250)
    for id in ("a", "b", "a", "c", "a", "b"):
        await shop.get("/{}", id, answer=str)
    assert outside.targets == ["/a", "/b", "/c", "/b"]


async def test_a_fresh_answer_needs_no_time(outside: Outside, connect: Connect) -> None:
    shop = connect(timeout_s=0.3)
    outside.says(json(A), say_nothing)
    await get(shop, cache_s=60)
    assert await get(shop) == A
    with pytest.raises(SourceTimeout):
        await get(shop, id="other")


async def test_an_expired_answer_is_asked_for_once(outside: Outside, shop: RestService, clock: Clock) -> None:
    held = Held(json(B))
    outside.says(json(A, cache_control="max-age=10"), held)
    await get(shop)
    clock.now += 11
    tasks = [asyncio.create_task(get(shop)) for _ in range(20)]
    await held.arrived.wait()
    held.let_go.set()
    assert await asyncio.gather(*tasks) == [B] * 20
    assert len(outside.asked) == 2
