"""Warehouses and what lies in them: seen, reserved, shipped, returned and counted."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.errors import OutOfStock, StockReserved
from datasources.commerce.policies import visible_stock
from datasources.commerce.sources import CommerceSources
from datasources.commerce.stock_ledger import AdjustmentReason, Move, MovementKind, StockLedger, is_level
from datasources.commerce.tables import (
    ALLOCATIONS,
    ORDER_LINES,
    PRODUCTS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
    WAREHOUSES,
)
from datasources.errors import InvalidInput
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.sql import Transaction
from datasources.statements import Columns, Condition, among, equal, kept, projection, read
from datasources.table import Rows

MAX_ON_HAND = 100_000_000
"""Of one product in one warehouse."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an order line needs; `sku` is for the refusal."""

    line_id: UUID
    product_id: UUID
    sku: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Taken:
    """What an order line was given, and from where."""

    line_id: UUID
    warehouse_id: UUID
    quantity: int


class Inventory:
    """What is available is told to everyone; levels, movements and warehouses to those who pass `visible_stock`."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor
        self._ledger = StockLedger(actor, sources.clock, sources.events(actor))

    async def available_of(self, product_ids: Sequence[UUID]) -> Mapping[UUID, int]:
        """Pieces that can be ordered now, over all warehouses; products that lie nowhere are left out.

        Source: one SELECT.
        """
        rows = await self._database.rows(read(_AVAILABLE, among(STOCK_LEVELS.c.product_id, product_ids)))
        return {row.product_id: row.pieces for row in rows}

    async def levels_of(self, product_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The levels of these products, by the code of the warehouse. Source: one SELECT."""
        mine = (among(STOCK_LEVELS.c.product_id, product_ids), visible_stock(self._actor))
        return await self._database.rows(read(_levels(columns), *mine, order=_BY_CODE))

    async def warehouses(self) -> Rows:
        """By code. Source: one SELECT."""
        return await self._warehouses(order=_BY_CODE)

    async def warehouses_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Warehouses with these ids, in no order. Source: one SELECT."""
        return await self._warehouses(among(WAREHOUSES.c.id, ids), columns=columns)

    async def movements(
        self,
        product_ids: Sequence[UUID],
        asked: PageArguments,
        *,
        warehouse_id: UUID | None,
        columns: Columns = None,
    ) -> Mapping[Any, Page]:
        """The ledger of each product, in one warehouse or all, the newest first. Source: one SELECT."""
        return await self._movements(warehouse_id, columns).pages(self._database, self._cursors, asked, product_ids)

    async def movement_counts(self, product_ids: Sequence[UUID], *, warehouse_id: UUID | None) -> Mapping[Any, int]:
        return await self._movements(warehouse_id).counts(self._database, product_ids)

    async def reserve(self, transaction: Transaction, order_id: UUID, wanted: Sequence[Wanted]) -> list[Taken]:
        """Reserves for the lines of an order, which are already written, each from one warehouse where one has all.

        Raises: OutOfStock; the caller rolls back.
        """
        left = await self._left(transaction, {line.product_id for line in wanted})
        taken: list[Taken] = []
        moves: list[Move] = []
        for line in wanted:
            parts = pick(line, left[line.product_id])
            taken += parts
            moves += (Move(line.product_id, part.warehouse_id, reserved=part.quantity) for part in parts)
        await self._ledger.change(transaction, MovementKind.RESERVED, moves, order_id)
        allocations = [
            {"order_line_id": part.line_id, "warehouse_id": part.warehouse_id, "quantity": part.quantity}
            for part in taken
        ]
        await transaction.write(sa.insert(ALLOCATIONS), allocations)
        return taken

    async def release(self, transaction: Transaction, order_id: UUID) -> None:
        """Gives back what a cancelled order reserved. The order's state sees to it that this happens once."""
        parts = await transaction.rows(_parts_of(order_id))
        moves = [Move(part.product_id, part.warehouse_id, reserved=-part.quantity) for part in parts]
        await self._ledger.change(transaction, MovementKind.RELEASED, moves, order_id)

    async def ship(self, transaction: Transaction, order_id: UUID) -> None:
        """What an order reserved leaves the house. The order's state sees to it that this happens once."""
        parts = await transaction.rows(_parts_of(order_id))
        moves = [Move(part.product_id, part.warehouse_id, -part.quantity, -part.quantity) for part in parts]
        await self._ledger.change(transaction, MovementKind.SHIPPED, moves, order_id)

    async def restock(self, transaction: Transaction, order_id: UUID, quantities: Mapping[UUID, int]) -> None:
        """Puts returned pieces, by order line, back where they came from. The caller holds the order's row.

        Raises: InvalidInput where more comes back than was shipped.
        """
        parts = await transaction.rows(_parts_of(order_id))
        returned = {
            (row.product_id, row.warehouse_id): row.pieces for row in await transaction.rows(_returned_of(order_id))
        }
        moves = put_back(parts, returned, quantities)
        await self._ledger.change(transaction, MovementKind.RETURNED, moves, order_id)

    async def stockable(self, transaction: Transaction, warehouse_id: UUID, product_ids: Sequence[UUID]) -> set[UUID]:
        """Those of the products that there are, sold still or not; none where there is no such warehouse."""
        theirs = among(PRODUCTS.c.id, product_ids)
        there = sa.exists().where(WAREHOUSES.c.id == warehouse_id)
        rows = await transaction.rows(sa.select(PRODUCTS.c.id).where(theirs.predicate, there), theirs.values)
        return {row.id for row in rows}

    async def adjust(
        self,
        transaction: Transaction,
        product_id: UUID,
        warehouse_id: UUID,
        by: int,
        kind: MovementKind,
        reason: AdjustmentReason,
    ) -> None:
        """Changes what is on hand; a product that is new to the warehouse gets its level there.

        Raises: StockReserved where less would be left than is reserved, InvalidInput beyond MAX_ON_HAND,
        sqlalchemy.exc.IntegrityError where there is no such product or warehouse.
        """
        place = {"product_id": product_id, "warehouse_id": warehouse_id}
        after = STOCK_LEVELS.c.on_hand + by
        values = {"on_hand": after, "updated_at": self._clock()}
        allowed = sa.and_(after >= STOCK_LEVELS.c.reserved, after <= MAX_ON_HAND)
        change: sa.Executable
        if by > 0:
            first = transaction.upsert(STOCK_LEVELS).values(**place, on_hand=by, reserved=0, updated_at=self._clock())
            change = first.on_conflict_do_update(index_elements=list(place), set_=values, where=allowed)
        else:
            change = sa.update(STOCK_LEVELS).where(is_level(product_id, warehouse_id), allowed).values(values)
        if not await transaction.write(change):
            if by > 0:
                raise InvalidInput("by", f"No more than {MAX_ON_HAND} pieces of a product lie in one warehouse.")
            left = sa.select(STOCK_LEVELS.c.on_hand - STOCK_LEVELS.c.reserved)
            level = await transaction.row(left.where(is_level(product_id, warehouse_id)))
            raise StockReserved(level[0] if level else 0)
        await self._ledger.note(transaction, kind, [Move(product_id, warehouse_id, on_hand=by)], None, reason)

    async def _warehouses(
        self, *wanted: Condition, columns: Columns = None, order: Sequence[sa.ColumnElement[Any]] = ()
    ) -> Rows:
        visible = visible_stock(self._actor)
        return await self._database.rows(read(projection(WAREHOUSES, columns), *wanted, visible, order=order))

    def _movements(self, warehouse_id: UUID | None, columns: Columns = None) -> Listing:
        conditions = [visible_stock(self._actor)]
        if warehouse_id is not None:
            conditions.append(equal(STOCK_MOVEMENTS.c.warehouse_id, warehouse_id))
        select = projection(STOCK_MOVEMENTS, columns)
        return Listing("commerce.stock_movements", select, _NEWEST, conditions, STOCK_MOVEMENTS.c.product_id)

    async def _left(self, transaction: Transaction, product_ids: set[UUID]) -> dict[UUID, dict[UUID, int]]:
        """Pieces left by product and warehouse. The rows are locked: to choose a warehouse is to compare them all."""
        theirs = among(STOCK_LEVELS.c.product_id, [*product_ids])
        select = sa.select(STOCK_LEVELS).where(theirs.predicate).with_for_update()
        left: dict[UUID, dict[UUID, int]] = {id: {} for id in product_ids}
        ordered = select.order_by(STOCK_LEVELS.c.product_id, STOCK_LEVELS.c.warehouse_id)
        for level in await transaction.rows(ordered, theirs.values):
            left[level.product_id][level.warehouse_id] = level.on_hand - level.reserved
        return left


