"""graphql-core's incremental execution, bounded, and with batches for the items of a streamed list."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Iterator, Sequence
from typing import Any

from graphql import GraphQLError, GraphQLObjectType, GraphQLOutputType, GraphQLResolveInfo
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList, GroupedFieldSet
from graphql.execution.executor import StreamUsage
from graphql.execution.incremental import IncrementalExecutor, StreamItemQueue, WorkResult
from graphql.pyutils import Path

from datasources.errors import InvalidInput
from gateway.acyclic import Acyclic

MAX_PARTS = 1_000
"""Of one operation. `@defer` and `@stream` are hints: what is asked for beyond comes with what is around it."""


class Delivering(Acyclic[Any], IncrementalExecutor):
    """Executes one operation; what this class adds is shared with the executors of its parts, which are copies."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.begins: dict[tuple[str | int, ...], int] = {}
        """The index at which each list goes on as a stream, by its path."""
        self._parts = _Counter(MAX_PARTS)
        self._inlined: dict[int, tuple[GroupedFieldSet, GroupedFieldSet]] = {}

    def execute_collected_subfields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path,
        grouped_field_set: GroupedFieldSet,
        new_defer_usages: Sequence[DeferUsage],
        delivery_group_map: Any,
    ) -> Any:
        if new_defer_usages and not self._parts.take(len(new_defer_usages)):
            grouped_field_set, new_defer_usages = self._inline(grouped_field_set, new_defer_usages), ()
        return super().execute_collected_subfields(
            parent_type, source_value, path, grouped_field_set, new_defer_usages, delivery_group_map
        )

    def get_stream_usage(self, field_details_list: FieldDetailsList, path: Path) -> StreamUsage | None:
        try:
            return super().get_stream_usage(field_details_list, path)
        except ValueError:
            raise InvalidInput("initialCount", "`initialCount` of @stream must be 0 or more.") from None

    def handle_stream(
        self,
        index: int,
        path: Path,
        iterator: Iterator[Any] | AsyncIterator[Any],
        is_async: bool,
        stream_usage: StreamUsage,
        info: GraphQLResolveInfo[Any],
        item_type: GraphQLOutputType,
    ) -> bool:
        if not self._parts.take(1):
            return False
        self.begins[tuple(path.as_list())] = index
        return super().handle_stream(index, path, iterator, is_async, stream_usage, info, item_type)

    def build_stream_item_queue(
        self,
        initial_index: int,
        stream_path: Path,
        iterator: Iterator[Any] | AsyncIterator[Any],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        item_type: GraphQLOutputType,
        is_async: bool,
    ) -> StreamItemQueue:
        """As graphql-core's, but what the items load becomes one call: it would complete one item after the other.

        All at once, since the list is here already, and its answer takes what it would take as a whole.
        """
        if not isinstance(iterator, Iterator):
            return super().build_stream_item_queue(
                initial_index, stream_path, iterator, field_details_list, info, item_type, is_async
            )

        async def produce(queue: StreamItemQueue) -> None:
            for index, item in enumerate(iterator, initial_index):
                path = stream_path.add_key(index, None)
                sub = self.create_sub_executor()
                try:
                    part = sub.complete_stream_item(path, item, field_details_list, info, item_type)
                except GraphQLError as error:
                    # Its turn comes after the items before it: raised here, it would end these, and nobody would know.
                    await queue.push(_failed(error))
                    return
                await queue.push(_started(part) if isinstance(part, Awaitable) else part)

        return StreamItemQueue(produce, capacity=0)

    def _inline(self, fields: GroupedFieldSet, declined: Sequence[DeferUsage]) -> GroupedFieldSet:
        """The fields without these deferrals, the same object each time: graphql-core remembers its plans by it."""
        known = self._inlined.get(id(fields))
        if known is None:
            gone = {id(usage) for usage in declined}
            inlined = {
                key: [detail._replace(defer_usage=_kept(detail.defer_usage, gone)) for detail in details]
                for key, details in fields.items()
            }
            known = self._inlined[id(fields)] = (fields, inlined)
        return known[1]


class _Counter:
    def __init__(self, left: int) -> None:
        self._left = left

    def take(self, number: int) -> bool:
        if number > self._left:
            return False
        self._left -= number
        return True


def _started(work: Awaitable[WorkResult]) -> asyncio.Future[WorkResult]:
    item = asyncio.ensure_future(work)
    item.add_done_callback(_see)
    return item


def _failed(error: GraphQLError) -> asyncio.Future[WorkResult]:
    item: asyncio.Future[WorkResult] = asyncio.get_running_loop().create_future()
    item.set_exception(error)
    _see(item)
    return item


def _see(item: asyncio.Future[WorkResult]) -> None:
    """Marks a failure as seen: the first one ends the stream, and nobody asks for the others."""
    if not item.cancelled():
        item.exception()


def _kept(usage: DeferUsage | None, gone: set[int]) -> DeferUsage | None:
    while usage is not None and id(usage) in gone:
        usage = usage.parent_defer_usage
    return usage
