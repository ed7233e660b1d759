"""Attempts at one request: repeated where that is safe, within its time, and told to the breaker."""

import asyncio
import random
import time
from contextvars import Context
from typing import Any, TypeVar

from datasources.errors import SourceRefused, SourceTimeout, SourceUnavailable
from datasources.rest.answers import answer_of
from datasources.rest.breaker import Breaker
from datasources.rest.flights import Budget
from datasources.rest.wire import Reply, Request, ServiceFailure, Wire

T = TypeVar("T")

RETRIES = 2
PAUSE_S = 0.1
"""Before the first retry, about; then twice that."""


class Attempts:
    def __init__(self, source: str, wire: Wire, breaker: Breaker, timeout_s: float) -> None:
        self._source = source
        self._wire = wire
        self._breaker = breaker
        self._timeout_s = timeout_s
        # No answer in less time than this says nothing about the service.
        self._fair_s = min(0.5, timeout_s / 2)
        self._probes: set[asyncio.Task[Any]] = set()

    async def answer(self, request: Request[T], budget: Budget) -> tuple[T, Reply]:
        """Asks until it succeeds, within the budget; a wait that would outlast it is not begun."""
        if self._breaker.is_open and not request.writes:
            return await self._probe(request)
        while True:
            try:
                return await self._attempt(request, budget)
            except ServiceFailure as failure:
                may_repeat = request.repeatable and failure.again and budget.retries < RETRIES
                pause_s = max(failure.after_s, PAUSE_S * 2**budget.retries * random.uniform(0.5, 1.5))
                if not may_repeat or pause_s >= budget.left_s:
                    raise
            budget.retries += 1
            await asyncio.sleep(pause_s)

    def close(self) -> None:
        for probe in self._probes:
            probe.cancel()

    async def _probe(self, request: Request[T]) -> tuple[T, Reply]:
        """One attempt at a service that is left alone. It goes on without who asked: no answer waits long for it."""
        self._breaker.check()
        # In a context of its own, since that of an operation would be kept until then.
        probe = asyncio.create_task(self._attempt_apart(request), context=Context())
        self._probes.add(probe)
        probe.add_done_callback(self._probed)
        await asyncio.wait((probe,), timeout=self._fair_s)
        if not probe.done():
            raise SourceUnavailable(self._source, f"{request.path}: left alone, and slow to say that it is back")
        return probe.result()

    async def _attempt_apart(self, request: Request[T]) -> tuple[T, Reply]:
        budget = Budget(time.monotonic() + self._timeout_s)
        try:
            async with asyncio.timeout(budget.left_s):
                return await self._attempt(request, budget)
        except TimeoutError:
            raise SourceTimeout(self._source, request.path) from None

    def _probed(self, probe: asyncio.Task[Any]) -> None:
        self._probes.discard(probe)
        if not probe.cancelled():
            probe.exception()  # marks it as seen: who asked may not have waited for it

    async def _attempt(self, request: Request[T], budget: Budget) -> tuple[T, Reply]:
        """One request, and what it tells the breaker."""
        self._breaker.admit()
        started = time.monotonic()
        try:
            reply = await self._wire.exchange(request)
            found = answer_of(self._source, request, reply)
        except asyncio.CancelledError:
            # By its deadline, and not by a client who left; nor by a deadline that was over before it began.
            if budget.is_over and time.monotonic() - started >= self._fair_s:
                self._breaker.failed(f"{request.path}: no answer in time")
            raise
        except ServiceFailure as failure:
            if not failure.alive:
                self._breaker.failed(failure.detail)
            raise
        except SourceRefused:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return found, reply