def pick(line: Wanted, left: dict[UUID, int]) -> list[Taken]:
    """Takes a line's pieces out of `left`, which is by warehouse. Raises: OutOfStock.

    From the fullest warehouse first: where any can serve the whole line, that one can.
    """
    if line.quantity > sum(left.values()):
        raise OutOfStock(line.sku, line.quantity, sum(left.values()))
    taken: list[Taken] = []
    missing = line.quantity
    for warehouse_id in sorted(left, key=lambda id: (-left[id], id)):
        quantity = min(missing, left[warehouse_id])
        if not quantity:
            break
        left[warehouse_id] -= quantity
        missing -= quantity
        taken.append(Taken(line.line_id, warehouse_id, quantity))
    return taken


def put_back(
    parts: Sequence[Any], returned: Mapping[tuple[UUID, UUID], int], quantities: Mapping[UUID, int]
) -> list[Move]:
    """Where the returned `quantities` of order lines go: no place gets back more than it gave, less what it has back.

    `parts` have product_id, warehouse_id, line_id and quantity; `returned` is by product and warehouse.
    """
    before, missing = Counter(returned), Counter(quantities)
    moves: list[Move] = []
    for part in parts:
        place = (part.product_id, part.warehouse_id)
        already = min(part.quantity, before[place])
        before[place] -= already
        quantity = min(part.quantity - already, missing[part.line_id])
        missing[part.line_id] -= quantity
        if quantity:
            moves.append(Move(*place, on_hand=quantity))
    if any(missing.values()):
        raise InvalidInput("lines", "More pieces come back than were shipped.")
    return moves


