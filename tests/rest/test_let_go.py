"""Calls that failed, or that nobody waits for any more, are let go at once: a dead service must not fill the memory."""

import asyncio
import gc
import weakref
from collections.abc import Callable, Iterator

import pytest

from datasources.errors import SourceError, SourceUnavailable
from datasources.rest import RestService
from datasources.rest.flights import Flight
from tests.rest.outside import Held, Outside, http, json

IDS = [str(n) for n in range(20)]


def held() -> list[object]:
    return [one for one in gc.get_objects() if isinstance(one, Flight | SourceError)]


@pytest.fixture
def left() -> Iterator[Callable[[], list[object]]]:
    """What is there since, without the collector."""
    gc.collect()
    gc.disable()
    before = {id(one): one for one in held()}
    yield lambda: [one for one in held() if id(one) not in before]
    gc.enable()


@pytest.mark.parametrize("shared", [True, False])
async def test_failed(outside: Outside, shop: RestService, left: Callable[[], list[object]], shared: bool) -> None:
    outside.says(http(403))
    found = await shop.get_many("/items/{}", IDS, answer=dict, shared=shared)
    assert [type(one).__base__ for one in found] == [SourceUnavailable] * len(IDS)
    del found
    assert left() == []


async def test_replaced_by_what_was_known(
    outside: Outside, shop: RestService, left: Callable[[], list[object]]
) -> None:
    outside.says(json({"a": 1}, cache_control="max-age=0, stale-if-error=60", etag='"1"'), http(403))
    for _ in range(2):
        assert await shop.get("/items/{}", "a", answer=dict) == {"a": 1}
    assert left() == []


async def test_cancelled(outside: Outside, shop: RestService, left: Callable[[], list[object]]) -> None:
    reply = Held(json({}))
    outside.says(reply)
    asking = [asyncio.create_task(shop.get_many("/items/{}", IDS, answer=dict))]
    await reply.arrived.wait()
    asking[0].cancel()
    await asyncio.wait(asking)
    asked = weakref.ref(asking.pop())
    await reply.left.wait()
    assert asked() is None
    assert left() == []
