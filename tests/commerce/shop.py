"""A shop for tests: puts people, products and stock into a fresh database, each in one line."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import (
    ADDRESSES,
    ALLOCATIONS,
    CATEGORIES,
    CUSTOMERS,
    ORDER_LINES,
    ORDERS,
    PRODUCTS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
    WAREHOUSES,
)
from datasources.ids import uuid7
from datasources.money import Money
from schema.node import global_id

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


class Clock:
    """Stands still until it is moved; every id born meanwhile is still new."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **by: float) -> None:
        self.now += timedelta(**by)


@dataclass(frozen=True)
class Sold:
    """A line of an order; `price` of one without tax, and `tax` of all, in cents."""

    product: UUID
    quantity: int = 1
    price: int = 1000
    tax: int = 0
    refunded: int = 0

    def amounts(self, currency: str, rate: str) -> tuple[int, int]:
        """Without tax, and the tax, in minor units of `currency`."""
        price, tax = (Money(cents, "EUR").converted(Decimal(rate), currency).minor for cents in (self.price, self.tax))
        return self.quantity * price, tax


class Shop:
    def __init__(self, sources: CommerceSources, clock: Clock) -> None:
        self.sources = sources
        self.database = sources.database
        self.clock = clock
        self._numbers = count(1)
        self._warehouses: dict[str, UUID] = {}

    async def insert(self, table: sa.Table, **values: Any) -> UUID:
        """One row with a new `id`, each a second younger than the one before."""
        self.clock.forward(seconds=1)
        id = uuid7(self.clock())
        async with self.database.transaction() as transaction:
            await transaction.write(sa.insert(table).values(id=id, **values))
        return id

    async def count(self, table: sa.Table) -> int:
        return int(await self.database.scalar(sa.select(sa.func.count()).select_from(table)))

    async def category(self, name: str, *, parent: UUID | None = None) -> UUID:
        return await self.insert(CATEGORIES, name=name, slug=name.lower().replace(" ", "-"), parent_id=parent)

    async def product(
        self,
        name: str = "Mug",
        *,
        sku: str | None = None,
        price: int = 1000,
        category: UUID | None = None,
        stock: Mapping[str, int] | None = None,
        **more: Any,
    ) -> UUID:
        """A product with its price in cents, and what is on hand by the code of the warehouse."""
        values: dict[str, Any] = {
            "sku": sku or f"SKU-{next(self._numbers)}",
            "name": name,
            "description": f"A good {name.lower()}",
            "category_id": category or await self.category(f"Category {next(self._numbers)}"),
            "price_minor": price,
            "currency": "EUR",
            "attributes": {},
            "active": True,
            "units_sold": 0,
            "created_at": self.clock(),
            "updated_at": self.clock(),
        }
        id = await self.insert(PRODUCTS, **(values | more))
        for code, on_hand in (stock or {}).items():
            await self.receive(id, code, on_hand)
        return id

    async def receive(self, product: UUID, warehouse: str, on_hand: int) -> None:
        place = {"product_id": product, "warehouse_id": await self.warehouse(warehouse)}
        movement = {"kind": "received", "on_hand_change": on_hand, "reserved_change": 0, "actor_id": UUID(int=0)}
        async with self.database.transaction() as transaction:
            level = {**place, "on_hand": on_hand, "reserved": 0, "updated_at": self.clock()}
            await transaction.write(sa.insert(STOCK_LEVELS).values(level))
        await self.insert(STOCK_MOVEMENTS, **place, **movement, at=self.clock())

    async def warehouse(self, code: str, country: str = "DE") -> UUID:
        if code not in self._warehouses:
            name = f"Warehouse {code}"
            self._warehouses[code] = await self.insert(WAREHOUSES, code=code, name=name, country=country)
        return self._warehouses[code]

    async def customer(self, email: str = "ada@example.com", *, name: str = "Ada", currency: str = "EUR") -> Actor:
        """A customer, as the actor that it is."""
        self.clock.forward(seconds=1)
        id = uuid7(self.clock())
        seal = self.sources.cipher.seal
        values = {
            "id": id,
            "email_index": self.sources.email_index.of(email),
            "sealed_name": seal(name, b"customers.name:" + id.bytes),
            "sealed_email": seal(email, b"customers.email:" + id.bytes),
            "sealed_phone": None,
            "currency": currency,
            "created_at": self.clock(),
        }
        async with self.database.transaction() as transaction:
            await transaction.write(sa.insert(CUSTOMERS).values(values))
        return Actor(id)

    async def order(
        self,
        customer: Actor,
        *lines: Sold,
        at: datetime | None = None,
        status: str = "placed",
        currency: str = "EUR",
        rate: str = "1",
        **more: Any,
    ) -> UUID:
        """An order as it is kept, without what placing it does to stock, payment and history."""
        self.clock.forward(seconds=1)
        placed_at = at or self.clock()
        id = uuid7(placed_at)
        amounts = [line.amounts(currency, rate) for line in lines]
        net, tax = sum(net for net, _ in amounts), sum(tax for _, tax in amounts)
        values = {
            "id": id,
            "number": f"T-{next(self._numbers)}",
            "customer_id": customer.id,
            "status": status,
            "currency": currency,
            "subtotal_minor": net,
            "tax_minor": tax,
            "total_minor": net + tax,
            "rate": rate,
            "country": "DE",
            "placed_at": placed_at,
            "updated_at": placed_at,
        }
        async with self.database.transaction() as transaction:
            await transaction.write(sa.insert(ORDERS).values(values | more))
            for position, line in enumerate(lines, 1):
                of = {"id": uuid7(placed_at), "order_id": id, "position": position}
                await transaction.write(sa.insert(ORDER_LINES).values(of | await self._sold(line, currency, rate)))
        return id

    async def sold_from(self, customer: Actor, warehouse: str, line: Sold) -> None:
        """An order of one line that this warehouse gave out before; what lies there now is not touched."""
        order_id = await self.order(customer, line)
        mine = await self.database.row(sa.select(ORDER_LINES.c.id).where(ORDER_LINES.c.order_id == order_id))
        assert mine is not None
        taken = {"order_line_id": mine.id, "warehouse_id": await self.warehouse(warehouse), "quantity": line.quantity}
        async with self.database.transaction() as transaction:
            await transaction.write(sa.insert(ALLOCATIONS).values(taken))

    async def _sold(self, line: Sold, currency: str, rate: str) -> dict[str, Any]:
        """The columns of an order's line that say what was sold."""
        product = await self.database.row(sa.select(PRODUCTS).where(PRODUCTS.c.id == line.product))
        assert product is not None
        net, tax = line.amounts(currency, rate)
        return {
            "product_id": line.product,
            "sku": product.sku,
            "name": product.name,
            "currency": currency,
            "quantity": line.quantity,
            "refunded_quantity": line.refunded,
            "unit_price_minor": net // line.quantity,
            "tax_minor": tax,
            "total_minor": net + tax,
            "total_base_minor": line.quantity * line.price + line.tax,
        }

    async def address(self, customer: Actor, *, street: str = "Analytical Way 1") -> UUID:
        """An address in Berlin, as another part of the house keeps it."""
        self.clock.forward(seconds=1)
        id = uuid7(self.clock())
        parts = {"recipient": "Ada", "street": street, "city": "Berlin", "postal_code": "10115", "country": "DE"}
        sealed = self.sources.cipher.seal(json.dumps(parts), b"addresses:" + id.bytes)
        values = {"id": id, "customer_id": customer.id, "sealed": sealed, "created_at": self.clock()}
        async with self.database.transaction() as transaction:
            await transaction.write(sa.insert(ADDRESSES).values(values))
        return id

    def staff(self, *scopes: str) -> Actor:
        return Actor(uuid7(self.clock()), frozenset(scopes))

    @staticmethod
    def id(type_name: str, uuid: UUID | None) -> str:
        """The global id."""
        assert uuid is not None
        return global_id(type_name, uuid)
