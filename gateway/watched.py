"""To await something, and see what it waits for."""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from contextlib import AbstractAsyncContextManager
from types import coroutine
from typing import Any, TypeVar

T = TypeVar("T")
First = Callable[[], Awaitable[None]]


@coroutine
def watched(work: Coroutine[Any, Any, T], see: Callable[[Any], First | None]) -> Generator[Any, Any, T]:
    """What the work gives. `see` is told of each future that it waits for, and of None where it only lets the loop go
    on; what `see` returns is called and awaited before the work goes on, unless that is cancelled by then.
    """
    step: Callable[[Any], Any] = work.send
    given: Any = None
    while True:
        try:
            awaited = step(given)
        except StopIteration as end:
            result: T = end.value
            return result
        finally:
            given = None  # an exception would hold itself, by its traceback
        first = see(awaited)
        try:
            given = yield awaited
            if first is not None:
                yield from first().__await__()
            step = work.send
        except BaseException as raised:  # noqa: BLE001  # it is for the work, as with `await`
            step, given = work.throw, raised
        awaited = None  # as above: what was cancelled has its exception


async def guarded(work: Coroutine[Any, Any, T], guard: Callable[[], AbstractAsyncContextManager[object]]) -> T:
    """What the work gives, awaited inside a guard from the first time that it waits: most work ends without."""
    try:
        awaited = work.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    rest = _continued(work, awaited)
    del awaited  # as above
    async with guard():
        return await rest


@coroutine
def _continued(work: Coroutine[Any, Any, T], awaited: Any) -> Generator[Any, Any, T]:
    """What work gives that has begun, and waits."""
    try:
        yield awaited
    except BaseException as raised:  # noqa: BLE001  # as above
        del awaited
        try:
            awaited = work.throw(raised)
        except StopIteration as end:
            result: T = end.value
            return result
        return (yield from _continued(work, awaited))
    return (yield from work.__await__())
