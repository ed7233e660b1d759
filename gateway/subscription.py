"""Subscriptions: events followed, and told to those who may hear of them."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Sequence
from contextlib import AbstractContextManager, aclosing
from functools import partial
from hashlib import sha256
from typing import Any

import orjson
from graphql import ExecutionResult

from datasources import calls
from datasources.actor import Actor
from datasources.deadline import deadline, remaining_s
from datasources.errors import SourceError
from datasources.events import Chunk, Cursor, Event, Position
from gateway.errors import cause_of, log_failed, shown, timed_out
from gateway.hydration import Hydration
from gateway.page import Page
from gateway.plan import Plans
from gateway.plan.cost import spent
from gateway.plan.field import Field, Unplanned
from gateway.request import Caller, GraphQLRequest, NotExecuted
from gateway.result import Result
from schema.feeds import Feed

RETRY_S = 1.0
"""Before events are hydrated again that could not be told yet."""
GRACE_S = 2.0
"""Sources end at the deadline, and say so themselves: only what hangs besides is stopped, so much later."""

Pay = Callable[[float], Awaitable[None]]
"""Takes a cost from the caller's bucket, and returns when there is something in it again."""


class Subscriptions:
    """`open_context` opens a context for each page of events, which have `timeout_s` to be hydrated."""

    def __init__(
        self, open_context: Callable[[Actor], AbstractContextManager[Any]], timeout_s: float, *, planned: bool
    ) -> None:
        self.open_context = open_context
        self.timeout_s = timeout_s
        self.planned = planned
        self.hydration = Hydration()

    def pages(
        self, document: str, plans: Plans, request: GraphQLRequest, caller: Caller, pay: Pay
    ) -> AsyncGenerator[Page, None]:
        """Of the document with this hash, which has these plans.

        Raises: NotExecuted, at the latest before the first page; the pages raise HeddleError.
        """
        return _Subscription(self, document, plans, request, caller, pay).pages()


