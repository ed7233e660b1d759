"""One execution of a plan: what its steps share while they run."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import cached_property, lru_cache
from typing import Any

from graphql import Executor, GraphQLSchema, Undefined
from graphql.pyutils import Path, is_awaitable

from gateway.plan.field import Field
from gateway.plan.values import Failure
from gateway.plan.variables import Values
from gateway.watched import watched

KINDS_KEPT = 1_000
Work = Callable[[], Coroutine[Any, Any, Any]]


class Run:
    """`values` are the variables; `build` makes graphql-core's executor, which makes the infos of resolvers.

    `apart` says that no two steps load by the same batch: they need not ask in the same turn of the loop.
    """

    def __init__(
        self,
        context: Any,
        schema: GraphQLSchema,
        values: Values,
        build: Callable[[], Executor[Any]],
        *,
        apart: bool = False,
    ) -> None:
        self.context = context
        self.schema = schema
        self.values = values
        self.apart = apart
        self.failed = False
        """Whether there is any failure in what was answered so far."""
        self._build = build

    @cached_property
    def executor(self) -> Executor[Any]:
        return self._build()

    def info(self, field: Field) -> Any:
        """What resolvers get. Its path is the field's own key alone: one call may answer for many places."""
        path = Path(None, field.key, field.parent.name)
        return self.executor.build_resolve_info(field.definition, field.nodes, field.parent, path)

    def failure(self, error: Exception, field: Field) -> Failure:
        self.failed = True
        return Failure(error, field.nodes)

    async def ready(self, field: Field, values: Sequence[Any], *, nullable: bool = True) -> list[Any]:
        """The values, awaited where need be; failures in the places of exceptions, and of nulls where none may be."""
        waiting = [place for place, value in enumerate(values) if is_awaitable(value)]
        if waiting:
            values = list(values)
            for place, answer in zip(waiting, await _settled([values[place] for place in waiting]), strict=True):
                values[place] = answer
        return [self._ready(field, value, nullable) for value in values]

    def _ready(self, field: Field, value: Any, nullable: bool) -> Any:
        if isinstance(value, Exception):
            return self.failure(value, field)
        if value is not None and value is not Undefined:
            return value
        if nullable:
            return None
        error = TypeError(f"Cannot return null for non-nullable field {field}.")
        return self.failure(error, field)


@lru_cache(KINDS_KEPT)
def is_odd(kind: type, nullable: bool) -> bool:
    """Whether values of this kind have to be made `ready`."""
    return (
        issubclass(kind, Exception)
        or hasattr(kind, "__await__")
        or kind is type(Undefined)
        or (kind is type(None) and not nullable)
    )


def tried(function: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """What the function returns, or the exception that it raises."""
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return error


async def together(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """All results; a task for each only where there are several."""
    return list(await asyncio.gather(*work)) if len(work) > 1 else [await one for one in work]


class Together:
    """Work of several kinds at the same time; a kind that waited for nothing the last time gets no task.

    Tasks of a source that answers at once take longer than its answer, and let other operations in between.
    """

    def __init__(self, kinds: int) -> None:
        self._waits = [True] * kinds

    async def done(self, work: Sequence[Work]) -> list[Any]:
        """All results; `work` has one of each kind."""
        if len(work) == 1:
            return [await work[0]()]
        tasks: dict[int, asyncio.Task[Any]] = {}
        found: dict[int, Any] = {}
        at_once = [place for place, waits in enumerate(self._waits) if not waits]

        def begin(places: list[int]) -> None:
            for place in places:
                tasks[place] = asyncio.create_task(self._seen(place, work[place], lambda: None))

        def begin_others() -> None:
            begin(at_once)
            at_once.clear()

        try:
            begin([place for place, waits in enumerate(self._waits) if waits])
            if tasks and at_once:
                await asyncio.sleep(0)  # those who wait begin to
            while at_once:
                place = at_once.pop(0)
                found[place] = await self._seen(place, work[place], begin_others)
            if tasks:
                found.update(zip(tasks, await asyncio.gather(*tasks.values()), strict=True))
        finally:
            for task in tasks.values():
                task.cancel()
        return [found[place] for place in range(len(work))]

    async def _seen(self, place: int, work: Work, when_it_waits: Callable[[], None]) -> Any:
        waited = False

        def sees(awaited: Any) -> None:
            nonlocal waited
            if awaited is not None and not waited:
                waited = True
                when_it_waits()

        result = await watched(work(), sees)
        self._waits[place] = waited
        return result


async def _settled(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """All results, exceptions among them."""
    if len(work) == 1:
        try:
            return [await work[0]]
        except Exception as error:
            return [error]
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    return results
