"""Identical work at the same moment is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from time import monotonic
from typing import Generic, TypeVar

T = TypeVar("T")

GATHERING_S = 0.001
"""How long work waits for others who ask the same, where it was the last that was done, and took longer than this.

Work that never waits for anybody would be over before the others, who came with it, can ask.
"""

LEFT = 2
"""Who has waited for so many that left works alone: strangers share what needs no token, and those who come first, and
leave one after the other, would hold up all the rest.
"""


class Sharing(Generic[T]):
    """The first who asks does the work, in a task of its own that it had anyway; who asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Shared[T]] = {}
        self._last: Hashable = None

    async def once(self, key: Hashable, work: Callable[[], Awaitable[T]], until: float) -> tuple[T, bool]:
        """What the work gives, and whether another one did it.

        Where that one leaves, or fails, one of those who wait does it anew; each by itself, where LEFT of them did.
        Raises: TimeoutError for who waits at `until` (monotonic); what the own work raises.
        """
        mine: _Shared[T] = _Shared()  # a generic class takes a microsecond to be one of something
        left = 0
        while (shared := (under_way := self._under_way).setdefault(key, mine)) is not mine:
            if await shared.done(until):
                return shared.result, True
            left += 1
            if left == LEFT:
                return await work(), False
        try:
            if key == self._last:
                await asyncio.sleep(GATHERING_S)
            began = monotonic()
            mine.result = result = await work()
            self._last = key if monotonic() - began > GATHERING_S else None
            return result, False
        finally:
            del under_way[key]
            mine.end()

    def seal(self) -> None:
        """Who asks from now on joins nobody who asked before: after a write, its writer must see what was written."""
        self._under_way = {}


class _Shared(Generic[T]):
    result: T

    def __init__(self) -> None:
        self._waiting: dict[asyncio.Future[None], None] = {}

    async def done(self, until: float) -> bool:
        """Waits for the end; whether there is a result. Raises: TimeoutError."""
        loop = asyncio.get_running_loop()
        mine = loop.create_future()
        self._waiting[mine] = None
        bell = loop.call_later(until - monotonic(), _late, mine)
        try:
            await mine
        finally:
            bell.cancel()
            del self._waiting[mine]
        return hasattr(self, "result")

    def end(self) -> None:
        for one in self._waiting:
            if not one.done():
                one.set_result(None)


def _late(one: asyncio.Future[None]) -> None:
    if not one.done():
        one.set_exception(TimeoutError())
