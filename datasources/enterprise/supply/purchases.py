"""Purchase orders with their lines, and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Among, Lists, equals
from datasources.enterprise.parts import approved_beside
from datasources.enterprise.policies import visible_supply
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import (
    GOODS_RECEIPTS,
    PURCHASE_LINES,
    PURCHASE_ORDERS,
    RECEIPT_LINES,
)
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import Columns, among, kept, met, projection, read, summed
from datasources.table import Row

Place = tuple[UUID, UUID]
"""Product and warehouse."""


class PurchaseStatus(StrEnum):
    DRAFT = "draft"
    APPROVED = "approved"
    SENT = "sent"
    PARTLY_RECEIVED = "partly_received"
    RECEIVED = "received"
    CANCELLED = "cancelled"


OPEN = (PurchaseStatus.DRAFT, PurchaseStatus.APPROVED, PurchaseStatus.SENT, PurchaseStatus.PARTLY_RECEIVED)
"""Something of it may still come."""
UNAPPROVED = (PurchaseStatus.DRAFT, PurchaseStatus.CANCELLED)


class Purchases:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        self._database = sources.database
        self._actor = actor
        self.visible = visible_supply(actor)
        wanted = equals(PURCHASE_ORDERS.c.status)
        self.all = Lists(sources, PURCHASE_ORDERS, _NEWEST, self.visible, wanted)
        self.of_suppliers = self.all.by(PURCHASE_ORDERS.c.supplier_id)
        self.open_of_products = replace(self.all.by(PURCHASE_LINES.c.product_id), select=_of_lines, only=(_IS_OPEN,))
        """Those of which something may still come."""
        self.lines_of = Among(sources, PURCHASE_LINES.c.purchase_id, self.visible, _AS_ORDERED)
        self.receipts = Lists(sources, GOODS_RECEIPTS, _LAST, self.visible)
        self.receipts_of = self.receipts.by(GOODS_RECEIPTS.c.purchase_id)
        self.lines_of_receipts = Among(sources, RECEIPT_LINES.c.receipt_id, self.visible, _AS_RECEIVED)

    async def on_order(self, product_ids: Sequence[UUID]) -> Mapping[Place, int]:
        """How many pieces of each product may still come to each warehouse. Source: one SELECT."""
        rows = await self._database.rows(
            read(_ON_ORDER, among(PURCHASE_LINES.c.product_id, product_ids), _IS_OPEN, self.visible)
        )
        return {(row.product_id, row.warehouse_id): row.pieces for row in rows}

    async def is_open_for(self, transaction: Transaction, product_id: UUID, warehouse_id: UUID) -> bool:
        """Whether an order is under way of which some of this product may still come to this warehouse."""
        columns = PURCHASE_LINES.c
        here = (columns.product_id == product_id, PURCHASE_ORDERS.c.warehouse_id == warehouse_id)
        missing = sa.select(columns.product_id).join(PURCHASE_ORDERS).where(*here, columns.received < columns.quantity)
        return await transaction.row(missing.where(_IS_OPEN.predicate).limit(1)) is not None

    async def add_lines(self, transaction: Transaction, id: UUID, lines: Sequence[Mapping[str, Any]]) -> None:
        """In this order; nothing of them has come."""
        rows = [{"purchase_id": id, "position": place, "received": 0, **line} for place, line in enumerate(lines, 1)]
        await transaction.write(sa.insert(PURCHASE_LINES), rows)

    async def approved_beside(self, transaction: Transaction, purchase: Row) -> int:
        """What else the same person ordered of the supplier within a day, and was approved, in minor units."""
        approved = PURCHASE_ORDERS.c.status.not_in(UNAPPROVED)
        return await approved_beside(transaction, purchase, PURCHASE_ORDERS.c.total_minor, approved)

    async def take(self, transaction: Transaction, purchase_id: UUID, product_id: UUID, quantity: int) -> bool:
        """Notes that so many more have come; False where that is more than was ordered, and nothing is noted."""
        columns = PURCHASE_LINES.c
        line = (columns.purchase_id == purchase_id, columns.product_id == product_id)
        enough = columns.received + quantity <= columns.quantity
        more = sa.update(PURCHASE_LINES).where(*line, enough).values(received=columns.received + quantity)
        return bool(await transaction.write(more))

    async def missing(self, transaction: Transaction, purchase_id: UUID) -> Mapping[UUID, int]:
        """How many of each product of an order have not come yet, the caller holding the order."""
        columns = PURCHASE_LINES.c
        left = (columns.quantity - columns.received).label("pieces")
        rows = await transaction.rows(sa.select(columns.product_id, left).where(columns.purchase_id == purchase_id))
        return {row.product_id: row.pieces for row in rows}

    async def add_receipt(self, transaction: Transaction, purchase_id: UUID, quantities: Mapping[UUID, int]) -> UUID:
        now = self._sources.clock()
        id = uuid7(now)
        receipt = {"id": id, "purchase_id": purchase_id, "received_by": self._actor.signed_in, "at": now}
        await transaction.write(sa.insert(GOODS_RECEIPTS).values(receipt))
        lines = [{"receipt_id": id, "product_id": product, "quantity": count} for product, count in quantities.items()]
        await transaction.write(sa.insert(RECEIPT_LINES), lines)
        return id


@kept
def _of_lines(columns: Columns) -> sa.Select[Any]:
    return projection(PURCHASE_ORDERS, columns).join(PURCHASE_LINES)


_IS_OPEN = met(sa.or_(*(PURCHASE_ORDERS.c.status == status for status in OPEN)))
_ON_ORDER = (
    sa.select(
        PURCHASE_LINES.c.product_id,
        PURCHASE_ORDERS.c.warehouse_id,
        summed(PURCHASE_LINES.c.quantity - PURCHASE_LINES.c.received).label("pieces"),
    )
    .join(PURCHASE_ORDERS)
    .group_by(PURCHASE_LINES.c.product_id, PURCHASE_ORDERS.c.warehouse_id)
)
_NEWEST = Sort("newest", (PURCHASE_ORDERS.c.created_at, PURCHASE_ORDERS.c.id), descending=True)
_LAST = Sort("newest", (GOODS_RECEIPTS.c.at, GOODS_RECEIPTS.c.id), descending=True)
_AS_ORDERED = (PURCHASE_LINES.c.purchase_id, PURCHASE_LINES.c.position)
_AS_RECEIVED = (RECEIPT_LINES.c.receipt_id, RECEIPT_LINES.c.product_id)
