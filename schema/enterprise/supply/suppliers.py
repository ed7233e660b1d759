"""Suppliers, their prices, and when to order again."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.money import Currency
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.supply import suppliers
from schema.access import policy, scope
from schema.connection import Connection
from schema.enterprise.ids import ProductId, SupplierId, WarehouseId
from schema.enterprise.staff import Change, changes
from schema.fields import computed, edge_page, root_page
from schema.inputs import keyed, wanted
from schema.money import Money, MoneyInput
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

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
    supplier: Supplier | None = edge_to(Supplier, "supplier_id")
    sku: str = strawberry.field(description="What the supplier calls it.")
    price: Money = computed(Money.of, "price_minor", "currency", description="Of one piece.")
    minimum_quantity: int = strawberry.field(description="The supplier sends no fewer.")
    lead_time_days: int | None = strawberry.field(description="Null where it is that of the supplier.")
    changes: Connection[Change] = changes()


@strawberry.type(description="When to order a product again for a warehouse.", directives=[SUPPLY])
class ReorderPoint(Node, batch=EnterpriseLoaders.reorder_point_by_id):
    supplier: Supplier | None = edge_to(Supplier, "supplier_id", "Of whom.")
    reorder_at: int = strawberry.field(description="As soon as no more than so many pieces are available.")
    reorder_quantity: int = strawberry.field(description="How many are ordered then; 0: nothing is, by itself.")
    changes: Connection[Change] = changes()


@strawberry.type
class SuppliersQuery:
    supplier: Supplier | None = by_id(Supplier, scope("supply:read"), "The supplier with this id.")
    suppliers: Connection[Supplier] | None = root_page(
        EnterpriseLoaders.suppliers, scope("supply:read"), "Of whom we buy, by name."
    )
    reorder_points: Connection[ReorderPoint] | None = root_page(
        EnterpriseLoaders.reorder_points,
        scope("supply:read"),
        "When to order what again; of all, of a supplier, or for a warehouse. The oldest first.",
        arguments=wanted(supplier_id=SupplierId, warehouse_id=WarehouseId),
    )


@keyed("A new supplier.")
class AddSupplierInput:
    name: str
    email: str = strawberry.field(description="Where orders go.")
    currency: Currency = strawberry.field(description="Of its prices; it stays.")
    lead_time_days: int


@keyed("What changes of a supplier; what is left out, or null, stays.")
class ChangeSupplierInput:
    supplier_id: SupplierId
    name: str | None = None
    email: str | None = None
    lead_time_days: int | None = None


@keyed("What a supplier takes for a product from now on.")
class SetSupplierPriceInput:
    supplier_id: SupplierId
    product_id: ProductId
    sku: str = strawberry.field(description="What the supplier calls it.")
    price: MoneyInput = strawberry.field(description="Of one piece, in the supplier's currency.")
    minimum_quantity: int = 1
    lead_time_days: int | None = strawberry.field(default=None, description="Left out: that of the supplier.")


@keyed("When to order a product again for a warehouse, how many, and of whom.")
class SetReorderPointInput:
    product_id: ProductId
    warehouse_id: WarehouseId
    supplier_id: SupplierId
    reorder_at: int = strawberry.field(description="As soon as no more than so many pieces are available.")
    reorder_quantity: int = strawberry.field(description="0: nothing is ordered by itself any more.")


SupplierPayload = outcome("SupplierPayload", supplier=Supplier)
SupplierPricePayload = outcome("SupplierPricePayload", price=SupplierPrice)
ReorderPointPayload = outcome("ReorderPointPayload", reorder_point=ReorderPoint)
_mutates = partial(mutates, gives=SupplierPayload, access=scope("supply:write"))


@strawberry.type
class SuppliersMutation:
    add_supplier = _mutates(suppliers.add_supplier, AddSupplierInput, "A new supplier.")
    change_supplier = _mutates(suppliers.change_supplier, ChangeSupplierInput, "Changes a supplier.")
