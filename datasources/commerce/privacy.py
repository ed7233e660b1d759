"""All that is held of one person: to be told to them, and to be erased."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments.records import UNDER_WAY, RefundStep, Step
from datasources.commerce.policies import visible_dossiers
from datasources.commerce.seals import unseal
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import (
    ADDRESSES,
    CART_LINES,
    CARTS,
    CUSTOMERS,
    ORDER_CHANGES,
    ORDER_LINES,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    REFUNDS,
)
from datasources.sql import Transaction
from datasources.table import Row, Rows

_OPEN_PAYMENTS = (Step.AUTHORISED, *UNDER_WAY)


class Privacy:
    """`hold` a customer first: it applies the policy, and keeps the rest still until the transaction ends."""

    def __init__(self, sources: CommerceSources, actor: Actor) -> None:
        self._cipher = sources.cipher
        self._actor = actor

    async def hold(self, transaction: Transaction, id: UUID) -> Row | None:
        """The customer, erased or not; None where there is none whom the actor may export or erase."""
        visible = visible_dossiers(self._actor)
        found = sa.select(CUSTOMERS).where(CUSTOMERS.c.id == id, visible.predicate)
        return await transaction.row(found.with_for_update(), visible.values)

    async def dossier(self, transaction: Transaction, customer: Row) -> dict[str, Any]:
        """Everything held of this customer, as JSON values; records are named and made as their tables.

        Amounts are minor units; times are ISO 8601 in UTC. Source: eight SELECTs. Raises: SealBroken.
        """
        lines = await _by_order(transaction, ORDER_LINES, customer.id)
        history = await _by_order(transaction, ORDER_CHANGES, customer.id)
        refunds = await _by_order(transaction, REFUNDS, customer.id)
        personal = {
            "name": self._opened(CUSTOMERS.c.sealed_name, customer),
            "email": self._opened(CUSTOMERS.c.sealed_email, customer),
            "phone": self._opened(CUSTOMERS.c.sealed_phone, customer),
        }
        told = {
            "profile": _told(customer) | personal,
            "addresses": [
                _told(row) | {"address": self._address_of(ADDRESSES.c.sealed, row)}
                for row in await _of(transaction, ADDRESSES, customer.id)
            ],
            "cart": [_told(row) for row in await transaction.rows(_cart_of(customer.id))],
            "orders": [
                _told(order)
                | {
                    "address": self._address_of(ORDERS.c.sealed_address, order),
                    "lines": lines[order.id],
                    "history": history[order.id],
                    "refunds": refunds[order.id],
                }
                for order in await _of(transaction, ORDERS, customer.id)
            ],
            "payments": [_told(row) for row in await _of(transaction, PAYMENTS, customer.id)],
        }
        # asyncpg's UUIDs are of a class of their own, which orjson does not know.
        plain: dict[str, Any] = orjson.loads(orjson.dumps(told, default=str))
        return plain

    async def orders_under_way(self, transaction: Transaction, customer_id: UUID) -> list[str]:
        """Numbers of the orders that are still to be shipped, the oldest first."""
        placed = (ORDERS.c.customer_id == customer_id, ORDERS.c.status == OrderStatus.PLACED)
        waiting = sa.select(ORDERS.c.number).where(*placed).order_by(ORDERS.c.placed_at, ORDERS.c.id)
        return [row.number for row in await transaction.rows(waiting)]

    async def has_open_payment(self, transaction: Transaction, customer_id: UUID) -> bool:
        """Whether a payment may still become an order, or a refund of theirs is still to end.

        Holds their payments: no refund begins meanwhile.
        """
        await _lock(transaction, PAYMENTS, customer_id)
        paying = (PAYMENTS.c.customer_id == customer_id, PAYMENTS.c.status.in_(_OPEN_PAYMENTS))
        refunding = (_of_orders(REFUNDS, customer_id), REFUNDS.c.status == RefundStep.STARTED)
        is_open = sa.or_(sa.exists().where(*paying), sa.exists().where(*refunding))
        return (await transaction.rows(sa.select(is_open)))[0][0] is True

    async def erase(self, transaction: Transaction, customer_id: UUID, at: datetime) -> None:
        """Removes the personal data; orders and payments stay, and belong to nobody known."""
        nothing = dict.fromkeys(("email_index", "sealed_name", "sealed_email", "sealed_phone"))
        me = sa.update(CUSTOMERS).where(CUSTOMERS.c.id == customer_id)
        await transaction.write(me.values({**nothing, "erased_at": at}))
        cart = sa.select(CARTS.c.id).where(CARTS.c.customer_id == customer_id)
        await transaction.write(sa.delete(CART_LINES).where(CART_LINES.c.cart_id.in_(cart)))
        await transaction.write(sa.delete(CARTS).where(CARTS.c.customer_id == customer_id))
        await _lock(transaction, ADDRESSES, customer_id)
        await transaction.write(sa.delete(ADDRESSES).where(ADDRESSES.c.customer_id == customer_id))
        await _lock(transaction, ORDERS, customer_id)
        orders = sa.update(ORDERS).where(ORDERS.c.customer_id == customer_id)
        await transaction.write(orders.values(sealed_address=None))
        # People write names into free texts.
        for text in (ORDER_CHANGES.c.note, REFUNDS.c.reason):
            await transaction.write(
                sa.update(text.table).where(_of_orders(text.table, customer_id)).values({text: None})
            )

    def _address_of(self, column: sa.Column[Any], row: Row) -> Any:
        address = self._opened(column, row)
        return None if address is None else orjson.loads(address)

    def _opened(self, column: sa.Column[Any], row: Row) -> str | None:
        return unseal(self._cipher, column, row.id, getattr(row, column.name))


async def _of(transaction: Transaction, table: sa.Table, customer_id: UUID) -> Rows:
    """The customer's rows, the oldest first: ids are ordered by time."""
    return await transaction.rows(sa.select(table).where(table.c.customer_id == customer_id).order_by(table.c.id))


async def _by_order(
    transaction: Transaction, table: sa.Table, customer_id: UUID
) -> Mapping[UUID, list[dict[str, Any]]]:
    """The rows of the customer's orders, the oldest first; an empty list where an order has none."""
    told = defaultdict(list)
    for row in await transaction.rows(sa.select(table).where(_of_orders(table, customer_id)).order_by(table.c.id)):
        told[row.order_id].append(_told(row))
    return told


def _of_orders(table: sa.FromClause, customer_id: UUID) -> sa.ColumnElement[bool]:
    return table.c.order_id.in_(sa.select(ORDERS.c.id).where(ORDERS.c.customer_id == customer_id))


async def _lock(transaction: Transaction, table: sa.Table, customer_id: UUID) -> None:
    """Locks the customer's rows in the order of their ids, as everybody does who changes several."""
    rows = sa.select(table.c.id).where(table.c.customer_id == customer_id).order_by(table.c.id)
    await transaction.rows(rows.with_for_update())


def _cart_of(customer_id: UUID) -> sa.Select[Any]:
    lines = sa.select(CART_LINES, PRODUCTS.c.sku, PRODUCTS.c.name).join(CARTS).join(PRODUCTS)
    return lines.where(CARTS.c.customer_id == customer_id).order_by(CART_LINES.c.added_at)


def _told(row: Row) -> dict[str, Any]:
    """The row without its sealed columns and hashes, which are bytes."""
    return {
        name: value for name, value in row._mapping.items() if not (name.startswith("sealed") or name == "email_index")
    }
