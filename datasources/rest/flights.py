"""Identical reads in flight are one request, with as many waiters as asked for it."""

import asyncio
import time
from collections.abc import Callable, Coroutine, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True)
class Budget:
    """Until when (monotonic) a call may take, and what it took. One that is `sealed` may be older than a write."""

    ends: float
    retries: int = 0
    sealed: bool = False

    @property
    def left_s(self) -> float:
        return self.ends - time.monotonic()

    @property
    def is_over(self) -> bool:
        return self.left_s < 0.01  # event loops round their timers, and may be early


@dataclass(slots=True, eq=False)
class Flight(Generic[T]):
    """It ends `at_most` then (monotonic), however many join it: one that is never answered would never end."""

    task: asyncio.Task[T]
    budget: Budget
    at_most: float
    waiters: int = 0

    async def landed(self, by: float) -> T:
        """The answer; a waiter who leaves, late or cancelled, leaves the others alone; the last one ends the call.

        Raises: TimeoutError at `by` (monotonic), and whatever the call raises.
        """
        self.waiters += 1
        by = min(by, self.at_most)
        self.budget.ends = max(self.budget.ends, by)
        try:
            await asyncio.wait((self.task,), timeout=by - time.monotonic())
            if not self.task.done():
                raise TimeoutError
            return self.task.result()
        finally:
            self.waiters -= 1
            if not self.waiters:
                self.task.cancel()
            del self  # what is raised would hold its flight, in a circle


class Flights:
    """Each lasts `timeout_s` at most."""

    def __init__(self, timeout_s: float) -> None:
        self._timeout_s = timeout_s
        self._flights: dict[Hashable, Flight[Any]] = {}

    def board(self, key: Hashable, take_off: Callable[[Budget], Coroutine[Any, Any, T]], ends: float) -> Flight[T]:
        """The flight with this key: one in the air, or a new one."""
        known = self._flights.get(key)
        # A flight that its last waiter left is being cancelled: nobody may join it.
        if known is not None and known.waiters:
            return known
        budget, at_most = Budget(ends), time.monotonic() + self._timeout_s
        flight = self._flights[key] = Flight(asyncio.create_task(take_off(budget)), budget, at_most)
        flight.task.add_done_callback(lambda task: self._land(key, flight))
        return flight

    def seal(self) -> None:
        """Reads from now on join no flight of before: after a write, its writer must see what was written."""
        for flight in self._flights.values():
            flight.budget.sealed = True
        self._flights.clear()

    def _land(self, key: Hashable, flight: Flight[Any]) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.task.cancelled():
            flight.task.exception()  # marks it as seen: the waiters may all have left
