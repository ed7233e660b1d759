"""Purchase orders, and the goods that come."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from datasources.enterprise.errors import FourEyes, InvalidMove, OverLimit, OverReceived
from datasources.enterprise.supply.purchases import PurchaseStatus
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.supply import purchasing
from schema.access import INHERITED, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.staff import KEY, Change, Employee, changes
from schema.enterprise.supply.suppliers import SUPPLY, Supplier
from schema.enums import told
from schema.fields import computed, edge, edge_page, root, root_page
from schema.money import Money
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

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
    supplier: Supplier | None = edge(EnterpriseLoaders.supplier_by_id, key="supplier_id")
    total: Money = computed(Money.of, "total_minor", "currency")
    lines: list[PurchaseLine] = edge(EnterpriseLoaders.lines_by_purchase, key="id", cost=Cost(size=5))
    receipts: Connection[Annotated["GoodsReceipt", strawberry.lazy("schema.enterprise.supply.purchases")]] = edge_page(
        EnterpriseLoaders.receipts_by_purchase, key="id", description="What came of it, the newest first."
    )
    drafted_by: Employee | None = edge(
        EnterpriseLoaders.employee_by_id, key="drafted_by", description="Null where a process did."
    )
    approved_by: Employee | None = edge(
        EnterpriseLoaders.employee_by_id, key="approved_by", description="Null where nobody has, or nobody had to."
    )
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type(description="How many of a product came at once.", directives=[SUPPLY])
class GoodsReceiptLine:
    quantity: int


@strawberry.type(description="Goods of an order that came at once.", directives=[SUPPLY])
class GoodsReceipt(Node, batch=EnterpriseLoaders.receipt_by_id):
    purchase_order: PurchaseOrder | None = edge(EnterpriseLoaders.purchase_by_id, key="purchase_id")
    lines: list[GoodsReceiptLine] = edge(EnterpriseLoaders.lines_by_receipt, key="id", cost=Cost(size=5))
    received_by: Employee | None = edge(EnterpriseLoaders.employee_by_id, key="received_by")
    at: datetime


def _in_status(status: PurchaseStatus | None = None) -> dict[str, Any]:
    return {"status": status}


@strawberry.type
class PurchasesQuery:
    purchase_order: PurchaseOrder | None = root(
        EnterpriseLoaders.purchase_by_id,
        scope("supply:read"),
        "The purchase order with this id.",
        key=id_of("PurchaseOrder"),
    )
    purchase_orders: Connection[PurchaseOrder] | None = root_page(
        EnterpriseLoaders.purchases,
        scope("supply:read"),
        "All purchase orders, or those of a status; the newest first.",
        arguments=_in_status,
    )


@strawberry.input(description="How many of a product.")
class PiecesInput:
    product_id: strawberry.ID
    quantity: int


@strawberry.input(description="What to order, at the supplier's prices as they are now.")
class DraftPurchaseOrderInput:
    supplier_id: strawberry.ID
    warehouse_id: strawberry.ID = strawberry.field(description="Where it is to come.")
    lines: list[PiecesInput] = strawberry.field(description="Each of another product.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Moves a purchase order on.")
class MovePurchaseOrderInput:
    purchase_order_id: strawberry.ID
    idempotency_key: str = strawberry.field(description=KEY)

    def id(self) -> Any:
        """Raises: InvalidInput."""
        return _purchase(self.purchase_order_id)


@strawberry.input(description="What came of an order.")
class ReceiveGoodsInput:
    purchase_order_id: strawberry.ID
    lines: list[PiecesInput] = strawberry.field(description="Each of another product of the order.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The purchase order as it is now, or why it was refused.", directives=[INHERITED])
class PurchaseOrderPayload:
    purchase_order: PurchaseOrder | None = None
    problem: Problem | None = None


@strawberry.type
class PurchasesMutation:
    @mutation(
        scope("approvals:decide"),
        "Approves a draft of another, up to the amount that you may approve.",
        InvalidInput,
        NotFound,
        InvalidMove,
        FourEyes,
        OverLimit,
        KeyReused,
    )
    async def approve_purchase_order(
        self, info: strawberry.Info, input: MovePurchaseOrderInput
    ) -> PurchaseOrderPayload | None:
        return await payload(
            PurchaseOrderPayload,
            purchase_order=lambda: purchasing.approve_purchase(info.context, input.id(), input.idempotency_key),
        )

    @mutation(
        scope("supply:write"),
        "Notes that an approved order was sent to the supplier.",
        InvalidInput,
        NotFound,
        InvalidMove,
        KeyReused,
    )
    async def send_purchase_order(
        self, info: strawberry.Info, input: MovePurchaseOrderInput
    ) -> PurchaseOrderPayload | None:
        return await payload(
            PurchaseOrderPayload,
            purchase_order=lambda: purchasing.send_purchase(info.context, input.id(), input.idempotency_key),
        )

    @mutation(
        scope("supply:write"),
        "Cancels an order: what has not come by now is not waited for.",
        InvalidInput,
        NotFound,
        InvalidMove,
        KeyReused,
    )
    async def cancel_purchase_order(
        self, info: strawberry.Info, input: MovePurchaseOrderInput
    ) -> PurchaseOrderPayload | None:
        return await payload(
            PurchaseOrderPayload,
            purchase_order=lambda: purchasing.cancel_purchase(info.context, input.id(), input.idempotency_key),
        )

    @mutation(
        scope("supply:write"),
        "Notes what came of an order, never more than was ordered; a moment later it is in stock.",
        InvalidInput,
        NotFound,
        InvalidMove,
        OverReceived,
        KeyReused,
    )
    async def receive_goods(self, info: strawberry.Info, input: ReceiveGoodsInput) -> PurchaseOrderPayload | None:
        return await payload(
            PurchaseOrderPayload,
            purchase_order=lambda: purchasing.receive_goods(
                info.context, _purchase(input.purchase_order_id), pieces(input.lines), input.idempotency_key
            ),
        )


def pieces(lines: list[PiecesInput]) -> purchasing.Quantities:
    """Raises: InvalidInput."""
    return [(uuid_of(line.product_id, "Product", "productId"), line.quantity) for line in lines]


def _purchase(id: strawberry.ID) -> Any:
    return uuid_of(id, "PurchaseOrder", "purchaseOrderId")
