"""Identical reads in flight are one request, and nobody in it depends on another."""

import asyncio
from typing import Any

import pytest

from datasources.deadline import deadline
from datasources.errors import SourceTimeout, SourceUnavailable
from datasources.rest import RestService
from tests.rest.outside import Held, Outside, json


def ask(shop: RestService, within_s: float = 5.0, id: str = "a", answer: type[Any] = dict) -> asyncio.Task[Any]:
    async def asked() -> Any:
        with deadline(within_s):
            return await shop.get("/items/{}", id, answer=answer)

    return asyncio.create_task(asked())


async def test_identical_reads_are_one_request(outside: Outside, shop: RestService) -> None:
    held = Held(json({"a": 1}))
    outside.says(held)
    tasks = [ask(shop) for _ in range(50)]
    await held.arrived.wait()
    tasks += [ask(shop) for _ in range(50)]
    held.let_go.set()
    assert await asyncio.gather(*tasks) == [{"a": 1}] * 100
    assert outside.targets == ["/items/a"]
    assert await ask(shop) == {"a": 1}
    assert outside.targets == ["/items/a"] * 2


async def test_reads_that_are_not_shared_are_requests_of_their_own(outside: Outside, shop: RestService) -> None:
    """And are not kept, for how long they would be fresh."""
    both = asyncio.gather(*(shop.get("/items/{}", "a", answer=dict, cache_s=60, shared=False) for _ in range(2)))
    assert len(await both) == 2
    await shop.get_many("/items/{}", ["a", "a"], answer=dict, cache_s=60, shared=False)
    assert outside.targets == ["/items/a"] * 4


async def test_other_ids_and_other_types_are_other_requests(outside: Outside, shop: RestService) -> None:
    tasks = [ask(shop), ask(shop, id="b"), ask(shop, answer=dict[str, int])]
    await asyncio.gather(*tasks)
    assert sorted(outside.targets) == ["/items/a", "/items/a", "/items/b"]


async def test_a_failure_is_everyones(outside: Outside, shop: RestService) -> None:
    outside.says(json("?"))
    failures = await asyncio.gather(*(ask(shop, answer=dict) for _ in range(5)), return_exceptions=True)
    assert [type(one) for one in failures if isinstance(one, SourceUnavailable)] == [type(failures[0])] * 5
    assert len(outside.asked) == 1


async def test_a_cancelled_waiter_leaves_the_others_alone(outside: Outside, shop: RestService) -> None:
    held = Held(json({"a": 1}))
    outside.says(held)
    first, second, third = ask(shop), ask(shop), ask(shop)
    await held.arrived.wait()
    first.cancel()
    third.cancel()
    await asyncio.wait([first, third])
    held.let_go.set()
    assert await second == {"a": 1}
    assert (first.cancelled(), third.cancelled(), len(outside.asked)) == (True, True, 1)


async def test_each_waiter_has_its_own_deadline(outside: Outside, shop: RestService) -> None:
    held = Held(json({"a": 1}))
    outside.says(held)
    hasty, patient = ask(shop, within_s=0.2), ask(shop)
    with pytest.raises(SourceTimeout):
        await hasty
    assert not patient.done()
    held.let_go.set()
    assert await patient == {"a": 1}
    assert len(outside.asked) == 1


async def test_a_patient_waiter_gets_the_retry_that_the_first_had_no_time_for(
    outside: Outside, shop: RestService
) -> None:
    held = Held(json({}, 503, retry_after="1"))
    outside.says(held, json({"a": 1}))
    hasty, patient = ask(shop, within_s=0.5), ask(shop)
    await held.arrived.wait()
    held.let_go.set()
    with pytest.raises(SourceTimeout):
        await hasty
    assert await patient == {"a": 1}


async def test_the_last_to_leave_ends_the_request_and_the_next_begins_anew(outside: Outside, shop: RestService) -> None:
    held = Held(json({"a": 1}))
    outside.says(held, json({"a": 2}))
    first, second = ask(shop), ask(shop)
    await held.arrived.wait()
    first.cancel()
    second.cancel()
    await asyncio.wait([first, second])
    anew = ask(shop)
    await asyncio.wait_for(held.left.wait(), 5)
    assert await anew == {"a": 2}
    assert len(outside.asked) == 2


async def test_a_read_after_a_write_does_not_share_one_from_before_it(outside: Outside, shop: RestService) -> None:
    before = Held(json({"status": "old"}))
    outside.says(before, json({}), json({"status": "new"}))
    early = ask(shop)
    await before.arrived.wait()
    await shop.post("/items/{}/change", "a", answer=dict)
    assert await ask(shop) == {"status": "new"}
    before.let_go.set()
    assert await early == {"status": "old"}
