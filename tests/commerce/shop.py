"""A shop for tests: puts people, products and stock into a fresh database, each in one line."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import CATEGORIES, CUSTOMERS, PRODUCTS, STOCK_LEVELS, STOCK_MOVEMENTS, WAREHOUSES
from datasources.ids import uuid7
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

    def staff(self, *scopes: str) -> Actor:
        return Actor(uuid7(self.clock()), frozenset(scopes))

    @staticmethod
    def id(type_name: str, uuid: UUID | None) -> str:
        """The global id."""
        assert uuid is not None
        return global_id(type_name, uuid)
