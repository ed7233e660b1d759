"""Carts: one for each customer, open until it becomes an order."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.policies import visible_carts
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import (
    BASE_CURRENCY,
    CART_LINES,
    CARTS,
    CUSTOMERS,
    PRODUCTS,
)
from datasources.errors import InvalidInput, NotFound, SourceError
from datasources.ids import uuid7
from datasources.sql import Transaction
from datasources.statements import Columns, among, kept, projection, read
from datasources.table import Row, Rows

MAX_LINES = 100


@dataclass(frozen=True, slots=True)
class Basis:
    """What the price of a cart is told from: its lines, as `lines_of` has them, and `currency` for one of the base."""

    lines: Sequence[Row]
    rate: Decimal
    currency: str
    country: str


class Carts:
    """A customer sees its own cart, and nobody else does."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._database = sources.database
        self._rates = sources.rates
        self._clock = sources.clock
        self._actor = actor

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Carts with these ids, each with the `currency` of its customer. Source: one SELECT."""
        return await self._database.rows(read(_carts(columns), among(CARTS.c.id, ids), visible_carts(self._actor)))

    async def mine(self) -> Row | None:
        """The actor's cart; None where it never had one. Source: one SELECT."""
        return await self._database.row(read(_carts(None), visible_carts(self._actor)))

    async def lines_of(self, cart_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The lines of these carts, in the order in which they were added, with what their products are and cost now:
        `sku`, `name`, `active` and `price_minor` in the base currency. Source: one SELECT.
        """
        mine = (among(CART_LINES.c.cart_id, cart_ids), visible_carts(self._actor))
        oldest = (CART_LINES.c.added_at, CART_LINES.c.product_id)
        return await self._database.rows(read(_lines(columns), *mine, order=oldest))

    async def bases_of(
        self, carts: Sequence[tuple[UUID, str]], *, country: str
    ) -> Mapping[tuple[UUID, str], Basis | SourceError]:
        """What to price these carts from, each by its id and currency; the error where there is no rate.

        Source: one SELECT, and at most one call for the day's rates.
        """
        lines: defaultdict[UUID, list[Row]] = defaultdict(list)
        for line in await self.lines_of([id for id, _ in carts]):
            lines[line.cart_id].append(line)
        found: dict[tuple[UUID, str], Basis | SourceError] = {}
        for id, currency in carts:
            try:
                rate = await self._rates.rate(BASE_CURRENCY, currency)
                found[id, currency] = Basis(lines[id], rate, currency, country)
            except SourceError as error:
                found[id, currency] = error
        return found

    async def open(self, transaction: Transaction) -> UUID:
        """The id of the actor's cart, new or not, which stays locked: changes of one cart take turns.

        Raises: NotFound where the actor is no customer.
        """
        now = self._clock()
        customer = sa.select(
            sa.literal(uuid7(now), sa.Uuid()), CUSTOMERS.c.id, sa.literal(now, CARTS.c.updated_at.type)
        )
        me = customer.where(CUSTOMERS.c.id == self._actor.signed_in, CUSTOMERS.c.erased_at.is_(None))
        cart = transaction.upsert(CARTS).from_select(["id", "customer_id", "updated_at"], me)
        opened = cart.on_conflict_do_update(index_elements=["customer_id"], set_={"updated_at": now})
        row = await transaction.row(opened.returning(CARTS.c.id))
        if row is None:
            raise NotFound("customer")
        found: UUID = row.id
        return found

    async def add(
        self, transaction: Transaction, cart_id: UUID, product_id: UUID, quantity: int, *, at_most: int
    ) -> None:
        """So many more of a product. Raises: InvalidInput where it would be more than `at_most`, or too many lines."""
        more = CART_LINES.c.quantity + quantity
        await self._put(transaction, cart_id, product_id, quantity, then=more, where=more <= at_most)

    async def put(self, transaction: Transaction, cart_id: UUID, product_id: UUID, quantity: int) -> None:
        """So many of a product, whatever it was. Raises: InvalidInput where there are too many lines."""
        await self._put(transaction, cart_id, product_id, quantity, then=sa.literal(quantity), where=sa.true())

    async def remove(self, transaction: Transaction, cart_id: UUID, product_id: UUID) -> None:
        line = sa.and_(CART_LINES.c.cart_id == cart_id, CART_LINES.c.product_id == product_id)
        await transaction.write(sa.delete(CART_LINES).where(line))

    async def empty(self, transaction: Transaction, cart_id: UUID) -> Mapping[UUID, int]:
        """Takes everything out of an opened cart: the quantities by product, as they were in this transaction."""
        lines = sa.delete(CART_LINES).where(CART_LINES.c.cart_id == cart_id)
        taken = await transaction.rows(lines.returning(CART_LINES.c.product_id, CART_LINES.c.quantity))
        return {line.product_id: line.quantity for line in taken}

    async def _put(
        self,
        transaction: Transaction,
        cart_id: UUID,
        product_id: UUID,
        quantity: int,
        *,
        then: sa.ColumnElement[int],
        where: sa.ColumnElement[bool],
    ) -> None:
        values = {"cart_id": cart_id, "product_id": product_id, "quantity": quantity, "added_at": self._clock()}
        line = transaction.upsert(CART_LINES).values(values)
        line = line.on_conflict_do_update(
            index_elements=["cart_id", "product_id"], set_={"quantity": then}, where=where
        )
        if not await transaction.write(line):
            raise InvalidInput("quantity", "That would be too many of this product in the cart; add fewer.")
        count = sa.select(sa.func.count()).select_from(CART_LINES).where(CART_LINES.c.cart_id == cart_id)
        lines = await transaction.row(count)
        if lines is not None and lines[0] > MAX_LINES:
            raise InvalidInput("productId", f"A cart has {MAX_LINES} lines at most; order these first.")


@kept
def _carts(columns: Columns) -> sa.Select[Any]:
    return projection(CARTS, columns, CUSTOMERS.c.currency).join(CUSTOMERS)


@kept
def _lines(columns: Columns) -> sa.Select[Any]:
    product = (PRODUCTS.c.sku, PRODUCTS.c.name, PRODUCTS.c.active, PRODUCTS.c.price_minor)
    return projection(CART_LINES, columns, *product).join(CARTS).join(PRODUCTS)