def _parts_of(order_id: UUID) -> sa.Select[Any]:
    """What each line of an order took from each warehouse, in a stable order."""
    columns = (ALLOCATIONS.c.order_line_id.label("line_id"), ALLOCATIONS.c.warehouse_id, ALLOCATIONS.c.quantity)
    select = sa.select(ORDER_LINES.c.product_id, *columns).join(
        ALLOCATIONS, ALLOCATIONS.c.order_line_id == ORDER_LINES.c.id
    )
    return select.where(ORDER_LINES.c.order_id == order_id).order_by(ORDER_LINES.c.position, ALLOCATIONS.c.warehouse_id)


def _returned_of(order_id: UUID) -> sa.Select[Any]:
    """What came back of an order so far, by product and warehouse."""
    place = (STOCK_MOVEMENTS.c.product_id, STOCK_MOVEMENTS.c.warehouse_id)
    select = sa.select(*place, _pieces(STOCK_MOVEMENTS.c.on_hand_change)).group_by(*place)
    return select.where(STOCK_MOVEMENTS.c.order_id == order_id, STOCK_MOVEMENTS.c.kind == MovementKind.RETURNED)


def _pieces(column: sa.ColumnElement[int]) -> sa.Label[int]:
    """PostgreSQL sums big integers to a numeric, which would be a Decimal here."""
    return sa.cast(sa.func.sum(column), sa.BigInteger).label("pieces")


@kept
def _levels(columns: Columns) -> sa.Select[Any]:
    return projection(STOCK_LEVELS, columns).join(WAREHOUSES, WAREHOUSES.c.id == STOCK_LEVELS.c.warehouse_id)


_AVAILABLE = sa.select(STOCK_LEVELS.c.product_id, _pieces(STOCK_LEVELS.c.on_hand - STOCK_LEVELS.c.reserved)).group_by(
    STOCK_LEVELS.c.product_id
)
_BY_CODE = (WAREHOUSES.c.code,)
_NEWEST = Sort("newest", (STOCK_MOVEMENTS.c.at, STOCK_MOVEMENTS.c.id), descending=True)
