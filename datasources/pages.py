"""Pages by keyset: a page starts after the sort values of the last row seen, whatever was inserted meanwhile."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from datasources.cursors import Cursors
from datasources.errors import InvalidInput
from datasources.sql import Database
from datasources.statements import Condition, Read, Statement, among, kept, keys_of, read, united
from datasources.table import Rows, Table

MAX_FIRST = 100
EVERYTHING = "everything"
"""The key of a list that belongs to no parent."""


@dataclass(frozen=True, slots=True)
class PageArguments:
    """Without `ahead`, nobody asks whether rows follow, and a row of each list less is read."""

    first: int
    after: str | None = None
    ahead: bool = True

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

    @property
    def behind(self) -> sa.ColumnElement[bool]:
        """Of the rows behind the one with the sort values `after_0`, `after_1`."""
        here = sa.tuple_(*self.columns)
        there = sa.tuple_(*(sa.bindparam(f"after_{i}", type_=column.type) for i, column in enumerate(self.columns)))
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
    """One page of the list of `key`. `total` is what the lists' counts are loaded by."""

    nodes: Sequence[Any]
    has_next: bool
    key: Any
    listing: "Paged"
    total: Any = None

    @property
    def page_info(self) -> PageInfo:
        start, end = (self._cursor(self.nodes[0]), self._cursor(self.nodes[-1])) if self.nodes else (None, None)
        return PageInfo(self.has_next, self.listing.has_previous, start, end)

    @property
    def edges(self) -> list[PageEdge]:
        return [PageEdge(node, self._cursor(node)) for node in self.nodes]

    def _cursor(self, node: Any) -> str:
        return self.listing.cursors.encode(self.listing.name, self.listing.values_of(node))


@dataclass(frozen=True, slots=True)
class Paged:
    """What the pages of one call have in common."""

    name: str
    has_previous: bool
    cursors: Cursors
    values_of: Callable[[Any], Sequence[Any]]


@dataclass(frozen=True, slots=True)
class Listing:
    """A list that can be paged and counted: rows of `select`, of which one and the same object comes each time.

    The row policy is among the `conditions`. With `parent`, a column, there is one list for each value of it, and all
    are read in one statement.
    """

    name: str
    select: sa.Select[Any]
    sort: Sort
    conditions: Sequence[Condition] = ()
    parent: sa.Column[Any] | None = None

    async def pages(
        self, database: Database, cursors: Cursors, asked: PageArguments, keys: Sequence[Hashable] = (EVERYTHING,)
    ) -> dict[Any, Page]:
        """One page per key, empty where there is nothing. Source: one SELECT. Raises: InvalidInput for the cursor."""
        name = f"{self.name}/{self.sort.name}"
        values: dict[str, Any] = {"limit": asked.first + asked.ahead}
        if asked.after is not None:
            after = zip(cursors.decode(asked.after, name), self.sort.columns, strict=True)
            values |= {f"after_{i}": _typed(value, column) for i, (value, column) in enumerate(after)}
        if self.parent is not None:
            values |= {"key": keys[0]} if len(keys) == 1 else {"keys": keys}
        statement, sorted_by = self._statement("after_0" in values, "keys" in values, database.dialect)
        rows = await database.rows(Read(statement, united(self.conditions, **values)))
        listing = Paged(name, asked.after is not None, cursors, sorted_by)
        pages: dict[Any, Page] = {}
        for key, of_key in self._by_key(rows, keys).items():
            follow = asked.ahead and len(of_key) > asked.first
            pages[key] = Page(of_key[: asked.first] if follow else of_key, follow, key, listing)
        return pages

    async def counts(self, database: Database, keys: Sequence[Hashable] = (EVERYTHING,)) -> Mapping[Any, int]:
        """How many rows each list has in all; keys without rows may be missing. Source: one SELECT."""
        if self.parent is None:
            return {EVERYTHING: await database.scalar(read(_counted(self.select), *self.conditions))}
        of_keys = (*self.conditions, among(self.parent, keys))
        return dict(await database.rows(read(_counted(self.select, self.parent), *of_keys)))

    @staticmethod
    def _by_key(rows: Rows, keys: Sequence[Hashable]) -> Mapping[Any, Rows]:
        if len(keys) == 1:
            return {keys[0]: rows[:]}
        return rows.by("parent_key", keys) if isinstance(rows, Table) else dict.fromkeys(keys, rows)

    def _statement(self, after: bool, many: bool, dialect: str) -> tuple[Statement, Callable[[Any], Sequence[Any]]]:
        predicates = tuple([condition.predicate for condition in self.conditions])
        return paged(self.select, predicates, self.sort, self.parent, after, many, dialect)


