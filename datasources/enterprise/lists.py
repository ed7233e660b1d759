"""Rows of one table as an actor sees them: by keys, and in pages of all, or of each parent's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.sources import EnterpriseSources
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.statements import Columns, Condition, among, equal, projection, read
from datasources.table import Rows

Filters = Mapping[str, Callable[[Any], Condition]]
Select = Callable[[Columns], sa.Select[Any]]
"""The same SELECT each time for the same columns."""


def equals(*columns: sa.Column[Any]) -> Filters:
    """By the names of these columns what they have to be."""
    return {column.name: partial(equal, column) for column in columns}


@dataclass(frozen=True, slots=True)
class Among:
    """Rows by what is in one `column`, in this order. `visible` is the row policy."""

    sources: EnterpriseSources
    column: sa.Column[Any]
    visible: Condition
    order: tuple[sa.ColumnElement[Any], ...] = ()
    select: Select | None = None
    only: tuple[Condition, ...] = ()

    async def __call__(self, keys: Sequence[Any], columns: Columns = None) -> Rows:
        """Those with one of these keys; what is not visible is left out. Source: one SELECT."""
        select = projection(self.column.table, columns) if self.select is None else self.select(columns)
        here = (among(self.column, keys), self.visible, *self.only)
        return await self.sources.database.rows(read(select, *here, order=self.order))


@dataclass(frozen=True, slots=True)
class Lists:
    """`visible` is the row policy. `filters` make conditions of what is asked for; None asks for nothing. `select` is
    what is read where that is more than the table, and `only` is what all rows meet.

    With `parent`, a column, there is a list for each value of it.
    """

    sources: EnterpriseSources
    table: sa.Table
    sort: Sort
    visible: Condition
    filters: Filters = field(default_factory=dict)
    parent: sa.Column[Any] | None = None
    select: Select | None = None
    only: tuple[Condition, ...] = ()

    def by(self, parent: sa.Column[Any]) -> "Lists":
        return replace(self, parent=parent)

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Those with these ids, in no order; what is not visible is left out. Source: one SELECT."""
        these = Among(self.sources, self.table.c.id, self.visible, select=self.select, only=self.only)
        return await these(ids, columns)

    async def pages(
        self, keys: Sequence[Any], asked: PageArguments, *, columns: Columns = None, **wanted: Any
    ) -> Mapping[Any, Page]:
        """A page for each key. Source: one SELECT. Raises: InvalidInput."""
        return await self._listing(wanted, columns).pages(self.sources.database, self.sources.cursors, asked, keys)

    async def counts(self, keys: Sequence[Any], **wanted: Any) -> Mapping[Any, int]:
        """How many rows each list has. Source: one SELECT. Raises: InvalidInput."""
        return await self._listing(wanted).counts(self.sources.database, keys)

    def _listing(self, wanted: Mapping[str, Any], columns: Columns = None) -> Listing:
        of = f"enterprise.{self.table.name}/{'all' if self.parent is None else self.parent.name}"
        met = [self.filters[name](value) for name, value in wanted.items() if value is not None]
        select = projection(self.table, columns) if self.select is None else self.select(columns)
        return Listing(of, select, self.sort, [self.visible, *self.only, *met], self.parent)
