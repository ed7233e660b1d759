"""Identical work at the same moment is done once."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

T = TypeVar("T")


class Sharing(Generic[T]):
    """The first who asks does the work, in a task of its own that it had anyway; who asks meanwhile waits for it."""

    def __init__(self) -> None:
        self._under_way: dict[Hashable, _Shared[T]] = {}

    async def once(self, key: Hashable, work: Callable[[], Awaitable[T]]) -> tuple[T, bool]:
        """What the work gives, and whether another one did it.

        Where that one leaves, or fails, one of those who wait does it anew. Raises: what the own work raises.
        """
        mine = _Shared[T]()
        while (shared := (under_way := self._under_way).setdefault(key, mine)) is not mine:
            if await shared.done():
                return shared.result, True
        try:
            mine.result = result = await work()
            return result, False
        finally:
            del under_way[key]
            mine.end()

    def seal(self) -> None:
        """Who asks from now on joins nobody who asked before: after a write, its writer must see what was written."""
        self._under_way = {}


class _Shared(Generic[T]):
    """Without a future as long as nobody waits."""

    result: T

    def __init__(self) -> None:
        self._end: asyncio.Future[None] | None = None

    async def done(self) -> bool:
        """Waits for the end; whether there is a result."""
        if self._end is None:
            self._end = asyncio.get_running_loop().create_future()
        await asyncio.shield(self._end)
        return hasattr(self, "result")

    def end(self) -> None:
        if self._end is not None and not self._end.done():
            self._end.set_result(None)
