"""Suppliers, what they take for a product, and of whom it is ordered again when."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import REORDER_POINTS, SUPPLIER_PRICES, SUPPLIERS
from datasources.errors import InvalidInput, NotFound
from datasources.money import Currency, Money
from datasources.prepared import Row
from datasources.sql import Transaction
from loaders.batch import Batch
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.text import plain

MAX_NAME = 120
MAX_EMAIL = 254
MAX_SKU = 40
MAX_PIECES = 1_000_000
MAX_LEAD_DAYS = 730
MAX_PRICE_MINOR = 10**10

Exist = Callable[[Context, UUID | None, UUID | None], Awaitable[None]]
"""Whether there is this product, and this warehouse. Raises: NotFound."""


@dataclass(frozen=True, slots=True)
class Price:
    supplier_id: UUID
    product_id: UUID
    sku: str
    price: Money
    minimum_quantity: int
    lead_time_days: int | None


@dataclass(frozen=True, slots=True)
class Point:
    product_id: UUID
    warehouse_id: UUID
    supplier_id: UUID
    reorder_at: int
    reorder_quantity: int


async def add_supplier(
    context: Context, name: str, email: str, currency: Currency, lead_time_days: int, key: str
) -> Any:
    """A new supplier, once for `key`. Raises: Forbidden, InvalidInput, KeyReused."""
    context.actor.require("supply:write")
    enterprise = context.of(Enterprise)
    values = {
        "name": plain(name, "name", MAX_NAME),
        "email": plain(email, "email", MAX_EMAIL),
        "currency": currency.value,
        "lead_time_days": within(lead_time_days, "leadTimeDays", 0, MAX_LEAD_DAYS),
    }

    async def add(transaction: Transaction) -> dict[str, str]:
        id = await enterprise.suppliers.add(transaction, **values)
        if id is None:
            raise _NAMED
        await enterprise.events.append(transaction, EventType.SUPPLIER_CREATED, id)
        return {"id": str(id)}

    done = await enterprise.once(key, "addSupplier", values).do(enterprise.sources.database, add)
    return await context.fresh(EnterpriseLoaders.supplier_by_id, UUID(done["id"]))


async def change_supplier(
    context: Context, id: UUID, name: str | None, email: str | None, lead_time_days: int | None, key: str
) -> Any:
    """What is None stays. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("supply:write")
    enterprise = context.of(Enterprise)
    new: dict[str, Any] = {}
    if name is not None:
        new["name"] = plain(name, "name", MAX_NAME)
    if email is not None:
        new["email"] = plain(email, "email", MAX_EMAIL)
    if lead_time_days is not None:
        new["lead_time_days"] = within(lead_time_days, "leadTimeDays", 0, MAX_LEAD_DAYS)

    async def change(transaction: Transaction) -> bool:
        before = await enterprise.changes.hold(transaction, SUPPLIERS, id, enterprise.suppliers.visible)
        if before is None:
            raise NotFound("supplier")
        if "name" in new and await enterprise.suppliers.has_name(transaction, new["name"], id):
            raise _NAMED
        if await enterprise.changes.update(transaction, "Supplier", SUPPLIERS, before, new):
            await enterprise.events.append(transaction, EventType.SUPPLIER_CHANGED, id)
        return True

    await enterprise.once(key, "changeSupplier", [id, new]).do(enterprise.sources.database, change)
    return await context.fresh(EnterpriseLoaders.supplier_by_id, id)


