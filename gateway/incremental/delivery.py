"""From graphql-core's incremental results to parts, with errors as clients may see them."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any

from graphql import ExecutionResult, GraphQLError
from graphql.execution import (
    CompletedResult,
    IncrementalDeferResult,
    IncrementalStreamResult,
    InitialIncrementalExecutionResult,
    PendingResult,
    SubsequentIncrementalExecutionResult,
)

from gateway.incremental.executor import Delivering
from gateway.incremental.parts import End, Entries, Fragment, Items, Part, Parts, Place

Show = Callable[[Iterable[GraphQLError]], Entries]
"""The entries of `errors` for clients."""


class Delivery:
    """One answer on its way into `parts`."""

    def __init__(self, parts: Parts, show: Show) -> None:
        self.data: Any = None
        """What is known first, as soon as it is."""
        self._parts = parts
        self._show = show
        self._open: dict[str, Place] = {}
        self._begins: dict[tuple[str | int, ...], int] = {}
        self._errors: list[GraphQLError] = []

    async def run(self, executor: Delivering) -> ExecutionResult:
        """Executes the operation, up to its last part: what is known first, with the errors of all parts.

        Nothing is put into `parts` where nothing was put off.
        """
        result = executor.execute_operation()
        if isinstance(result, Awaitable):
            result = await result
        if isinstance(result, ExecutionResult):
            return result
        self._begins = executor.begins
        async with aclosing(result.subsequent_results) as later:
            self._begin(result.initial_result)
            async for one in later:
                self._put(one)
        return ExecutionResult(self.data, self._errors)

    def fail(self, error: dict[str, Any]) -> None:
        """Execution was stopped: what is still to come will not."""
        self._parts.put(Part(ended=[End(place, [error]) for place in self._open.values()], is_last=True))

    def _begin(self, result: InitialIncrementalExecutionResult) -> None:
        self.data = result.data
        errors = {"errors": self._shown(result.errors)} if result.errors else {}
        self._parts.begin(Part({"data": self.data} | errors, self._places(result.pending)))

    def _put(self, result: SubsequentIncrementalExecutionResult) -> None:
        self._parts.put(
            Part(
                begun=self._places(result.pending),
                arrived=[self._arrival(one) for one in result.incremental or ()],
                ended=[self._end(one) for one in result.completed or ()],
                is_last=not result.has_next,
            )
        )

    def _places(self, pending: Iterable[PendingResult] | None) -> list[Place]:
        places = [Place(one.id, one.path, one.label, self._begins.get(tuple(one.path))) for one in pending or ()]
        self._open.update((place.id, place) for place in places)
        return places

    def _arrival(self, result: IncrementalDeferResult | IncrementalStreamResult) -> Fragment | Items:
        place = self._open[result.id]
        errors = self._shown(result.errors)
        if isinstance(result, IncrementalDeferResult):
            return Fragment(place, result.sub_path or [], result.data, errors)
        index = place.index or 0
        place.index = index + len(result.items)
        return Items(place, index, result.items, errors)

    def _end(self, result: CompletedResult) -> End:
        return End(self._open.pop(result.id), self._shown(result.errors))

    def _shown(self, errors: list[GraphQLError] | None) -> Entries:
        if not errors:
            return []
        self._errors += errors
        return self._show(errors)
