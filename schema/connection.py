"""Relay connections: pages of a list, by keyset cursor."""

from typing import Any, Generic, TypeVar

import strawberry

from loaders.batch import Loaders, Total
from schema.access import INHERITED
from schema.fields import loaded

T = TypeVar("T")


async def _total(page: Any, loaders: Loaders) -> int:
    of: Total = page.total
    total: int = await loaders.load(of.batch, page.key, **of.filters)
    return total


@strawberry.type(description="Where this page stands in its list.", directives=[INHERITED])
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether rows follow this page.")
    has_previous_page: bool = strawberry.field(description="Whether this page began after a cursor.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Pass it as `after` for the next page; null on an empty page."
    )


@strawberry.type(name="Edge", description="A row with its own cursor.", directives=[INHERITED])
class ListEdge(Generic[T]):
    node: T
    cursor: str = strawberry.field(description="Pass it as `after` for what follows this row.")


@strawberry.type(description="One page of a list.", directives=[INHERITED])
class Connection(Generic[T]):
    nodes: list[T] = strawberry.field(description="The rows.")
    edges: list[ListEdge[T]] = strawberry.field(description="The rows with their cursors.")
    page_info: PageInfo

    total_count: int = loaded(_total, description="How many rows the whole list has; counted only when asked for.")
