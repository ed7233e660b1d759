"""Orders with their lines, history and refunds, as they are read and written."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.policies import visible_orders
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import ORDER_CHANGES, ORDER_LINES, ORDERS, PRODUCTS, REFUNDS
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import (
    EVERY,
    Columns,
    Condition,
    Read,
    Statement,
    among,
    equal,
    kept,
    owned,
    projection,
    read,
)
from datasources.table import Row, Rows


class OrderStatus(StrEnum):
    PLACED = "placed"
    SHIPPED = "shipped"
    CANCELLED = "cancelled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


class Orders:
    """Reads tell what `visible_orders` lets the actor see; writes happen in transactions that decided before."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Orders with these ids, in no order; unknown and foreign ids are left out. Source: one SELECT."""
        return await self._database.rows(read(projection(ORDERS, columns), among(ORDERS.c.id, ids), self._visible))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, status: OrderStatus | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Orders, the newest first. Source: one SELECT. Raises: InvalidInput for the cursor."""
        return await self._listing(status, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, status: OrderStatus | None) -> Mapping[Any, int]:
        return await self._listing(status).counts(self._database)

    async def pages_by_customer(
        self, ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """Orders of each of these customers, the newest first. Source: one SELECT."""
        return await self._by_customer(columns).pages(self._database, self._cursors, asked, ids)

    async def counts_by_customer(self, ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._by_customer().counts(self._database, ids)

    async def lines_of(self, order_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The lines of these orders, in their order. Source: one SELECT."""
        return await self._lines(among(ORDER_LINES.c.order_id, order_ids), columns)

    async def lines_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Lines with these ids. Source: one SELECT."""
        return await self._lines(among(ORDER_LINES.c.id, ids), columns)

    async def history_of(self, order_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """What happened to these orders, the oldest first, each with the order's `customer_id`. Source: one SELECT."""
        theirs = among(ORDER_CHANGES.c.order_id, order_ids)
        oldest = (ORDER_CHANGES.c.at, ORDER_CHANGES.c.id)
        return await self._database.rows(read(_changes(columns), theirs, self._visible, order=oldest))

    async def refunds_of(self, order_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The refunds of these orders, the oldest first. Source: one SELECT."""
        theirs = among(REFUNDS.c.order_id, order_ids)
        oldest = (REFUNDS.c.created_at, REFUNDS.c.id)
        return await self._database.rows(read(_refunds(columns), theirs, self._visible, order=oldest))

    async def has_received(self, product_id: UUID) -> bool:
        """Whether the actor was sent this product, whatever became of it. Source: one SELECT."""
        mine = (owned(ORDERS.c.customer_id, self._actor.signed_in), equal(ORDER_LINES.c.product_id, product_id))
        return await self._database.row(read(_RECEIVED, *mine)) is not None

    async def bought_together(self, limit: int) -> list[UUID]:
        """Products on sale that were in orders with what the actor bought, the most frequent first; none it bought.

        Source: one SELECT.
        """
        rows = await self._database.rows(Read(_BOUGHT_TOGETHER, {"actor": self._actor.signed_in, "limit": limit}))
        return [row.product_id for row in rows]

    async def insert(
        self, transaction: Transaction, order: Mapping[str, Any], lines: Sequence[Mapping[str, Any]], actor_id: UUID
    ) -> None:
        """A placed order with its lines, and the first entry of its history."""
        placed = {"status": OrderStatus.PLACED, "placed_at": self._clock(), "updated_at": self._clock()}
        await transaction.write(sa.insert(ORDERS).values(placed | dict(order)))
        await transaction.write(sa.insert(ORDER_LINES), [dict(line) for line in lines])
        await self._note(transaction, order["id"], OrderStatus.PLACED, actor_id, None)

    async def advance(
        self,
        transaction: Transaction,
        id: UUID,
        to: OrderStatus,
        actor_id: UUID,
        *,
        note: str | None = None,
        **values: Any,
    ) -> None:
        """Writes the status and its history. The payment's step, or its row held, sees to it that this happens once."""
        changed = {"status": to, "updated_at": self._clock(), **values}
        await transaction.write(sa.update(ORDERS).where(ORDERS.c.id == id).values(changed))
        await self._note(transaction, id, to, actor_id, note)

    async def lines_in(self, transaction: Transaction, order_id: UUID) -> Rows:
        """The order's lines as this transaction sees them, by position."""
        mine = sa.select(ORDER_LINES).where(ORDER_LINES.c.order_id == order_id)
        return await transaction.rows(mine.order_by(ORDER_LINES.c.position))

    async def get_in(self, transaction: Transaction, id: UUID) -> Row | None:
        """The order as this transaction sees it, whoever may see it; None where it was never placed."""
        return await transaction.row(sa.select(ORDERS).where(ORDERS.c.id == id))

    async def add_refunded(self, transaction: Transaction, quantities: Mapping[UUID, int]) -> None:
        """More of these lines is refunded, or less. The caller holds the payment."""
        await _add(transaction, ORDER_LINES.c.refunded_quantity, quantities)

    async def add_sold(self, transaction: Transaction, quantities: Mapping[UUID, int]) -> None:
        """More units of these products are sold, or less."""
        await _add(transaction, PRODUCTS.c.units_sold, quantities)

    async def _note(
        self, transaction: Transaction, id: UUID, status: OrderStatus, actor_id: UUID, note: str | None
    ) -> None:
        at = self._clock()
        change = {"id": uuid7(at), "order_id": id, "status": status, "actor_id": actor_id, "note": note, "at": at}
        await transaction.write(sa.insert(ORDER_CHANGES).values(change))

    @property
    def _visible(self) -> Condition:
        return visible_orders(self._actor)

    async def _lines(self, wanted: Condition, columns: Columns) -> Rows:
        in_order = (ORDER_LINES.c.order_id, ORDER_LINES.c.position)
        visible = self._visible
        lines = projection(ORDER_LINES, columns) if visible is EVERY else _order_lines(columns)
        return await self._database.rows(read(lines, wanted, visible, order=in_order))

    def _by_customer(self, columns: Columns = None) -> Listing:
        select = projection(ORDERS, columns)
        return Listing("commerce.orders_by_customer", select, _NEWEST, [self._visible], ORDERS.c.customer_id)

    def _listing(self, status: OrderStatus | None, columns: Columns = None) -> Listing:
        conditions = [self._visible, *([equal(ORDERS.c.status, status)] if status else [])]
        return Listing(f"commerce.orders/{status or 'all'}", projection(ORDERS, columns), _NEWEST, conditions)


@kept
def _order_lines(columns: Columns) -> sa.Select[Any]:
    return projection(ORDER_LINES, columns).join(ORDERS, ORDERS.c.id == ORDER_LINES.c.order_id)


@kept
def _changes(columns: Columns) -> sa.Select[Any]:
    changes = projection(ORDER_CHANGES, columns, ORDERS.c.customer_id)
    return changes.join(ORDERS, ORDERS.c.id == ORDER_CHANGES.c.order_id)


@kept
def _refunds(columns: Columns) -> sa.Select[Any]:
    return projection(REFUNDS, columns).join(ORDERS, ORDERS.c.id == REFUNDS.c.order_id)


_SENT = (OrderStatus.SHIPPED, OrderStatus.PARTIALLY_REFUNDED, OrderStatus.REFUNDED)
_RECEIVED = (
    sa.select(ORDER_LINES.c.id).join(ORDERS).where(sa.or_(*(ORDERS.c.status == sent for sent in _SENT))).limit(1)
)


def _bought_together() -> Statement:
    mine, together = ORDER_LINES.alias("mine"), ORDER_LINES.alias("together")
    my_orders = sa.select(ORDERS.c.id).where(ORDERS.c.customer_id == sa.bindparam("actor", type_=sa.Uuid()))
    bought = sa.select(mine.c.product_id).where(mine.c.order_id.in_(my_orders))
    with_it = sa.select(ORDER_LINES.c.order_id).where(ORDER_LINES.c.product_id.in_(bought))
    found = (
        sa.select(together.c.product_id)
        .join(PRODUCTS, PRODUCTS.c.id == together.c.product_id)
        .where(together.c.order_id.in_(with_it), together.c.product_id.not_in(bought), PRODUCTS.c.active.is_(True))
        .group_by(together.c.product_id)
    )
    most = (sa.func.count().desc(), together.c.product_id)
    return Statement(found.order_by(*most).limit(sa.bindparam("limit", type_=sa.Integer)))


_BOUGHT_TOGETHER = _bought_together()
_NEWEST = Sort("newest", (ORDERS.c.placed_at, ORDERS.c.id), descending=True)


async def _add(transaction: Transaction, column: sa.Column[int], by_id: Mapping[UUID, int]) -> None:
    """Adds to the column, in the order of ids, as everybody who changes several rows does."""
    change = sa.update(column.table).where(column.table.c.id == sa.bindparam("of"))
    changes = [{"of": id, "more": more} for id, more in sorted(by_id.items())]
    await transaction.write(change.values({column: column + sa.bindparam("more")}), changes)