@kept
def paged(
    select: sa.Select[Any],
    predicates: tuple[sa.ColumnElement[bool], ...],
    sort: Sort,
    parent: sa.Column[Any] | None,
    after: bool,
    many: bool,
    dialect: str,
) -> tuple[Statement, Callable[[Any], Sequence[Any]]]:
    """The statement of a page, or with `many` of a page for each key; and what reads the sort values of its rows."""
    select, names = _with_sort_values(select, sort)
    rows = select.where(*predicates, *([sort.behind] if after else ()))
    if parent is None:
        paged = rows.order_by(*sort.order).limit(_LIMIT)
    elif not many:
        paged = rows.where(parent == sa.bindparam("key", type_=parent.type)).order_by(*sort.order).limit(_LIMIT)
    else:
        paged = (_lateral if dialect == "postgresql" else _correlated)(select, rows, sort, parent)
    read_values = attrgetter(*names)
    return Statement(paged), read_values if len(names) > 1 else lambda row: [read_values(row)]


def _with_sort_values(select: sa.Select[Any], sort: Sort) -> tuple[sa.Select[Any], list[str]]:
    """The sort values are among what is read; and the names that they have there."""
    known = {column: name for name, column in select.selected_columns.items()}
    added = [column.label(f"sort_{i}") for i, column in enumerate(sort.columns) if column not in known]
    return select.add_columns(*added), [known.get(column, f"sort_{i}") for i, column in enumerate(sort.columns)]


def _correlated(select: sa.Select[Any], rows: sa.Select[Any], sort: Sort, parent: sa.Column[Any]) -> sa.Select[Any]:
    """For SQLite, which has no LATERAL: of each list it reads so many places by the index, and the rows there.

    A rank would read the lists as a whole, and to find the rows by their ids takes another index, and most of the time.
    """
    wanted = sa.func.json_each(keys_of(parent, "keys")).table_valued("value")
    place = sa.literal_column(f"{parent.table.name}.rowid", sa.Integer)
    of_key = rows.with_only_columns(place, maintain_column_froms=True)
    of_key = of_key.where(parent == wanted.c.value).order_by(*sort.order).limit(_LIMIT)
    (listed,) = select.get_final_froms()
    mine = sa.select(*select.inner_columns, parent.label("parent_key"))
    mine = mine.select_from(_ForEach(wanted, listed, sa.true())).where(place.in_(of_key.correlate(wanted)))
    own = () if select.whereclause is None else (select.whereclause,)
    return mine.where(*own).order_by(parent, *sort.order)


class _ForEach(sa.Join):
    """For SQLite: the left is the outer loop. Of a plain JOIN the planner may make it the inner one, to save itself a
    sort, and ask for the places of each key again at each row of the whole table."""

    inherit_cache = True


@compiles(_ForEach, "sqlite")
def _for_each(join: _ForEach, compiler: Any, **kw: Any) -> str:
    right = getattr(join.right, "element", join.right)  # in parentheses, a join would be made first, as a whole
    return " CROSS JOIN ".join([compiler.process(one, **{**kw, "asfrom": True}) for one in (join.left, right)])


def _lateral(select: sa.Select[Any], rows: sa.Select[Any], sort: Sort, parent: sa.Column[Any]) -> sa.Select[Any]:
    """For PostgreSQL: of each list it reads so many rows by the index."""
    wanted = sa.func.unnest(keys_of(parent, "keys")).table_valued("parent_key").render_derived()
    of_key = rows.where(parent == wanted.c.parent_key).order_by(*sort.order).limit(_LIMIT).lateral()
    names = _with_sort_values(select, sort)[1]
    order = [of_key.c[name].desc() if sort.descending else of_key.c[name] for name in names]
    joined = sa.select(of_key, wanted.c.parent_key).select_from(wanted.join(of_key, sa.true()))
    return joined.order_by(wanted.c.parent_key, *order)


@kept
def _counted(select: sa.Select[Any], *by: sa.Column[Any]) -> sa.Select[Any]:
    return select.with_only_columns(*by, sa.func.count(), maintain_column_froms=True).group_by(*by)


_LIMIT = sa.bindparam("limit", type_=sa.Integer)


def _typed(value: Any, column: sa.ColumnElement[Any]) -> Any:
    """A sort value as it was before it became JSON."""
    kind = column.type.python_type
    if kind is datetime:
        return datetime.fromisoformat(value)
    return kind(value) if kind in (UUID, Decimal) else value
