"""Categories and products, and the search over them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import CATEGORIES, PRODUCTS, STOCK_LEVELS
from datasources.errors import InvalidInput
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.search import Index, matching
from datasources.sql import Transaction
from datasources.statements import (
    Columns,
    Condition,
    Read,
    Statement,
    among,
    at_least,
    at_most,
    is_among,
    kept,
    met,
    projection,
    read,
)
from datasources.table import Row, Rows

SEARCH = Index(PRODUCTS, "product_search", "product_id", ("sku", "name", "description"))


class ProductSort(StrEnum):
    RELEVANCE = "relevance"
    PRICE_LOW = "price_low"
    PRICE_HIGH = "price_high"
    NEWEST = "newest"
    BEST_SELLING = "best_selling"


@dataclass(frozen=True, slots=True)
class ProductFilter:
    """Prices are in minor units of the base currency; `category_id` includes its descendants."""

    search: str | None = None
    category_id: UUID | None = None
    min_price_minor: int | None = None
    max_price_minor: int | None = None
    in_stock: bool = False
    include_retired: bool = False


class Catalogue:
    """Public: everyone sees every category and product; lists leave out what is retired, unless asked for it."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Products with these ids, retired ones too, in no order; unknown ids are left out.

        Source: table `products`, one SELECT. Raises: SourceUnavailable, SourceTimeout.
        """
        return await self._database.rows(read(projection(PRODUCTS, columns), among(PRODUCTS.c.id, ids)))

    async def pages(
        self,
        keys: Sequence[str],
        asked: PageArguments,
        *,
        filter: ProductFilter,
        sort: ProductSort,
        columns: Columns = None,
    ) -> Mapping[Any, Page]:
        """Products that pass the filter. Source: one SELECT. Raises: InvalidInput for the cursor or the search."""
        return await self._listing(filter, sort, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, filter: ProductFilter, sort: ProductSort) -> Mapping[Any, int]:
        return await self._listing(filter, sort).counts(self._database)

    async def categories_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Categories with these ids, in no order. Source: one SELECT."""
        return await self._database.rows(read(projection(CATEGORIES, columns), among(CATEGORIES.c.id, ids)))

    async def root_categories(self) -> Rows:
        """By name. Source: one SELECT."""
        return await self._database.rows(read(projection(CATEGORIES, None), _AT_THE_TOP, order=_BY_NAME))

    async def children_of(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Categories right below these, by name; each tells its parent in `parent_id`. Source: one SELECT."""
        below = among(CATEGORIES.c.parent_id, ids)
        return await self._database.rows(read(projection(CATEGORIES, columns), below, order=_BY_NAME))

    async def ancestors_of(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Categories above each of these, the root first; each tells in `of_id` whose it is. Source: one SELECT."""
        return await self._database.rows(Read(_ancestors(columns), {"ids": ids}))

    async def insert(self, transaction: Transaction, values: Mapping[str, Any]) -> None:
        """Raises: sqlalchemy.exc.IntegrityError where the SKU is taken or the category unknown."""
        await transaction.write(sa.insert(PRODUCTS).values(dict(values)))

    async def update(self, transaction: Transaction, id: UUID, values: Mapping[str, Any]) -> Row | None:
        """The product as it is now; None where there is none with this id."""
        changed = sa.update(PRODUCTS).where(PRODUCTS.c.id == id).values(dict(values)).returning(PRODUCTS)
        return await transaction.row(changed)

    def _listing(self, filter: ProductFilter, sort: ProductSort, columns: Columns = None) -> Listing:
        select, conditions, order = projection(PRODUCTS, columns), self._conditions(filter), _SORTS.get(sort)
        if filter.search is not None:
            select, by_relevance = matching(SEARCH, columns, self._database.dialect)
            conditions.append(SEARCH.typed(filter.search, self._database.dialect, "search"))
            order = order or by_relevance
        if order is None:
            raise InvalidInput("sort", "Sorting by relevance needs a `search`; sort by NEWEST, or search.")
        return Listing("commerce.products", select, order, conditions)

    def _conditions(self, filter: ProductFilter) -> list[Condition]:
        conditions: list[Condition] = []
        if not (filter.include_retired and self._actor.may("catalogue:write")):
            conditions.append(_ON_SALE)
        if filter.category_id is not None:
            conditions.append(Condition(_WITHIN, {"within": filter.category_id}))
        if filter.min_price_minor is not None:
            conditions.append(at_least(PRODUCTS.c.price_minor, filter.min_price_minor))
        if filter.max_price_minor is not None:
            conditions.append(at_most(PRODUCTS.c.price_minor, filter.max_price_minor))
        if filter.in_stock:
            conditions.append(_IN_STOCK)
        return conditions


_SORTS = {
    ProductSort.PRICE_LOW: Sort("price_low", (PRODUCTS.c.price_minor, PRODUCTS.c.id)),
    ProductSort.PRICE_HIGH: Sort("price_high", (PRODUCTS.c.price_minor, PRODUCTS.c.id), descending=True),
    ProductSort.NEWEST: Sort("newest", (PRODUCTS.c.created_at, PRODUCTS.c.id), descending=True),
    ProductSort.BEST_SELLING: Sort("best_selling", (PRODUCTS.c.units_sold, PRODUCTS.c.id), descending=True),
}


def with_descendants(category_id: UUID | sa.BindParameter[UUID]) -> sa.Select[Any]:
    """The ids of a category and of all below it."""
    below = sa.select(CATEGORIES.c.id).where(CATEGORIES.c.id == category_id).cte("below", recursive=True)
    below = below.union_all(sa.select(CATEGORIES.c.id).join(below, CATEGORIES.c.parent_id == below.c.id))
    return sa.select(below.c.id)


_AT_THE_TOP = met(CATEGORIES.c.parent_id.is_(None))
_BY_NAME = (CATEGORIES.c.name,)
_ON_SALE = met(PRODUCTS.c.active.is_(True))
_WITHIN = PRODUCTS.c.category_id.in_(with_descendants(sa.bindparam("within", type_=sa.Uuid())))
_IN_STOCK = met(
    sa.exists()
    .where(STOCK_LEVELS.c.product_id == PRODUCTS.c.id)
    .where(STOCK_LEVELS.c.on_hand > STOCK_LEVELS.c.reserved)
)


@kept
def _ancestors(columns: Columns) -> Statement:
    start = sa.select(CATEGORIES.c.id.label("of_id"), CATEGORIES.c.parent_id, sa.literal(1).label("distance"))
    above = start.where(is_among(CATEGORIES.c.id, "ids")).cte("above", recursive=True)
    step = sa.select(above.c.of_id, CATEGORIES.c.parent_id, above.c.distance + 1)
    above = above.union_all(step.join(CATEGORIES, CATEGORIES.c.id == above.c.parent_id))
    found = projection(CATEGORIES, columns).add_columns(above.c.of_id)
    found = found.join(above, CATEGORIES.c.id == above.c.parent_id)
    return Statement(found.order_by(above.c.distance.desc()))
