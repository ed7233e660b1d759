"""Operations compute one after the other, and nobody who waits for something holds up the others."""

import asyncio
import gc
from collections.abc import Awaitable, Callable

import pytest

import gateway.turns as gateway_turns
from gateway.turns import Turns


class Log(list[str]):
    async def work(self, name: str, between: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)) -> str:
        """Two steps of computing, `between` which something is awaited."""
        self.append(f"{name}1")
        await between()
        self.append(f"{name}2")
        return name


@pytest.fixture
def log() -> Log:
    return Log()


async def test_one_after_the_other_in_the_order_of_their_coming(log: Log) -> None:
    turns = Turns()
    assert await asyncio.gather(*(turns.run(log.work, name) for name in "abc")) == ["a", "b", "c"]
    assert log == ["a1", "a2", "b1", "b2", "c1", "c2"]


async def test_who_waits_lets_the_next_begin_and_is_not_held_up_afterwards(log: Log) -> None:
    turns, answered = Turns(), asyncio.Event()
    waiting = asyncio.create_task(turns.run(log.work, "a", answered.wait))
    await asyncio.sleep(0)

    async def answers() -> None:
        answered.set()
        await waiting

    await turns.run(log.work, "b", answers)
    assert log == ["a1", "b1", "a2", "b2"]


async def test_who_computes_for_long_lets_the_others_go_first(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_turns, "SLICE_S", -1)
    turns = Turns()

    async def twice() -> None:
        await asyncio.sleep(0)  # the other one asks for its turn
        await asyncio.sleep(0)

    await asyncio.gather(*(turns.run(log.work, name, twice) for name in "ab"))
    assert log == ["a1", "b1", "a2", "b2"]


@pytest.mark.parametrize("steps", range(4))
async def test_who_is_cancelled_after_long_computing_takes_no_turn_along(
    log: Log, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    """At the second of the steps it has given its turn away and not asked for the next one, which nobody may await."""
    monkeypatch.setattr(gateway_turns, "SLICE_S", -1)
    turns = Turns()

    async def twice() -> None:
        await asyncio.sleep(0)
        await asyncio.sleep(0)

    cancelled, other = (asyncio.create_task(turns.run(log.work, name, twice)) for name in "ab")
    for _ in range(steps):
        await asyncio.sleep(0)
    cancelled.cancel()
    assert await other == "b"
    assert await turns.run(log.work, "c") == "c"
    del cancelled
    gc.collect()  # what nobody awaited is told of then


@pytest.mark.parametrize("steps", [0, 1, 2])
async def test_who_is_cancelled_before_or_in_its_turn_takes_no_turn_along(log: Log, steps: int) -> None:
    turns = Turns()
    running = [asyncio.create_task(turns.run(log.work, name)) for name in "abc"]
    await asyncio.sleep(0)
    for _ in range(steps):
        await asyncio.sleep(0)
    running[1].cancel()
    first, _, third = await asyncio.gather(*running, return_exceptions=True)
    assert (first, running[1].cancelled(), third) == ("a", True, "c")
    assert await turns.run(log.work, "d") == "d"


async def test_a_failure_ends_the_turn(log: Log) -> None:
    turns = Turns()

    async def fails() -> None:
        raise ValueError("mine")

    failed, other = await asyncio.gather(turns.run(fails), turns.run(log.work, "b"), return_exceptions=True)
    assert (repr(failed), other) == ("ValueError('mine')", "b")
