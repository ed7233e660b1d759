"""A REST service as its stores see it: typed answers, or a SourceError."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import MappingProxyType
from typing import TypeVar
from urllib.parse import quote

import httpx
from pydantic import TypeAdapter

from datasources.calls import Call, recorded
from datasources.deadline import deadline, remaining_s
from datasources.errors import SourceError, SourceRefused, SourceTimeout
from datasources.rest.answers import adapter_of, must_serve
from datasources.rest.attempts import Attempts
from datasources.rest.breaker import Breaker
from datasources.rest.cache import Cache
from datasources.rest.encoding import Form, Params, Scalar, body_of, path_of, query_of
from datasources.rest.flights import Budget, Flights
from datasources.rest.reads import Reads
from datasources.rest.wire import Request, Wire

T = TypeVar("T")
Q = TypeVar("Q")


class RestService:
    """One service: its connections, credentials, cache and breaker. Make one, use it in one event loop, close it.

    Paths are templates, `/orders/{}`, whose segments are given apart and encoded here. `answer` is the type to read the
    JSON as: a pydantic model, a dataclass, `list[Model]`, or a TypeAdapter. Answers are shared between callers that ask
    the same, and with the cache: make their types frozen.

    `headers` are the credentials; they are sent to `base_url` only, redirects are not followed. `timeout_s` bounds a
    call in total, retries included, also for who joins it; the operation's deadline can only make that less.
    `max_bytes` bounds a reply as decoded. `stale_s` is how long a cached answer may stand in for a failing service,
    where the service sets no limit.

    Every method raises SourceUnavailable, SourceTimeout or SourceRefused (a 4xx), and no other error of HTTP.
    """

    def __init__(
        self,
        name: str,
        base_url: str,
        *,
        headers: Mapping[str, str] = MappingProxyType({}),
        timeout_s: float = 5.0,
        connections: int = 50,
        max_bytes: int = 5_000_000,
        cache_bytes: int = 20_000_000,
        stale_s: float = 86_400.0,
        health_path: str = "/",
        transport: httpx.AsyncBaseTransport | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = name
        self.base_url = base_url
        self._timeout_s = timeout_s
        self._health_path = health_path
        self._wire = Wire(name, base_url, headers, connections, max_bytes, transport)
        self._breaker = Breaker(name, clock=clock)
        self._attempts = Attempts(name, self._wire, self._breaker, timeout_s)
        cache, flights = Cache(cache_bytes, stale_s, clock), Flights(timeout_s)
        self._reads = Reads(name, cache, flights, self._attempts.answer, self._begins)

    async def get(
        self,
        path: str,
        *segments: Scalar,
        answer: type[T] | TypeAdapter[T],
        params: Params | None = None,
        cache_s: float = 0.0,
        shared: bool = True,
    ) -> T:
        """The answer at `path`, from the cache while that is fresh or the service fails.

        `cache_s` is how long an answer is fresh where the service does not say so itself. What is not `shared` is asked
        for anew by each caller, and not kept: a read with an effect, or one that is different each time.
        """
        with recorded(self.name, "rest", path) as call:
            found = await self._get(call, path, segments, query_of(params), adapter_of(answer), cache_s, shared)
            call.rows = _rows(found)
            return found

    async def get_many(
        self,
        path: str,
        ids: Sequence[Scalar],
        *,
        answer: type[T] | TypeAdapter[T],
        params: Params | None = None,
        cache_s: float = 0.0,
        shared: bool = True,
        concurrency: int = 10,
    ) -> list[T | SourceError | None]:
        """What is at `path` for each id, in the order of `ids`, as by `get`: for services without a batch endpoint.

        None where there is nothing (404), the error where that one request failed. One call in the record, and
        `timeout_s` for the whole of it.
        """

        query, adapter = query_of(params), adapter_of(answer)

        async def ask(call: Call, id: Scalar) -> T | None:
            try:
                return await self._get(call, path, (id,), query, adapter, cache_s, shared)
            except SourceRefused as refused:
                if refused.status == 404:
                    return None
                raise

        return await self._many(path, ask, ids, concurrency)

    async def post(
        self,
        path: str,
        *segments: Scalar,
        answer: type[T] | TypeAdapter[T],
        json: object = None,
        form: Form | None = None,
        idempotency_key: str | None = None,
    ) -> T:
        """The answer to a JSON or form body; retried only with an idempotency key.

        After SourceTimeout or SourceUnavailable nobody knows whether the service did it: ask again with the same key.
        """
        content, headers = body_of(json, form)
        if idempotency_key is not None:
            headers["idempotency-key"] = quote(idempotency_key)
        with recorded(self.name, "rest", path) as call:
            url = path_of(self.name, path, segments)
            headers |= call.headers or {}
            repeatable = idempotency_key is not None
            request = Request("POST", path, url, adapter_of(answer), repeatable, content, headers, writes=True)
            try:
                found = await self._send(call, request)
            finally:
                self._reads.written(url)
            call.rows = _rows(found)
            return found

    async def post_many(
        self, path: str, bodies: Sequence[object], *, answer: type[T] | TypeAdapter[T], concurrency: int = 10
    ) -> list[T | SourceError]:
        """The answers to JSON bodies that only read, in their order: for a batch endpoint that takes so many ids.

        The error where that one request failed. One call in the record, and `timeout_s` for the whole of it.
        """

        async def ask(call: Call, body: object) -> T:
            content, headers = body_of(body, None)
            headers |= call.headers or {}
            return await self._send(call, Request("POST", path, path, adapter_of(answer), True, content, headers))

        return await self._many(path, ask, bodies, concurrency)

    async def check(self) -> None:
        """Returns if `health_path` answers with a 2xx now, whatever cache and breaker say; that closes the breaker."""
        path = self._health_path
        try:
            async with asyncio.timeout(self._ends(path) - time.monotonic()):
                reply = await self._wire.exchange(Request("GET", path, path, adapter_of(object), repeatable=False))
        except TimeoutError:
            raise SourceTimeout(self.name, path) from None
        must_serve(self.name, path, reply)
        self._breaker.succeeded()

    async def close(self) -> None:
        self._attempts.close()
        await self._wire.close()

    def _begins(self, path: str) -> float:
        """As `_ends`, for a read that may join another: not the probe of a service that is left alone, and waited for.

        Raises: SourceUnavailable, SourceTimeout.
        """
        self._breaker.check()
        return self._ends(path)

    def _ends(self, path: str) -> float:
        """When a call begun now must be over (monotonic): a little before the operation's deadline.

        The rest of the operation's answer must still be sent in time.
        """
        left_s = remaining_s(at_most=math.inf)
        allowed_s = min(self._timeout_s, left_s - min(0.25, left_s / 10))
        if allowed_s <= 0:
            raise SourceTimeout(self.name, f"{path}: no time was left to ask")
        return time.monotonic() + allowed_s

    async def _many(
        self, path: str, ask: Callable[[Call, Q], Awaitable[T]], questions: Sequence[Q], concurrency: int
    ) -> list[T | SourceError]:
        """What `ask` gives for each, in their order, or the error that it raises; so many at a time."""
        found: dict[int, T | SourceError] = {}
        places = iter(enumerate(questions))

        async def work() -> None:
            for place, question in places:
                try:
                    found[place] = await ask(call, question)
                except SourceError as error:
                    found[place] = error.with_traceback(None)  # which would hold `found`, in a circle

        with recorded(self.name, "rest", path, len(questions)) as call, deadline(self._timeout_s):
            working = [asyncio.create_task(work()) for _ in range(min(concurrency, len(questions)))]
            try:
                await asyncio.gather(*working)  # a TaskGroup that is cancelled is in a circle with all who wait for it
            finally:
                for one in working:
                    one.cancel()
            call.failed = any(isinstance(one, SourceError) for one in found.values())
            call.rows = sum(_rows(one) for one in found.values() if not isinstance(one, SourceError | None))
        return [found[place] for place in range(len(questions))]

    async def _send(self, call: Call, request: Request[T]) -> T:
        """One request of its own, within its time."""
        budget = Budget(self._ends(request.path))
        try:
            async with asyncio.timeout(budget.left_s):
                found, _ = await self._attempts.answer(request, budget)
                return found
        except TimeoutError:
            raise SourceTimeout(self.name, request.path) from None
        finally:
            call.retries += budget.retries

    async def _get(
        self,
        call: Call,
        path: str,
        segments: Sequence[Scalar],
        query: str,
        adapter: TypeAdapter[T],
        cache_s: float,
        shared: bool,
    ) -> T:
        url = path_of(self.name, path, segments) + query
        request = Request("GET", path, url, adapter, repeatable=True, headers=call.headers or {})
        return await (self._reads.answer(call, request, cache_s) if shared else self._send(call, request))


def _rows(found: object) -> int:
    return len(found) if isinstance(found, list) else 1
