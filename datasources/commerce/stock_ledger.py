"""The ledger of stock: no level changes without a movement that says why, in the same transaction.

Whatever changes several levels takes their rows in the order of (product, warehouse), so that no two wait for each
other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.events import EventType
from datasources.commerce.tables import STOCK_LEVELS, STOCK_MOVEMENTS
from datasources.events import EventLog, NewEvent
from datasources.ids import Clock, uuid7
from datasources.sql import Transaction
from datasources.statements import among


class MovementKind(StrEnum):
    RECEIVED = "received"
    ADJUSTED = "adjusted"
    RESERVED = "reserved"
    RELEASED = "released"
    SHIPPED = "shipped"
    RETURNED = "returned"


class AdjustmentReason(StrEnum):
    RECEIVED = "received"
    COUNTED = "counted"
    DAMAGED = "damaged"
    LOST = "lost"


@dataclass(frozen=True, slots=True, order=True)
class Move:
    """A change of one level, in pieces."""

    product_id: UUID
    warehouse_id: UUID
    on_hand: int = 0
    reserved: int = 0


class StockLedger:
    """Writes on behalf of one actor."""

    def __init__(self, actor: Actor, clock: Clock, events: EventLog) -> None:
        self._actor = actor
        self._clock = clock
        self._events = events

    async def change(
        self, transaction: Transaction, kind: MovementKind, moves: Sequence[Move], order_id: UUID | None
    ) -> None:
        """Changes levels, and notes why. The table's check refuses what would oversell."""
        if not moves:
            return
        ordered = sorted(moves)
        changes = [
            {
                "of_product": move.product_id,
                "of_warehouse": move.warehouse_id,
                "more_on_hand": move.on_hand,
                "more_reserved": move.reserved,
                "now": self._clock(),
            }
            for move in ordered
        ]
        await transaction.write(_CHANGE, changes)
        await self.note(transaction, kind, ordered, order_id, None)

    async def note(
        self,
        transaction: Transaction,
        kind: MovementKind,
        moves: Sequence[Move],
        order_id: UUID | None,
        reason: AdjustmentReason | None,
    ) -> None:
        now = self._clock()
        movements = [
            {
                "id": uuid7(now),
                "product_id": move.product_id,
                "warehouse_id": move.warehouse_id,
                "kind": kind.value,
                "on_hand_change": move.on_hand,
                "reserved_change": move.reserved,
                "order_id": order_id,
                "actor_id": self._actor.signed_in,
                "reason": reason,
                "at": now,
            }
            for move in moves
        ]
        await transaction.write(sa.insert(STOCK_MOVEMENTS), movements)
        theirs = among(STOCK_LEVELS.c.product_id, [*{move.product_id for move in moves}])
        levels = await transaction.rows(_LEFT.where(theirs.predicate), theirs.values)
        left = {(level.product_id, level.warehouse_id): level.left for level in levels}
        await self._events.extend(transaction, [_told(kind, move, left) for move in moves])


def _told(kind: MovementKind, move: Move, left: Mapping[tuple[UUID, UUID], int]) -> NewEvent:
    changes = {"on_hand": move.on_hand, "reserved": move.reserved}
    available = left[move.product_id, move.warehouse_id]
    return NewEvent(
        EventType.STOCK_MOVED,
        move.product_id,
        data={"warehouse": str(move.warehouse_id), "kind": kind.value, **changes, "available": available},
    )


def is_level(product_id: Any, warehouse_id: Any) -> sa.ColumnElement[bool]:
    return sa.and_(STOCK_LEVELS.c.product_id == product_id, STOCK_LEVELS.c.warehouse_id == warehouse_id)


_LEFT = sa.select(
    STOCK_LEVELS.c.product_id,
    STOCK_LEVELS.c.warehouse_id,
    (STOCK_LEVELS.c.on_hand - STOCK_LEVELS.c.reserved).label("left"),
)
_CHANGE = (
    sa.update(STOCK_LEVELS)
    .where(is_level(sa.bindparam("of_product"), sa.bindparam("of_warehouse")))
    .values(
        on_hand=STOCK_LEVELS.c.on_hand + sa.bindparam("more_on_hand"),
        reserved=STOCK_LEVELS.c.reserved + sa.bindparam("more_reserved"),
        updated_at=sa.bindparam("now"),
    )
)
