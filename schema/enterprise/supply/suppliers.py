"""Suppliers, their prices, and when to order again."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.money import Currency
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.supply import suppliers
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.enterprise.staff import KEY, Change, changes
from schema.fields import computed, edge, edge_page, root, root_page
from schema.money import Money, MoneyInput
from schema.node import Node, id_of, optional_uuid, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.enterprise.supply.purchases import PurchaseOrder

SUPPLY = policy("scope supply:read")


@strawberry.type(description="Of whom we buy.", directives=[SUPPLY])
class Supplier(Node, batch=EnterpriseLoaders.supplier_by_id):
    name: str
    email: str = strawberry.field(description="Where orders go.")
    currency: Currency = computed(Currency, "currency", description="Of its prices.")
    lead_time_days: int = strawberry.field(description="From an order until it comes, usually.")
    prices: Connection[Annotated["SupplierPrice", strawberry.lazy("schema.enterprise.supply.suppliers")]] = edge_page(
        EnterpriseLoaders.prices_by_supplier, key="id", description="The lowest first."
    )
    purchase_orders: Connection[Annotated["PurchaseOrder", strawberry.lazy("schema.enterprise.supply.purchases")]] = (
        edge_page(EnterpriseLoaders.purchases_by_supplier, key="id", description="The newest first.")
    )
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type(description="What a supplier takes for a product.", directives=[SUPPLY])
class SupplierPrice(Node, batch=EnterpriseLoaders.price_by_id):
    supplier: Supplier | None = edge(EnterpriseLoaders.supplier_by_id, key="supplier_id")
    sku: str = strawberry.field(description="What the supplier calls it.")
    price: Money = computed(Money.of, "price_minor", "currency", description="Of one piece.")
    minimum_quantity: int = strawberry.field(description="The supplier sends no fewer.")
    lead_time_days: int | None = strawberry.field(description="Null where it is that of the supplier.")
    changes: Connection[Change] = changes()


@strawberry.type(description="When to order a product again for a warehouse.", directives=[SUPPLY])
class ReorderPoint(Node, batch=EnterpriseLoaders.reorder_point_by_id):
    supplier: Supplier | None = edge(EnterpriseLoaders.supplier_by_id, key="supplier_id", description="Of whom.")
    reorder_at: int = strawberry.field(description="As soon as no more than so many pieces are available.")
    reorder_quantity: int = strawberry.field(description="How many are ordered then; 0: nothing is, by itself.")
    changes: Connection[Change] = changes()


def _points(supplier_id: strawberry.ID | None = None, warehouse_id: strawberry.ID | None = None) -> dict[str, Any]:
    return {
        "supplier_id": optional_uuid(supplier_id, "Supplier", "supplierId"),
        "warehouse_id": optional_uuid(warehouse_id, "Warehouse", "warehouseId"),
    }


@strawberry.type
class SuppliersQuery:
    supplier: Supplier | None = root(
        EnterpriseLoaders.supplier_by_id, scope("supply:read"), "The supplier with this id.", key=id_of("Supplier")
    )
    suppliers: Connection[Supplier] | None = root_page(
        EnterpriseLoaders.suppliers, scope("supply:read"), "Of whom we buy, by name."
    )
    reorder_points: Connection[ReorderPoint] | None = root_page(
        EnterpriseLoaders.reorder_points,
        scope("supply:read"),
        "When to order what again; of all, of a supplier, or for a warehouse. The oldest first.",
        arguments=_points,
    )


@strawberry.input(description="A new supplier.")
class AddSupplierInput:
    name: str
    email: str = strawberry.field(description="Where orders go.")
    currency: Currency = strawberry.field(description="Of its prices; it stays.")
    lead_time_days: int
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="What changes of a supplier; what is left out, or null, stays.")
class ChangeSupplierInput:
    supplier_id: strawberry.ID
    name: str | None = None
    email: str | None = None
    lead_time_days: int | None = None
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="What a supplier takes for a product from now on.")
class SetSupplierPriceInput:
    supplier_id: strawberry.ID
    product_id: strawberry.ID
    sku: str = strawberry.field(description="What the supplier calls it.")
    price: MoneyInput = strawberry.field(description="Of one piece, in the supplier's currency.")
    minimum_quantity: int = 1
    lead_time_days: int | None = strawberry.field(default=None, description="Left out: that of the supplier.")
    idempotency_key: str = strawberry.field(description=KEY)

    def value(self) -> suppliers.Price:
        """Raises: InvalidInput."""
        return suppliers.Price(
            uuid_of(self.supplier_id, "Supplier", "supplierId"),
            uuid_of(self.product_id, "Product", "productId"),
            self.sku,
            self.price.value("price"),
            self.minimum_quantity,
            self.lead_time_days,
        )


@strawberry.input(description="When to order a product again for a warehouse, how many, and of whom.")
class SetReorderPointInput:
    product_id: strawberry.ID
    warehouse_id: strawberry.ID
    supplier_id: strawberry.ID
    reorder_at: int = strawberry.field(description="As soon as no more than so many pieces are available.")
    reorder_quantity: int = strawberry.field(description="0: nothing is ordered by itself any more.")
    idempotency_key: str = strawberry.field(description=KEY)

    def value(self) -> suppliers.Point:
        """Raises: InvalidInput."""
        return suppliers.Point(
            uuid_of(self.product_id, "Product", "productId"),
            uuid_of(self.warehouse_id, "Warehouse", "warehouseId"),
            uuid_of(self.supplier_id, "Supplier", "supplierId"),
            self.reorder_at,
            self.reorder_quantity,
        )


@strawberry.type(description="The supplier as it is now, or why it was refused.", directives=[INHERITED])
class SupplierPayload:
    supplier: Supplier | None = None
    problem: Problem | None = None


@strawberry.type(description="The price as it is now, or why it was refused.", directives=[INHERITED])
class SupplierPricePayload:
    price: SupplierPrice | None = None
    problem: Problem | None = None


@strawberry.type(description="The reorder point as it is now, or why it was refused.", directives=[INHERITED])
class ReorderPointPayload:
    reorder_point: ReorderPoint | None = None
    problem: Problem | None = None


@strawberry.type
class SuppliersMutation:
    @mutation(scope("supply:write"), "A new supplier.", InvalidInput, KeyReused)
    async def add_supplier(self, info: strawberry.Info, input: AddSupplierInput) -> SupplierPayload | None:
        return await payload(
            SupplierPayload,
            supplier=lambda: suppliers.add_supplier(
                info.context, input.name, input.email, input.currency, input.lead_time_days, input.idempotency_key
            ),
        )

    @mutation(scope("supply:write"), "Changes a supplier.", InvalidInput, NotFound, KeyReused)
    async def change_supplier(self, info: strawberry.Info, input: ChangeSupplierInput) -> SupplierPayload | None:
        return await payload(
            SupplierPayload,
            supplier=lambda: suppliers.change_supplier(
                info.context,
                uuid_of(input.supplier_id, "Supplier", "supplierId"),
                input.name,
                input.email,
                input.lead_time_days,
                input.idempotency_key,
            ),
        )
