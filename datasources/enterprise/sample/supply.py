"""Sample data of supply: of whom what sells best is bought, when again, and what was ordered of it so far."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.supply.purchases import PurchaseStatus
from datasources.enterprise.tables import (
    EMPLOYEES,
    GOODS_RECEIPTS,
    PURCHASE_LINES,
    PURCHASE_ORDERS,
    RECEIPT_LINES,
    REORDER_POINTS,
    SUPPLIER_PRICES,
    SUPPLIERS,
)
from datasources.ids import uuid7

SOLD_DAYS = 90
MOST_PLACES = 60
"""Of products and warehouses."""
_SUPPLIERS = (
    ("Atelier Noir", 21),
    ("Bergmann Glas", 10),
    ("Cerámica Sol", 14),
    ("Danholt Woodwork", 28),
    ("Eastfield Textiles", 7),
)
_ORDERS = (
    (60, PurchaseStatus.RECEIVED),
    (30, PurchaseStatus.RECEIVED),
    (2, PurchaseStatus.SENT),
    (0, PurchaseStatus.DRAFT),
)
"""How many days ago, and what became of it: one of these in turn for each supplier and warehouse."""
_SAFETY_DAYS = 7
_MINIMUM = 5


async def fill_supply(
    sources: EnterpriseSources,
    sold: Sequence[Any],
    *,
    sandbox_url: str | None = None,
    progress: Callable[[str, float], None] = lambda what, done: None,
) -> bool:
    """Of these products by warehouse, with the `pieces` that were sold there in SOLD_DAYS; False where there is a
    supplier, or nothing was sold. What was received is in stock already. Raises: SourceError.
    """
    if not sold or await sources.database.scalar(sa.select(sa.exists(sa.select(SUPPLIERS.c.id)))):
        return False
    roles = await sources.database.rows(sa.select(EMPLOYEES.c.role, EMPLOYEES.c.id))
    staff = {row.role: row.id for row in roles}
    draft = _Draft(sources.clock(), staff["buyer"], staff["admin"])
    draft.invent(sold)
    await sources.database.in_one_thread(draft.write)
    return True


@dataclass(slots=True)
class _Draft:
    now: datetime
    buyer_id: UUID
    approver_id: UUID
    rows: dict[sa.Table, list[dict[str, Any]]] = field(default_factory=lambda: defaultdict(list))

    def invent(self, sold: Sequence[Any]) -> None:
        start = self.now - timedelta(days=2 * SOLD_DAYS)
        suppliers = []
        for name, lead_days in _SUPPLIERS:
            of = {"name": name, "email": f"orders@{name.split()[0].lower()}.example", "currency": "EUR"}
            id = self._add(SUPPLIERS, start, **of, lead_time_days=lead_days, created_at=start)
            suppliers.append((id, lead_days))
        products = sorted({(one.product_id, one.sku, one.price_minor) for one in sold})
        buys = {}
        for number, (product_id, sku, price_minor) in enumerate(products):
            supplier_id, lead_days = suppliers[number % len(suppliers)]
            price = {"price_minor": price_minor * 11 // 20, "currency": "EUR", "minimum_quantity": _MINIMUM}
            named = {"supplier_id": supplier_id, "product_id": product_id, "sku": f"{number + 100}/{sku[:30]}"}
            self._add(SUPPLIER_PRICES, start, **named, **price, lead_time_days=None)
            buys[product_id] = {**named, **price, "lead_days": lead_days}
        placed = [(buys[one.product_id], one.warehouse_id, one.pieces) for one in sold]
        for bought, warehouse_id, pieces in placed:
            self._add(
                REORDER_POINTS,
                start,
                product_id=bought["product_id"],
                warehouse_id=warehouse_id,
                supplier_id=bought["supplier_id"],
                reorder_at=_for(pieces, bought["lead_days"] + _SAFETY_DAYS),
                reorder_quantity=_month(pieces),
            )

        def where(one: tuple[dict[str, Any], UUID, int]) -> tuple[UUID, UUID]:
            return one[0]["supplier_id"], one[1]

        for number, ((supplier_id, warehouse_id), together) in enumerate(groupby(sorted(placed, key=where), key=where)):
            days, status = _ORDERS[number % len(_ORDERS)]
            lines = [(bought, _month(pieces)) for bought, _, pieces in together]
            self._order(f"P-{number + 1:08}", supplier_id, warehouse_id, status, days, lines)

    def _order(
        self,
        number: str,
        supplier_id: UUID,
        warehouse_id: UUID,
        status: PurchaseStatus,
        days: int,
        lines: Sequence[tuple[dict[str, Any], int]],
    ) -> None:
        at = self.now - timedelta(days=days)
        came = status is PurchaseStatus.RECEIVED
        id = self._add(
            PURCHASE_ORDERS,
            at,
            number=number,
            supplier_id=supplier_id,
            warehouse_id=warehouse_id,
            status=status,
            currency="EUR",
            total_minor=sum(bought["price_minor"] * quantity for bought, quantity in lines),
            drafted_by=self.buyer_id,
            approved_by=None if status is PurchaseStatus.DRAFT else self.approver_id,
            created_at=at,
        )
        if came:
            arrived = at + timedelta(days=lines[0][0]["lead_days"])
            receipt = {"purchase_id": id, "received_by": self.buyer_id, "at": arrived}
            receipt_id = self._add(GOODS_RECEIPTS, arrived, **receipt)
        for position, (bought, quantity) in enumerate(lines, 1):
            line = {"product_id": bought["product_id"], "quantity": quantity}
            price = {"sku": bought["sku"], "unit_minor": bought["price_minor"], "currency": "EUR"}
            of = {"purchase_id": id, "position": position, "received": quantity if came else 0}
            self.rows[PURCHASE_LINES].append({**of, **line, **price})
            if came:
                self.rows[RECEIPT_LINES].append({"receipt_id": receipt_id, **line})

    def write(self, connection: sa.Connection) -> None:
        for table, rows in self.rows.items():
            connection.execute(sa.insert(table), rows)

    def _add(self, table: sa.Table, born: datetime, **values: Any) -> UUID:
        id = uuid7(born)
        self.rows[table].append({"id": id, **values})
        return id


def _for(pieces: int, days: int) -> int:
    """How many are sold in so many days, rounded up."""
    return -(-pieces * days // SOLD_DAYS)


def _month(pieces: int) -> int:
    """What is ordered at once."""
    return max(_for(pieces, 30), _MINIMUM)
