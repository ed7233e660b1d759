"""Suppliers and their prices, and when to order again of whom."""

from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Lists, equals
from datasources.enterprise.policies import visible_supply
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import REORDER_POINTS, SUPPLIER_PRICES, SUPPLIERS
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import Condition, equal, read
from datasources.table import Row, Rows

MOST_POINTS = 500


class Suppliers:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        self.visible = visible_supply(actor)
        self.all = Lists(sources, SUPPLIERS, _BY_NAME, self.visible)
        self.prices = Lists(sources, SUPPLIER_PRICES, _CHEAPEST, self.visible)
        self.prices_of_products = self.prices.by(SUPPLIER_PRICES.c.product_id)
        self.prices_of_suppliers = self.prices.by(SUPPLIER_PRICES.c.supplier_id)
        wanted = equals(REORDER_POINTS.c.supplier_id, REORDER_POINTS.c.warehouse_id)
        self.points = Lists(sources, REORDER_POINTS, _OLDEST, self.visible, wanted)

    async def get(self, transaction: Transaction, id: UUID) -> Row | None:
        """The supplier, which nobody changes before the transaction ends; None where there is none to see."""
        mine = sa.select(SUPPLIERS).where(SUPPLIERS.c.id == id, self.visible.predicate).with_for_update(read=True)
        return await transaction.row(mine, self.visible.values)

    async def price_of(self, transaction: Transaction, supplier_id: UUID, product_id: UUID) -> Row | None:
        columns = SUPPLIER_PRICES.c
        mine = (columns.supplier_id == supplier_id, columns.product_id == product_id)
        return await transaction.row(sa.select(SUPPLIER_PRICES).where(*mine))

    async def point_of(self, transaction: Transaction, product_id: UUID, warehouse_id: UUID) -> Row | None:
        """The reorder point, which is the transaction's own until it ends."""
        columns = REORDER_POINTS.c
        mine = (columns.product_id == product_id, columns.warehouse_id == warehouse_id)
        return await transaction.row(sa.select(REORDER_POINTS).where(*mine).with_for_update())

    async def to_reorder(self, supplier_id: UUID | None, warehouse_id: UUID | None) -> Rows:
        """Reorder points with the price, minimum and lead time of their supplier, the oldest first.

        MOST_POINTS at most; those whose supplier has no price are left out. Source: one SELECT.
        """
        asked: list[Condition] = [self.visible]
        if supplier_id:
            asked.append(equal(REORDER_POINTS.c.supplier_id, supplier_id))
        if warehouse_id:
            asked.append(equal(REORDER_POINTS.c.warehouse_id, warehouse_id))
        return await self._sources.database.rows(read(_TO_REORDER, *asked, order=(REORDER_POINTS.c.id,)))


_BY_NAME = Sort("name", (SUPPLIERS.c.name, SUPPLIERS.c.id))
_CHEAPEST = Sort("cheapest", (SUPPLIER_PRICES.c.price_minor, SUPPLIER_PRICES.c.id))
_OLDEST = Sort("oldest", (REORDER_POINTS.c.id,))
_TO_REORDER = (
    sa.select(
        REORDER_POINTS,
        SUPPLIER_PRICES.c.price_minor,
        SUPPLIER_PRICES.c.currency,
        SUPPLIER_PRICES.c.minimum_quantity,
        sa.func.coalesce(SUPPLIER_PRICES.c.lead_time_days, SUPPLIERS.c.lead_time_days).label("lead_days"),
    )
    .join(SUPPLIERS, SUPPLIERS.c.id == REORDER_POINTS.c.supplier_id)
    .join(
        SUPPLIER_PRICES,
        (SUPPLIER_PRICES.c.supplier_id == REORDER_POINTS.c.supplier_id)
        & (SUPPLIER_PRICES.c.product_id == REORDER_POINTS.c.product_id),
    )
    .limit(MOST_POINTS)
)
