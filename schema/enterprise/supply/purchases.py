"""Purchase orders, and the goods that come."""

from datetime import datetime
from functools import partial
from typing import Annotated
from uuid import UUID

import strawberry

from datasources.enterprise.errors import FourEyes, InvalidMove, OverLimit, OverReceived
from datasources.enterprise.supply.purchases import PurchaseStatus
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.supply import purchasing
from schema.access import scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.ids import ProductId, PurchaseOrderId, SupplierId, WarehouseId
from schema.enterprise.staff import Change, Employee, changes
from schema.enterprise.supply.suppliers import SUPPLY, Supplier
from schema.enums import told
from schema.fields import computed, edge, edge_page, root_page
from schema.inputs import keyed, wanted
from schema.money import Money
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to, uuid_of

told(
    PurchaseStatus,
    "How far a purchase order is.",
    DRAFT="It waits until somebody approves it.",
    PARTLY_RECEIVED="Some of it has come.",
    RECEIVED="All of it has come.",
    CANCELLED="What has not come by then is not waited for.",
)


@strawberry.type(description="A product of a purchase order.", directives=[SUPPLY])
class PurchaseLine:
    sku: str = strawberry.field(description="What the supplier calls it.")
    quantity: int
    received: int = strawberry.field(description="How many have come.")
    unit_price: Money = computed(Money.of, "unit_minor", "currency")
    total: Money = computed(
        lambda unit, quantity, currency: Money.of(unit * quantity, currency), "unit_minor", "quantity", "currency"
    )


@strawberry.type(description="What we order of a supplier for a warehouse.", directives=[SUPPLY])
class PurchaseOrder(Node, batch=EnterpriseLoaders.purchase_by_id):
    number: str = strawberry.field(description="What people call it.")
    status: PurchaseStatus = computed(PurchaseStatus, "status")
    supplier: Supplier | None = edge_to(Supplier, "supplier_id")
    total: Money = computed(Money.of, "total_minor", "currency")
    lines: list[PurchaseLine] = edge(EnterpriseLoaders.lines_by_purchase, key="id", cost=Cost(size=5))
    receipts: Connection[Annotated["GoodsReceipt", strawberry.lazy("schema.enterprise.supply.purchases")]] = edge_page(
        EnterpriseLoaders.receipts_by_purchase, key="id", description="What came of it, the newest first."
    )
    drafted_by: Employee | None = edge_to(Employee, "drafted_by", "Null where a process did.")
    approved_by: Employee | None = edge_to(Employee, "approved_by", "Null where nobody has, or nobody had to.")
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type(description="How many of a product came at once.", directives=[SUPPLY])
class GoodsReceiptLine:
    quantity: int


@strawberry.type(description="Goods of an order that came at once.", directives=[SUPPLY])
class GoodsReceipt(Node, batch=EnterpriseLoaders.receipt_by_id):
    purchase_order: PurchaseOrder | None = edge_to(PurchaseOrder, "purchase_id")
    lines: list[GoodsReceiptLine] = edge(EnterpriseLoaders.lines_by_receipt, key="id", cost=Cost(size=5))
    received_by: Employee | None = edge_to(Employee, "received_by")
    at: datetime


@strawberry.type
class PurchasesQuery:
    purchase_order: PurchaseOrder | None = by_id(
        PurchaseOrder, scope("supply:read"), "The purchase order with this id."
    )
    purchase_orders: Connection[PurchaseOrder] | None = root_page(
        EnterpriseLoaders.purchases,
        scope("supply:read"),
        "All purchase orders, or those of a status; the newest first.",
        arguments=wanted(status=PurchaseStatus),
    )


@strawberry.input(description="How many of a product.")
class PiecesInput:
    product_id: ProductId
    quantity: int

    def value(self, _: str) -> tuple[UUID, int]:
        """Raises: InvalidInput."""
        return uuid_of(self.product_id, "Product", "productId"), self.quantity


@keyed("What to order, at the supplier's prices as they are now.")
class DraftPurchaseOrderInput:
    supplier_id: SupplierId
    warehouse_id: WarehouseId = strawberry.field(description="Where it is to come.")
    lines: list[PiecesInput] = strawberry.field(description="Each of another product.")


@keyed("Moves a purchase order on.")
class MovePurchaseOrderInput:
    purchase_order_id: PurchaseOrderId


@keyed("What came of an order.")
class ReceiveGoodsInput:
    purchase_order_id: PurchaseOrderId
    lines: list[PiecesInput] = strawberry.field(description="Each of another product of the order.")


PurchaseOrderPayload = outcome("PurchaseOrderPayload", purchase_order=PurchaseOrder)
_mutates = partial(mutates, gives=PurchaseOrderPayload, access=scope("supply:write"))


@strawberry.type
class PurchasesMutation:
    approve_purchase_order = _mutates(
        purchasing.approve_purchase,
        MovePurchaseOrderInput,
        "Approves a draft of another, up to the amount that you may approve.",
        InvalidMove,
        FourEyes,
        OverLimit,
        access=scope("approvals:decide"),
    )
    send_purchase_order = _mutates(
        purchasing.send_purchase,
        MovePurchaseOrderInput,
        "Notes that an approved order was sent to the supplier.",
        InvalidMove,
    )
    cancel_purchase_order = _mutates(
        purchasing.cancel_purchase,
        MovePurchaseOrderInput,
        "Cancels an order: what has not come by now is not waited for.",
        InvalidMove,
    )
    receive_goods = _mutates(
        purchasing.receive_goods,
        ReceiveGoodsInput,
        "Notes what came of an order, never more than was ordered; a moment later it is in stock.",
        InvalidMove,
        OverReceived,
    )
