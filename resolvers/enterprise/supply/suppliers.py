"""Suppliers, what they take for a product, and of whom it is ordered again when."""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any
from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_supply
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import REORDER_POINTS, SUPPLIER_PRICES, SUPPLIERS
from datasources.errors import InvalidInput, NotFound
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.records import Record, between, change, create, hold, once, tell, telling, text, update

MAX_PIECES = 1_000_000
MAX_PRICE_MINOR = 10**10
LEAD_DAYS = between(0, 730)
SUPPLIER = Record(
    type="Supplier",
    table=SUPPLIERS,
    batch=EnterpriseLoaders.supplier_by_id,
    created=EventType.SUPPLIER_CREATED,
    changed=EventType.SUPPLIER_CHANGED,
    visible=visible_supply,
    rules={"name": text(120), "email": text(254), "lead_time_days": LEAD_DAYS},
    taken=partial(InvalidInput, "name", "A supplier has this name already."),
)
PRICE = Record(
    type="SupplierPrice",
    table=SUPPLIER_PRICES,
    batch=EnterpriseLoaders.price_by_id,
    created=EventType.SUPPLIER_CHANGED,
    changed=EventType.SUPPLIER_CHANGED,
    rules={"sku": text(40), "minimum_quantity": between(1, MAX_PIECES), "lead_time_days": LEAD_DAYS},
    subject="supplier_id",
)
POINT = Record(
    type="ReorderPoint",
    table=REORDER_POINTS,
    batch=EnterpriseLoaders.reorder_point_by_id,
    created=EventType.REORDER_CHANGED,
    changed=EventType.REORDER_CHANGED,
    rules={"reorder_at": between(0, MAX_PIECES), "reorder_quantity": between(0, MAX_PIECES)},
    told=telling(product="product_id", warehouse="warehouse_id"),
)

Exist = Callable[[Context, UUID | None, UUID | None], Awaitable[None]]
"""Whether there is this product, and this warehouse. Raises: NotFound."""


async def add_supplier(context: Context, *, key: str, **given: Any) -> Any:
    """A new supplier. Raises: Forbidden, InvalidInput, KeyReused."""
    context.actor.require("supply:write")
    return await create(context, SUPPLIER, "addSupplier", key, SUPPLIER.checked(**given))


async def change_supplier(context: Context, *, supplier_id: UUID, key: str, **given: Any) -> Any:
    """What is None stays. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("supply:write")
    new = SUPPLIER.given(**given)
    return await change(context, SUPPLIER, "changeSupplier", key, supplier_id, new, new, taken=SUPPLIER.taken)


async def set_price(
    context: Context, exist: Exist, *, supplier_id: UUID, product_id: UUID, price: Money, key: str, **given: Any
) -> Any:
    """What the supplier takes for the product from now on; orders keep what they were drafted with.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("supply:write")
    if not 0 <= price.minor <= MAX_PRICE_MINOR:
        raise InvalidInput("price", "Write a price of one piece that is not negative.")
    values = PRICE.checked(**given, price_minor=price.minor)
    await exist(context, product_id, None)

    async def check(transaction: Transaction) -> None:
        supplier = await the_supplier(context.of(Enterprise), transaction, supplier_id)
        if supplier.currency != price.currency:
            raise InvalidInput("price", f"The prices of this supplier are in {supplier.currency}.")

    find = partial(context.of(Enterprise).suppliers.price_of, supplier_id=supplier_id, product_id=product_id)
    of = {"supplier_id": supplier_id, "product_id": product_id, "currency": price.currency}
    return await _put(context, PRICE, "setSupplierPrice", key, of, values, check, find)


async def set_reorder_point(
    context: Context, exist: Exist, *, product_id: UUID, warehouse_id: UUID, supplier_id: UUID, key: str, **given: Any
) -> Any:
    """When to order how many of whom again; a quantity of 0: nothing is ordered by itself any more.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("supply:write")
    enterprise = context.of(Enterprise)
    values = POINT.checked(supplier_id=supplier_id, **given)
    await exist(context, product_id, warehouse_id)

    async def check(transaction: Transaction) -> None:
        await the_supplier(enterprise, transaction, supplier_id)
        if await enterprise.suppliers.price_of(transaction, supplier_id, product_id) is None:
            raise InvalidInput("supplierId", "This supplier has no price for the product; set one first.")

    of = {"product_id": product_id, "warehouse_id": warehouse_id}
    find = partial(enterprise.suppliers.point_of, product_id=product_id, warehouse_id=warehouse_id)
    return await _put(context, POINT, "setReorderPoint", key, of, values, check, find)


async def _put(
    context: Context,
    record: Record,
    operation: str,
    key: str,
    of: Mapping[str, Any],
    values: Mapping[str, Any],
    check: Callable[[Transaction], Awaitable[None]],
    find: Callable[[Transaction], Awaitable[Row | None]],
) -> Any:
    """A new record `of` these, or the one that there is, which `find` finds; with these `values`."""
    enterprise = context.of(Enterprise)

    async def put(transaction: Transaction) -> UUID:
        await check(transaction)
        id = await enterprise.changes.add(transaction, record.table, {**of, **values})
        if id is not None:
            await tell(enterprise, transaction, record, record.created, {**of, **values, "id": id})
            return id
        there = await find(transaction)
        if there is None:
            raise NotFound(record.noun)
        before = await hold(enterprise, transaction, record, there.id)
        await update(enterprise, transaction, record, before, values)
        return UUID(str(there.id))

    return await once(context, record.batch, operation, key, [of, values], put)


async def the_supplier(enterprise: Enterprise, transaction: Transaction, id: UUID) -> Row:
    """Which nobody changes before the transaction ends. Raises: NotFound."""
    found = await enterprise.suppliers.get(transaction, id)
    if found is None:
        raise NotFound("supplier")
    return found
