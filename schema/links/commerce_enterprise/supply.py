"""Products and warehouses of the shop, and who supplies them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import strawberry

from datasources.commerce.stores import Commerce
from datasources.enterprise.supply.purchases import Place
from datasources.enterprise.supply.suppliers import MOST_POINTS
from datasources.errors import NotFound
from loaders.commerce import CommerceLoaders
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.supply import purchasing, reordering, suppliers
from schema import access
from schema.access import INHERITED, scope
from schema.commerce.catalogue import Product
from schema.commerce.inventory import Warehouse
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.supply.purchases import (
    DraftPurchaseOrderInput,
    GoodsReceiptLine,
    PurchaseLine,
    PurchaseOrder,
    PurchaseOrderPayload,
)
from schema.enterprise.supply.suppliers import (
    ReorderPoint,
    ReorderPointPayload,
    SetReorderPointInput,
    SetSupplierPriceInput,
    Supplier,
    SupplierPrice,
    SupplierPricePayload,
)
from schema.fields import computed, edge_page
from schema.links.linked import linked
from schema.money import Money
from schema.mutations import mutates
from schema.node import edge_to, optional_uuid


@linked(Product)
class ProductSupply:
    suppliers: Connection[SupplierPrice] = edge_page(
        EnterpriseLoaders.prices_by_product,
        key="id",
        description="What suppliers take for it, the lowest first; none unless you may see supply.",
    )
    open_purchase_orders: Connection[PurchaseOrder] = edge_page(
        EnterpriseLoaders.open_purchases_by_product,
        key="id",
        description="Those of which something may still come, the newest first; none unless you may see supply.",
    )


@linked(SupplierPrice)
class SupplierPriceProduct:
    product: Product | None = edge_to(Product, "product_id")


@linked(ReorderPoint)
class ReorderPointPlace:
    product: Product | None = edge_to(Product, "product_id")
    warehouse: Warehouse | None = edge_to(Warehouse, "warehouse_id", "Null where you may not see warehouses.")


@linked(PurchaseOrder)
class PurchaseOrderWarehouse:
    warehouse: Warehouse | None = edge_to(
        Warehouse, "warehouse_id", "Where it is to come; null where you may not see warehouses."
    )


@linked(PurchaseLine)
class PurchaseLineProduct:
    product: Product | None = edge_to(Product, "product_id")


@linked(GoodsReceiptLine)
class GoodsReceiptLineProduct:
    product: Product | None = edge_to(Product, "product_id")


async def _taken(context: Context, product_ids: Sequence[UUID], since: datetime) -> Mapping[Place, int]:
    return await context.of(Commerce).analytics.taken_from_warehouses(product_ids, since)


async def _available(context: Context, product_ids: Sequence[UUID]) -> Mapping[Place, int]:
    levels = await context.of(Commerce).inventory.levels_of(product_ids)
    return {(level.product_id, level.warehouse_id): level.on_hand - level.reserved for level in levels}


async def _exist(context: Context, product_id: UUID | None, warehouse_id: UUID | None) -> None:
    """Raises: NotFound."""
    if product_id and await context.loaders.load(CommerceLoaders.product_by_id, product_id) is None:
        raise NotFound("product")
    if warehouse_id and await context.loaders.load(CommerceLoaders.warehouse_by_id, warehouse_id) is None:
        raise NotFound("warehouse")


@strawberry.type(description="What to order of a product for a warehouse now.", directives=[INHERITED])
class ReorderSuggestion:
    product: Product | None = edge_to(Product, "product_id")
    warehouse: Warehouse | None = edge_to(Warehouse, "warehouse_id")
    supplier: Supplier | None = edge_to(Supplier, "supplier_id")
    quantity: int = strawberry.field(description="At least the supplier's minimum.")
    cost: Money = computed(Money.of, "total_minor", "currency", description="Of all of it.")
    sold: int = strawberry.field(description="Pieces that orders of the last `days` days took from there.")
    available: int = strawberry.field(description="Pieces that can be ordered from there now.")
    on_order: int = strawberry.field(description="Pieces that may still come there.")


@strawberry.type
class SupplyLinksQuery:
    @access.field(
        scope("supply:read"),
        "What to order now at the reorder points of a supplier, of a warehouse, or at all, of the oldest "
        f"{MOST_POINTS}. What is there and on its way has to last until the next review's order has come, at the "
        f"average of the last `days` days, with {reordering.SAFETY_DAYS} days more for safety: sold / days * "
        "(lead days + review days) + safety - available - on order. Takes scopes analytics:read and inventory:read, "
        "too.",
        Cost(weight=1000, size=100),
    )
    async def reorder_suggestions(
        self,
        info: strawberry.Info,
        supplier_id: strawberry.ID | None = None,
        warehouse_id: strawberry.ID | None = None,
        days: int = 90,
        review_days: int = 14,
    ) -> list[ReorderSuggestion] | None:
        supplier = optional_uuid(supplier_id, "Supplier", "supplierId")
        warehouse = optional_uuid(warehouse_id, "Warehouse", "warehouseId")
        found: Any = await reordering.suggest(info.context, supplier, warehouse, days, review_days, _taken, _available)
        return found


_mutates = partial(mutates, access=scope("supply:write"))


@strawberry.type
class SupplyLinksMutation:
    set_supplier_price = _mutates(
        partial(suppliers.set_price, exist=_exist),
        SetSupplierPriceInput,
        "What a supplier takes for a product from now on; orders keep what they were drafted with.",
        gives=SupplierPricePayload,
    )
    set_reorder_point = _mutates(
        partial(suppliers.set_reorder_point, exist=_exist),
        SetReorderPointInput,
        "When to order a product again for a warehouse.",
        gives=ReorderPointPayload,
    )
    draft_purchase_order = _mutates(
        partial(purchasing.draft_purchase, exist=_exist),
        DraftPurchaseOrderInput,
        "Drafts a purchase order, which another approves.",
        gives=PurchaseOrderPayload,
    )