class _Subscription:
    def __init__(
        self,
        house: Subscriptions,
        document: str,
        plans: Plans,
        request: GraphQLRequest,
        caller: Caller,
        pay: Pay,
    ) -> None:
        self._house = house
        self._document = document
        self._plans = plans
        self._request = request
        self._caller = caller
        self._pay = pay
        self._spent = 0.0
        """By what was hydrated for this one, and is not paid yet."""

    def pages(self) -> AsyncGenerator[Page, None]:
        values = self._plans.values(self._request.variables, self._request.operation_name)
        if isinstance(values, list):
            raise NotExecuted(orjson.dumps(shown(values, self._caller.request_id)))
        field = self._field(values.coerced)
        declared = field.strawberry.metadata.get("declared") if field else None
        if field is None or not isinstance(declared, Feed):
            return self._undeclared()
        given = field.arguments.unpacked(dict, self._plans.schema, field.strawberry, values)
        return self._followed(declared, given)

    def _field(self, variables: dict[str, Any]) -> Field | None:
        """The root field; None where it is left to graphql-core."""
        try:
            return self._plans.subscribed(self._request.operation_name, variables).field
        except Unplanned:
            return None

    async def _followed(self, feed: Feed, given: dict[str, Any]) -> AsyncGenerator[Page, None]:
        """The caller may become another one meanwhile, by a new token: what it may now is what counts."""
        arguments = {name: value for name, value in given.items() if name != "after"}
        with self._house.open_context(self._caller.actor) as context:
            feed.access.check(self._caller.actor)
            position = await self._started(feed, context, given.get("after"))
            while True:
                actor = self._caller.actor
                group = self._group(feed.topic(actor, **arguments))
                async with aclosing(feed.follow(context, position, actor, arguments)) as following:
                    async for chunk, events in following:
                        if self._caller.actor is not actor:
                            break
                        page = self._house.hydration.made(chunk, group, actor)
                        if page is None:
                            page = await self._page(feed, chunk, events, group, actor)
                        if page:
                            yield page
                        position = chunk.end
                        await self._settle()

    async def _started(self, feed: Feed, context: Any, after: Cursor | None) -> Position:
        """Who comes while the database is away waits for it, for as long as an operation may take."""
        with deadline(self._house.timeout_s):
            while True:
                try:
                    return await feed.start(context, after)
                except SourceError:
                    if remaining_s(at_most=RETRY_S) < RETRY_S:
                        raise
                    await asyncio.sleep(RETRY_S)

    async def _undeclared(self) -> AsyncGenerator[Page, None]:
        """By a generator of the graph: its events are told as they come, each by itself."""
        with self._house.open_context(self._caller.actor) as context:
            source = await self._plans.source(context, self._request.variables, self._request.operation_name)
            if isinstance(source, ExecutionResult):
                raise NotExecuted(orjson.dumps(shown(source.errors or (), self._caller.request_id)))
            async for event in source:
                yield await self._hydrated(None, [event], self._caller.actor)
                await self._settle()

    async def _settle(self) -> None:
        """Once others have what they wait for: who has nothing left to pay with goes on later, and misses nothing."""
        cost, self._spent = self._spent, 0.0
        if cost:
            await self._pay(cost)

    def _group(self, topic: Hashable) -> Hashable:
        """All who subscribe to the same in the same words, wherever they go on from.

        Each by itself, where the graph says that something in it is not shared. It is kept when they are gone: of what
        they sent, which may be long, there are the hashes.
        """
        name, variables = self._request.operation_name, self._request.variables
        below = orjson.dumps(self._plans.below(name, variables), option=orjson.OPT_SORT_KEYS)
        alone = None if self._plans.shares(name, variables) else object()
        return self._document, name, sha256(below).digest(), topic, alone

    async def _page(self, feed: Feed, chunk: Chunk, events: Sequence[Event], group: Hashable, actor: Actor) -> Page:
        """What to tell of these events. While their database is away, it waits."""
        while True:
            try:
                return await self._house.hydration.once(chunk, group, actor, partial(self._hydrated, feed, events))
            except SourceError as error:
                log_failed(error, self._caller.request_id)
                await asyncio.sleep(RETRY_S)

    async def _hydrated(self, feed: Feed | None, events: Sequence[Any], actor: Actor) -> Page:
        """Raises: SourceError, NotExecuted."""
        house, request = self._house, self._request
        hydrate = self._plans.hydrate if house.planned else self._plans.judged
        with calls.collected() as made, house.open_context(actor) as context, deadline(house.timeout_s):
            try:
                async with asyncio.timeout(house.timeout_s + GRACE_S):
                    results = await hydrate(context, request.variables, request.operation_name, events)
                    seen = await self._seen(feed, context, events)
            except TimeoutError:
                raise NotExecuted(orjson.dumps([timed_out(house.timeout_s)])) from None
            if feed and (away := _away(results, feed.tail(context).journal.name)):
                raise away
        page = Page([self._json(result) for result, sees in zip(results, seen, strict=True) if sees])
        self._spent += spent(made, b"".join(page))
        return page

    async def _seen(self, feed: Feed | None, context: Any, events: Sequence[Any]) -> list[bool]:
        """Of each event whether the actor sees its record. Raises: SourceError."""
        if feed is None or feed.seen is None:
            return [True] * len(events)
        subjects = list(dict.fromkeys(event.subject for event in events))
        columns = self._plans.read_of(feed.seen, self._request.operation_name, self._request.variables)
        found = await context.loaders.load_many(feed.seen, subjects, {}, columns)
        for value in found.values():
            if isinstance(value, Exception):
                raise value
        return [found[event.subject] is not None for event in events]

    def _json(self, result: ExecutionResult) -> bytes:
        return Result(result.data, shown(result.errors or (), self._caller.request_id), True).json


def _away(results: Sequence[ExecutionResult], log: str) -> SourceError | None:
    """The source that these events have to wait for: the database of their log; any, where one would be null.

    Told without its cursor, an event would be lost to those who go on from the next one.
    """
    for result in results:
        for error in result.errors or ():
            cause = cause_of(error)
            if isinstance(cause, SourceError) and (cause.source == log or not result.data):
                return cause
    return None