async def set_price(context: Context, wanted: Price, exist: Exist, key: str) -> Any:
    """What the supplier takes for the product from now on; orders keep what they were drafted with.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("supply:write")
    suppliers = context.of(Enterprise).suppliers
    if not 0 <= wanted.price.minor <= MAX_PRICE_MINOR:
        raise InvalidInput("price", "Write a price of one piece that is not negative.")
    lead = wanted.lead_time_days
    values = {
        "sku": plain(wanted.sku, "sku", MAX_SKU),
        "price_minor": wanted.price.minor,
        "minimum_quantity": within(wanted.minimum_quantity, "minimumQuantity", 1, MAX_PIECES),
        "lead_time_days": None if lead is None else within(lead, "leadTimeDays", 0, MAX_LEAD_DAYS),
    }
    of = {"supplier_id": wanted.supplier_id, "product_id": wanted.product_id}
    await exist(context, wanted.product_id, None)

    async def add(transaction: Transaction) -> UUID | None:
        supplier = await _supplier(context, transaction, wanted.supplier_id)
        if supplier.currency != wanted.price.currency:
            raise InvalidInput("price", f"The prices of this supplier are in {supplier.currency}.")
        return await suppliers.add_price(transaction, currency=supplier.currency, **of, **values)

    async def found(transaction: Transaction) -> Row | None:
        return await suppliers.price_of(transaction, wanted.supplier_id, wanted.product_id)

    kind = _Kind("SupplierPrice", SUPPLIER_PRICES, EnterpriseLoaders.price_by_id, "setSupplierPrice")

    async def tell(transaction: Transaction, _: UUID) -> None:
        await context.of(Enterprise).events.append(transaction, EventType.SUPPLIER_CHANGED, wanted.supplier_id)

    return await _put(context, kind, key, asdict(wanted), values, add, found, tell)


async def set_reorder_point(context: Context, wanted: Point, exist: Exist, key: str) -> Any:
    """When to order how many of whom again; a quantity of 0: nothing is ordered by itself any more.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("supply:write")
    enterprise = context.of(Enterprise)
    place = {"product_id": wanted.product_id, "warehouse_id": wanted.warehouse_id}
    values = {
        "supplier_id": wanted.supplier_id,
        "reorder_at": within(wanted.reorder_at, "reorderAt", 0, MAX_PIECES),
        "reorder_quantity": within(wanted.reorder_quantity, "reorderQuantity", 0, MAX_PIECES),
    }
    await exist(context, wanted.product_id, wanted.warehouse_id)

    async def add(transaction: Transaction) -> UUID | None:
        await _supplier(context, transaction, wanted.supplier_id)
        if await enterprise.suppliers.price_of(transaction, wanted.supplier_id, wanted.product_id) is None:
            raise InvalidInput("supplierId", "This supplier has no price for the product; set one first.")
        return await enterprise.suppliers.add_point(transaction, **place, **values)

    async def found(transaction: Transaction) -> Row | None:
        return await enterprise.suppliers.point_of(transaction, wanted.product_id, wanted.warehouse_id)

    kind = _Kind("ReorderPoint", REORDER_POINTS, EnterpriseLoaders.reorder_point_by_id, "setReorderPoint")

    async def tell(transaction: Transaction, id: UUID) -> None:
        told: dict[str, Any] = {"product": str(wanted.product_id), "warehouse": str(wanted.warehouse_id)}
        await enterprise.events.append(transaction, EventType.REORDER_CHANGED, id, **told)

    return await _put(context, kind, key, asdict(wanted), values, add, found, tell)


@dataclass(frozen=True, slots=True)
class _Kind:
    type: str
    table: sa.Table
    batch: Batch
    operation: str


async def _put(
    context: Context,
    kind: _Kind,
    key: str,
    request: Any,
    values: Mapping[str, Any],
    add: Callable[[Transaction], Awaitable[UUID | None]],
    found: Callable[[Transaction], Awaitable[Row | None]],
    tell: Callable[[Transaction, UUID], Awaitable[None]],
) -> Any:
    """The record that `add` makes; or the one that `found` finds, since it was there, with these `values`."""
    enterprise = context.of(Enterprise)

    async def put(transaction: Transaction) -> dict[str, str]:
        id = await add(transaction)
        if id is not None:
            await tell(transaction, id)
            return {"id": str(id)}
        there = await found(transaction)
        before = there and await enterprise.changes.hold(transaction, kind.table, there.id)
        if before is None:
            raise NotFound(kind.type)
        if await enterprise.changes.update(transaction, kind.type, kind.table, before, values):
            await tell(transaction, before.id)
        return {"id": str(before.id)}

    done = await enterprise.once(key, kind.operation, request).do(enterprise.sources.database, put)
    return await context.fresh(kind.batch, UUID(done["id"]))


async def _supplier(context: Context, transaction: Transaction, id: UUID) -> Row:
    """Raises: NotFound."""
    found = await context.of(Enterprise).suppliers.get(transaction, id)
    if found is None:
        raise NotFound("supplier")
    return found


def within(value: int, field: str, least: int, most: int) -> int:
    """Raises: InvalidInput."""
    if not least <= value <= most:
        raise InvalidInput(field, f"`{field}` is {least} to {most}.")
    return value


_NAMED = InvalidInput("name", "A supplier has this name already.")
