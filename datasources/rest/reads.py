"""A service's reads: identical ones in flight are one request, and answers are kept for as long as it allows."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any, TypeVar, cast

from datasources.calls import Call
from datasources.errors import SourceRefused, SourceTimeout, SourceUnavailable
from datasources.rest.cache import Cache, Key
from datasources.rest.flights import Budget, Flights
from datasources.rest.wire import Reply, Request

T = TypeVar("T")

Ask = Callable[[Request[Any], Budget], Awaitable[tuple[Any, Reply]]]
"""One request to the service itself, and what it gives."""


class Reads:
    """`begins` says until when (monotonic) a read of a path that begins now may take. Raises: SourceError."""

    def __init__(self, source: str, cache: Cache, flights: Flights, ask: Ask, begins: Callable[[str], float]) -> None:
        self._source = source
        self._cache = cache
        self._ask = ask
        self._begins = begins
        self._flights = flights

    async def answer(self, call: Call, request: Request[T], cache_s: float) -> T:
        """From the cache while that is fresh or the service fails; `cache_s` is as for `RestService.get`."""
        key = (request.url, request.adapter)
        entry = self._cache.get(key)
        if entry is not None and self._cache.is_fresh(entry):
            call.cached += 1
            return cast(T, entry.answer)
        if entry is not None and entry.etag:
            request = replace(request, known=entry, headers={**request.headers, "if-none-match": entry.etag})
        try:
            return await self._fly(call, key, request, cache_s)
        except (SourceUnavailable, SourceTimeout):
            if entry is None or not self._cache.may_stand_in(entry):
                raise
            call.cached += 1
            return cast(T, entry.answer)

    def written(self, url: str) -> None:
        """After a write there: who reads from now on must see it."""
        self._flights.seal()
        self._cache.drop_written(url)

    async def _fly(self, call: Call, key: Key, request: Request[T], cache_s: float) -> T:
        ends = self._begins(request.path)
        flight = self._flights.board(key, lambda budget: self._fetch(key, request, cache_s, budget), ends)
        try:
            return await flight.landed(by=ends)
        except TimeoutError:
            raise SourceTimeout(self._source, request.path) from None
        finally:
            call.retries += flight.budget.retries
            del flight  # whose error would hold it, in a circle

    async def _fetch(self, key: Key, request: Request[T], cache_s: float, budget: Budget) -> T:
        """Asks on behalf of all who wait, and keeps the answer; what the service says is gone, leaves the cache."""
        try:
            found, reply = await self._ask(request, budget)
        except SourceRefused:
            self._cache.drop(key)
            raise
        if budget.sealed:
            return cast(T, found)
        if request.known is not None and reply.status == 304:
            self._cache.renew(key, request.known, reply.headers, cache_s)
        else:
            self._cache.keep(key, found, reply.headers, len(reply.body), cache_s)
        return cast(T, found)
