"""Identical work at the same moment is done once, and never lost with whoever began it."""

import asyncio
from time import monotonic

import pytest

from gateway.sharing import Sharing
from tests.gateway.example import Held

UNTIL = monotonic() + 3_600


class Work:
    """Counts how often it is done; `held` holds it up."""

    def __init__(self) -> None:
        self.done = 0
        self.held = Held()

    async def __call__(self) -> int:
        self.done += 1
        mine = self.done
        await self.held()
        return mine


async def test_the_first_works_and_the_others_wait() -> None:
    sharing, work = Sharing[int](), Work()
    asking = [asyncio.create_task(sharing.once("key", work, UNTIL)) for _ in range(5)]
    await work.held.began.wait()
    work.held.let_go.set()
    assert await asyncio.gather(*asking) == [(1, False)] + [(1, True)] * 4
    assert await sharing.once("key", work, UNTIL) == (2, False), "what has ended is not kept"


async def test_who_comes_with_others_shares_work_that_never_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """It would be over before the second could ask: all but the first time, it gives them a moment."""
    monkeypatch.setattr("gateway.sharing.GATHERING_S", -1.0)  # so that any work took longer
    sharing, work = Sharing[int](), Work()
    work.held.let_go.set()
    assert await sharing.once("key", work, UNTIL) == (1, False)
    assert await asyncio.gather(*(sharing.once("key", work, UNTIL) for _ in range(5))) == [(2, False)] + [(2, True)] * 4


async def test_other_work_is_not_shared() -> None:
    sharing, work = Sharing[int](), Work()
    work.held.let_go.set()
    assert await asyncio.gather(*(sharing.once(key, work, UNTIL) for key in "ab")) == [(1, False), (2, False)]


async def test_where_the_first_leaves_the_next_begins_anew() -> None:
    sharing, work = Sharing[int](), Work()
    first, *others = [asyncio.create_task(sharing.once("key", work, UNTIL)) for _ in range(4)]
    await work.held.began.wait()
    first.cancel()
    await asyncio.wait([first])
    work.held.let_go.set()
    assert sorted(await asyncio.gather(*others)) == [(2, False), (2, True), (2, True)]
    assert first.cancelled()


async def test_who_leaves_one_after_the_other_holds_nobody_up() -> None:
    sharing, work = Sharing[int](), Work()
    first, second, *others = [asyncio.create_task(sharing.once("key", work, UNTIL)) for _ in range(4)]
    for leaving in (first, second):
        await work.held.began.wait()
        work.held.began.clear()
        leaving.cancel()
    await work.held.began.wait()
    work.held.let_go.set()
    assert sorted(await asyncio.gather(*others)) == [(3, False), (4, False)]


async def test_one_who_waited_and_left_takes_nothing_along() -> None:
    sharing, work = Sharing[int](), Work()
    first, second, third = [asyncio.create_task(sharing.once("key", work, UNTIL)) for _ in range(3)]
    await work.held.began.wait()
    second.cancel()
    await asyncio.wait([second])
    work.held.let_go.set()
    assert [*await asyncio.gather(first, third)] == [(1, False), (1, True)]


async def test_a_failure_is_for_who_worked_alone() -> None:
    sharing = Sharing[int]()
    begun = 0

    async def fails_once() -> int:
        nonlocal begun
        begun += 1
        mine = begun
        await asyncio.sleep(0)
        if mine == 1:
            raise ValueError("once")
        return mine

    both = (sharing.once("key", fails_once, UNTIL) for _ in range(2))
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert isinstance(first, ValueError)
    assert second == (2, False)


async def test_nobody_joins_what_began_before_a_write() -> None:
    sharing, work = Sharing[int](), Work()
    before = asyncio.create_task(sharing.once("key", work, UNTIL))
    await work.held.began.wait()
    sharing.seal()
    after = asyncio.create_task(sharing.once("key", work, UNTIL))
    work.held.let_go.set()
    assert [await before, await after] == [(1, False), (2, False)]


async def test_who_waits_has_no_more_time_than_its_own() -> None:
    sharing, work = Sharing[int](), Work()
    first = asyncio.create_task(sharing.once("key", work, UNTIL))
    await work.held.began.wait()
    with pytest.raises(TimeoutError):
        await sharing.once("key", work, monotonic())
    work.held.let_go.set()
    assert await first == (1, False)


@pytest.mark.parametrize("left", [0, 1])
async def test_nothing_is_kept_of_those_who_left(left: int) -> None:
    sharing, work = Sharing[int](), Work()
    asking = [asyncio.create_task(sharing.once("key", work, UNTIL)) for _ in range(left + 1)]
    await work.held.began.wait()
    for one in asking:
        one.cancel()
    await asyncio.wait(asking)
    assert not sharing._under_way
