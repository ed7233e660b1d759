"""Sample warehouses and stock: every number on hand or reserved is the sum of its movements."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from datasources.commerce.sample import words
from datasources.commerce.sample.catalogue import SampleProduct
from datasources.commerce.sample.draft import HISTORY, Draft
from datasources.commerce.stock_ledger import AdjustmentReason, MovementKind
from datasources.commerce.tables import STOCK_LEVELS, STOCK_MOVEMENTS, WAREHOUSES

DELIVERY_EVERY = timedelta(days=91)
Place = tuple[UUID, UUID]
"""Product and warehouse."""

_CHANGES = {
    MovementKind.RECEIVED: (1, 0),
    MovementKind.ADJUSTED: (1, 0),
    MovementKind.RESERVED: (0, 1),
    MovementKind.RELEASED: (0, -1),
    MovementKind.SHIPPED: (-1, -1),
    MovementKind.RETURNED: (1, 0),
}
"""What one piece does to the numbers on hand and reserved."""


class Ledger:
    """Takes the movements of orders; deliveries always came early enough, so nothing is ever below zero."""

    def __init__(self, draft: Draft, products: Sequence[SampleProduct], keeper: UUID) -> None:
        """`keeper` is who receives and counts."""
        self._draft = draft
        self._keeper = keeper
        opening = draft.start - HISTORY
        self.warehouses = {
            code: draft.add(WAREHOUSES, opening, code=code, name=name, country=country)
            for code, (name, country) in words.WAREHOUSES.items()
        }
        self._levels: dict[Place, list[int]] = {}
        self._touched: dict[Place, datetime] = {}
        self._deliveries: dict[tuple[Place, datetime], int] = defaultdict(int)
        for number, product in enumerate(products):
            for warehouse_id in self.warehouses.values():
                self._open(number, (product.id, warehouse_id))

    def _open(self, number: int, place: Place) -> None:
        self._levels[place] = [0, 0]
        self._touched[place] = self._draft.start
        sold_out = number % 25 == 24
        spare = 0 if sold_out else max(0, self._draft.random.randrange(-15, 80))
        if spare:
            self._deliveries[place, self._draft.start] += spare
        if spare > 10 and self._draft.random.random() < 0.1:
            lost = self._draft.random.randrange(1, 4)
            at = self._draft.start + HISTORY * self._draft.random.random()
            self.move(MovementKind.ADJUSTED, place, -lost, at, self._keeper, reason=AdjustmentReason.DAMAGED)

    def reserve(self, place: Place, quantity: int, at: datetime, actor: UUID, order_id: UUID) -> None:
        delivered_at = at - (at - self._draft.start) % DELIVERY_EVERY
        self._deliveries[place, delivered_at] += quantity
        self.move(MovementKind.RESERVED, place, quantity, at, actor, order_id)

    def move(
        self,
        kind: MovementKind,
        place: Place,
        quantity: int,
        at: datetime,
        actor: UUID,
        order_id: UUID | None = None,
        reason: AdjustmentReason | None = None,
    ) -> None:
        on_hand, reserved = (sign * quantity for sign in _CHANGES[kind])
        level = self._levels[place]
        level[0] += on_hand
        level[1] += reserved
        self._touched[place] = max(at, self._touched[place])
        self._draft.add(
            STOCK_MOVEMENTS,
            at,
            product_id=place[0],
            warehouse_id=place[1],
            kind=kind.value,
            on_hand_change=on_hand,
            reserved_change=reserved,
            order_id=order_id,
            actor_id=actor,
            reason=reason,
            at=at,
        )

    def close(self) -> None:
        """Writes the deliveries and the levels."""
        for (place, at), quantity in self._deliveries.items():
            self.move(MovementKind.RECEIVED, place, quantity, at, self._keeper, reason=AdjustmentReason.RECEIVED)
        self._draft.rows[STOCK_LEVELS] += [
            {
                "product_id": place[0],
                "warehouse_id": place[1],
                "on_hand": on_hand,
                "reserved": reserved,
                "updated_at": self._touched[place],
            }
            for place, (on_hand, reserved) in self._levels.items()
        ]

    def available(self, product_id: UUID) -> int:
        """In all warehouses, once the ledger is closed."""
        levels = (self._levels[product_id, warehouse_id] for warehouse_id in self.warehouses.values())
        return sum(on_hand - reserved for on_hand, reserved in levels)
