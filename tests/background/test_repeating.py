"""Work beside serving: again and again, whatever became of the last time, until the house closes."""

import asyncio
import gc
import weakref
from collections.abc import Iterator
from contextlib import contextmanager

from structlog.testing import capture_logs

from datasources.actor import SYSTEM, Actor
from datasources.errors import SourceUnavailable
from datasources.ids import utc_now
from resolvers.background import Background, repeat, running
from resolvers.context import Context


@contextmanager
def open_context(actor: Actor) -> Iterator[Context]:
    yield Context(actor, {}, utc_now)


async def test_work_that_failed_is_logged_and_done_again() -> None:
    again = asyncio.Event()
    times = 0

    async def work(context: Context) -> None:
        nonlocal times
        times += 1
        assert context.actor is SYSTEM
        if times == 1:
            raise ZeroDivisionError
        again.set()

    with capture_logs() as logged:
        async with running([repeat(Background("counting", 0.001, work), open_context)]):
            await asyncio.wait_for(again.wait(), 10)
    (entry,) = logged
    assert (entry["log_level"], entry["work"]) == ("error", "counting")
    assert isinstance(entry["exc_info"], ZeroDivisionError)


async def test_a_source_that_fails_is_a_warning_without_a_traceback() -> None:
    again = asyncio.Event()

    async def work(context: Context) -> None:
        if logged:
            again.set()
        raise SourceUnavailable("house", "gone")

    with capture_logs() as logged:
        async with running([repeat(Background("learning", 0.001, work), open_context)]):
            await asyncio.wait_for(again.wait(), 10)
    told = {"event": "source failed", "log_level": "warning", "work": "learning", "source": "house", "detail": "gone"}
    assert logged[0] == told | {"code": "SOURCE_UNAVAILABLE"}


async def test_work_ends_with_the_house() -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def work(context: Context) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async with running([repeat(Background("endless", 0.0, work), open_context)]):
        await asyncio.wait_for(begun.wait(), 10)
    assert ended.is_set()


async def test_nothing_is_held_from_one_time_to_the_next() -> None:
    times: asyncio.Queue[weakref.ref[Context]] = asyncio.Queue()

    async def work(context: Context) -> None:
        times.put_nowait(weakref.ref(context))

    gc.disable()
    try:
        async with running([repeat(Background("seldom", 0.001, work), open_context)]):
            held = await times.get()
            await asyncio.sleep(0)
            assert held() is None
    finally:
        gc.enable()
