"""Operations compute one after the other: the next one begins when one has ended, or waits for somebody else."""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine
from time import monotonic
from typing import Any, TypeVar

from gateway.watched import First, watched

T = TypeVar("T")

SLICE_S = 0.01
"""Who computes for longer lets the others go first, wherever it lets the loop go on at all."""


class Turns:
    """Fifty operations that give way to one another at each statement hold the rows of all fifty, and what each comes
    back to has left the processor's caches. One after the other they take less time, and none of them ends later.

    What an operation does once it has waited for a service, a server or a thread is not held up.
    """

    def __init__(self) -> None:
        self._taken = False
        self._queue: deque[asyncio.Future[None]] = deque()

    async def run(self, work: Callable[..., Coroutine[Any, Any, T]], *args: Any) -> T:
        """What `work(*args)` gives. It begins when its turn has come: in the order in which they asked."""
        if self._taken:
            await self.begin()
        else:
            self._taken = True
        turn = _Turn(self)
        try:
            return await watched(work(*args), turn.sees)
        finally:
            turn.end()

    async def begin(self) -> None:
        if not self._taken:
            self._taken = True
            return
        mine = asyncio.get_running_loop().create_future()
        self._queue.append(mine)
        try:
            await mine
        except asyncio.CancelledError:
            if not mine.cancelled():
                self.pass_on()
            raise

    def pass_on(self) -> None:
        while self._queue:
            next_one = self._queue.popleft()
            if not next_one.done():
                next_one.set_result(None)
                return
        self._taken = False

    @property
    def wanted(self) -> bool:
        return bool(self._queue)


class _Turn:
    __slots__ = ("_mine", "_turns", "_until")

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._mine = True
        self._until = monotonic() + SLICE_S

    def sees(self, awaited: Any) -> First | None:
        if not self._mine:
            return None
        if awaited is not None:
            self.end()
        elif self._turns.wanted and monotonic() > self._until:
            self.end()
            return self._again
        return None

    def end(self) -> None:
        if self._mine:
            self._mine = False
            self._turns.pass_on()

    async def _again(self) -> None:
        await self._turns.begin()
        self._mine, self._until = True, monotonic() + SLICE_S
