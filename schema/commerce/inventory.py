"""Warehouses, stock levels and the movements that explain them."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.commerce.errors import OutOfStock, StockReserved
from datasources.commerce.stock_ledger import AdjustmentReason, MovementKind
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.commerce import CommerceLoaders
from resolvers.commerce import inventory
from resolvers.commerce.inventory import Adjustment
from schema import access
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.enums import told
from schema.fields import computed, edge, page_arguments
from schema.node import Node, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.commerce.catalogue import Product

STAFF = policy("scope inventory:read or inventory:write")

told(
    MovementKind,
    "What moved stock.",
    name="StockMovementKind",
    RECEIVED="A delivery came in.",
    ADJUSTED="Staff corrected what is on hand; see `reason`.",
    RESERVED="An order was placed and waits for it.",
    RELEASED="An order was cancelled: what it waited for can be ordered again.",
    SHIPPED="It left with an order.",
    RETURNED="It came back with a refund.",
)
told(
    AdjustmentReason,
    "Why staff change what is on hand.",
    name="StockAdjustmentReason",
    RECEIVED="A delivery came in.",
    COUNTED="There are more, or fewer, than the books said.",
    DAMAGED="It cannot be sold any more.",
    LOST="It cannot be found.",
)


@strawberry.type(description="Where stock lies.", directives=[STAFF])
class Warehouse(Node, batch=CommerceLoaders.warehouse_by_id):
    code: str = strawberry.field(description="Short and unique, for people.")
    name: str
    country: str = strawberry.field(description="ISO 3166 alpha-2.")


@strawberry.type(description="How much of a product lies in a warehouse, in pieces.", directives=[STAFF])
class StockLevel:
    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] = edge(
        CommerceLoaders.product_by_id, key="product_id"
    )
    warehouse: Warehouse = edge(CommerceLoaders.warehouse_by_id, key="warehouse_id")
    on_hand: int = strawberry.field(description="What lies there, reserved or not.")
    reserved: int = strawberry.field(description="What orders wait for that are not shipped yet.")
    available: int = computed(
        lambda on_hand, reserved: on_hand - reserved, "on_hand", "reserved", description="What can be ordered."
    )
    updated_at: datetime


@strawberry.type(description="A change of a stock level; their sum is the level.", directives=[STAFF])
class StockMovement:
    kind: MovementKind = computed(MovementKind, "kind")
    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] = edge(
        CommerceLoaders.product_by_id, key="product_id"
    )
    warehouse: Warehouse = edge(CommerceLoaders.warehouse_by_id, key="warehouse_id")
    on_hand_change: int = strawberry.field(description="In pieces; negative where they left.")
    reserved_change: int = strawberry.field(description="In pieces; negative where they were given free, or shipped.")
    reason: AdjustmentReason | None = computed(
        lambda reason: reason and AdjustmentReason(reason), "reason", description="Null where an order moved it."
    )
    at: datetime


@strawberry.type
class InventoryQuery:
    @access.field(scope("inventory:read"), "All warehouses, by code.")
    async def warehouses(self, info: strawberry.Info) -> list[Warehouse] | None:
        return await inventory.warehouses(info.context)

    @access.field(scope("inventory:read"), "The ledger of a product, in one warehouse or all; the newest first.")
    async def stock_movements(
        self,
        info: strawberry.Info,
        product_id: strawberry.ID,
        warehouse_id: strawberry.ID | None = None,
        first: int = 20,
        after: str | None = None,
    ) -> Connection[StockMovement] | None:
        product = uuid_of(product_id, "Product", "productId")
        warehouse = None if warehouse_id is None else uuid_of(warehouse_id, "Warehouse", "warehouseId")
        return await inventory.find_movements(info.context, product, warehouse, page_arguments(first, after))


@strawberry.input(description="A correction of what is on hand.")
class AdjustStockInput:
    product_id: strawberry.ID
    warehouse_id: strawberry.ID
    by: int = strawberry.field(description="Pieces that came, or left where it is negative.")
    reason: AdjustmentReason
    idempotency_key: str = strawberry.field(description="New for each correction; a repeat does nothing more.")

    def value(self) -> Adjustment:
        """Raises: InvalidInput."""
        return Adjustment(
            uuid_of(self.product_id, "Product", "productId"),
            uuid_of(self.warehouse_id, "Warehouse", "warehouseId"),
            self.by,
            self.reason,
        )


@strawberry.type(description="There is less than was asked for.", directives=[INHERITED])
class OutOfStockProblem(Problem):
    refusal = OutOfStock

    sku: str = strawberry.field(description="The product that there is too little of.")
    wanted: int
    available: int = strawberry.field(description="Pieces that can be ordered now, in all warehouses.")


@strawberry.type(description="Orders wait for what would be taken away.", directives=[INHERITED])
class StockReservedProblem(Problem):
    refusal = StockReserved

    available: int = strawberry.field(description="What no order waits for, in that warehouse.")


@strawberry.type(description="The level as it is now, or why it was left as it was.", directives=[INHERITED])
class StockLevelPayload:
    level: StockLevel | None = None
    problem: Problem | None = None


@strawberry.type
class InventoryMutation:
    @mutation(
        scope("inventory:write"),
        "Corrects what is on hand of a product in a warehouse.",
        InvalidInput,
        NotFound,
        StockReserved,
        KeyReused,
    )
    async def adjust_stock(self, info: strawberry.Info, input: AdjustStockInput) -> StockLevelPayload | None:
        return await payload(
            StockLevelPayload,
            level=lambda: inventory.adjust_stock(info.context, input.value(), input.idempotency_key),
        )
