"""Pages by keyset: a page starts after the sort values of the last row seen, whatever was inserted meanwhile."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY

from datasources.cursors import Cursors
from datasources.errors import InvalidInput
from datasources.sql import Database, Row
from datasources.statements import among

MAX_FIRST = 100
EVERYTHING = "everything"
"""The key of a list that belongs to no parent."""


@dataclass(frozen=True, slots=True)
class PageArguments:
    first: int
    after: str | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.first <= MAX_FIRST:
            raise InvalidInput("first", f"`first` is {self.first}; ask for 0 to {MAX_FIRST} at a time.")


@dataclass(frozen=True, slots=True)
class Sort:
    """An order by name. The last column is unique, none is null, and all go in the same direction."""

    name: str
    columns: tuple[sa.ColumnElement[Any], ...]
    descending: bool = False

    @property
    def order(self) -> list[sa.ColumnElement[Any]]:
        return [column.desc() if self.descending else column.asc() for column in self.columns]

    def after(self, values: Sequence[Any]) -> sa.ColumnElement[bool]:
        """The rows behind the one with these sort values."""
        here = sa.tuple_(*self.columns)
        there = sa.tuple_(*(sa.literal(v, c.type) for v, c in zip(values, self.columns, strict=True)))
        return here < there if self.descending else here > there


@dataclass(frozen=True, slots=True)
class PageInfo:
    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@dataclass(frozen=True, slots=True)
class PageEdge:
    node: Any
    cursor: str


@dataclass(slots=True)
class Page:
    """One page of a list. `total_key` is what the list's count is loaded by."""

    nodes: Sequence[Any]
    has_next: bool
    has_previous: bool
    listing: str
    width: int
    cursors: Cursors
    total_key: Any = None

    @property
    def page_info(self) -> PageInfo:
        start, end = (self._cursor(self.nodes[0]), self._cursor(self.nodes[-1])) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.has_previous, start, end)

    @property
    def edges(self) -> list[PageEdge]:
        return [PageEdge(node, self._cursor(node)) for node in self.nodes]

    def _cursor(self, node: Any) -> str:
        return self.cursors.encode(self.listing, [getattr(node, f"sort_{i}") for i in range(self.width)])


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be paged and counted: `select` has the filters and the row policy in it.

    With `parent`, a column, there is one list for each value of it, and all are read in one statement.
    """

    name: str
    select: sa.Select[Any]
    sort: Sort
    parent: sa.ColumnElement[Any] | None = None

    async def pages(
        self, database: Database, cursors: Cursors, asked: PageArguments, keys: Sequence[Hashable] = (EVERYTHING,)
    ) -> dict[Any, Page]:
        """One page per key, empty where there is nothing. Source: one SELECT. Raises: InvalidInput for the cursor."""
        name = f"{self.name}/{self.sort.name}"
        select = self.select.add_columns(*(c.label(f"sort_{i}") for i, c in enumerate(self.sort.columns)))
        if asked.after is not None:
            values = cursors.decode(asked.after, name)
            select = select.where(
                self.sort.after([_typed(v, c) for v, c in zip(values, self.sort.columns, strict=True)])
            )
        rows = await database.rows(self._statement(select, asked.first + 1, keys, database.dialect))
        width = len(self.sort.columns)
        found: dict[Hashable, list[Row]] = {key: [] for key in keys}
        for row in rows:
            found[EVERYTHING if self.parent is None else row.parent_key].append(row)
        return {
            key: Page(of_key[: asked.first], len(of_key) > asked.first, asked.after is not None, name, width, cursors)
            for key, of_key in found.items()
        }

    async def counts(self, database: Database, keys: Sequence[Hashable] = (EVERYTHING,)) -> Mapping[Any, int]:
        """How many rows each list has in all; keys without rows may be missing. Source: one SELECT."""
        counted = self.select.order_by(None)
        if self.parent is None:
            return {
                EVERYTHING: await database.scalar(
                    counted.with_only_columns(sa.func.count(), maintain_column_froms=True)
                )
            }
        grouped = counted.with_only_columns(self.parent, sa.func.count()).where(among(self.parent, keys))
        counts: dict[Any, int] = {}
        for key, count in await database.rows(grouped.group_by(self.parent)):
            counts[key] = count
        return counts

    def _statement(self, select: sa.Select[Any], limit: int, keys: Sequence[Any], dialect: str) -> sa.Select[Any]:
        if self.parent is None:
            return select.order_by(*self.sort.order).limit(limit)
        if len(keys) == 1:
            of_key = select.add_columns(self.parent.label("parent_key")).where(self.parent == keys[0])
            return of_key.order_by(*self.sort.order).limit(limit)
        return (self._lateral if dialect == "postgresql" else self._ranked)(select, self.parent, limit, keys)

    def _ranked(
        self, select: sa.Select[Any], parent: sa.ColumnElement[Any], limit: int, keys: Sequence[Any]
    ) -> sa.Select[Any]:
        rank = sa.func.row_number().over(partition_by=parent, order_by=self.sort.order)
        of_keys = select.add_columns(parent.label("parent_key"), rank.label("place")).where(among(parent, keys))
        ranked = of_keys.subquery()
        return sa.select(ranked).where(ranked.c.place <= limit).order_by(ranked.c.parent_key, ranked.c.place)

    def _lateral(
        self, select: sa.Select[Any], parent: sa.ColumnElement[Any], limit: int, keys: Sequence[Any]
    ) -> sa.Select[Any]:
        """Reads `limit` rows of each list by its index, where a rank would read all of them."""
        wanted = sa.func.unnest(sa.literal(list(keys), ARRAY(parent.type))).table_valued("parent_key").render_derived()
        of_key = select.where(parent == wanted.c.parent_key).order_by(*self.sort.order).limit(limit).lateral()
        place = [of_key.c[f"sort_{i}"] for i in range(len(self.sort.columns))]
        order = [column.desc() if self.sort.descending else column for column in place]
        joined = sa.select(of_key, wanted.c.parent_key).select_from(wanted.join(of_key, sa.true()))
        return joined.order_by(wanted.c.parent_key, *order)


def _typed(value: Any, column: sa.ColumnElement[Any]) -> Any:
    """A sort value as it was before it became JSON."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    return kind(value) if kind in (UUID, Decimal) else value
