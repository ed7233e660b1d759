"""Which rows of commerce an actor sees: predicates that every read of a store carries."""

from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.tables import ADDRESSES, CARTS, CUSTOMERS, ORDERS


def visible_customers(actor: Actor) -> sa.ColumnElement[bool]:
    """A customer sees itself; staff with `customers:read` see all, and those who write see what they wrote."""
    return _own_or(actor, CUSTOMERS.c.id, "customers:read", "customers:write")


def visible_addresses(actor: Actor) -> sa.ColumnElement[bool]:
    return _own_or(actor, ADDRESSES.c.customer_id, "customers:read", "customers:write")


def visible_dossiers(actor: Actor) -> sa.ColumnElement[bool]:
    """Of whom the actor may export or erase everything: itself; staff with `customers:write` anyone."""
    return _own_or(actor, CUSTOMERS.c.id, "customers:write")


def visible_carts(actor: Actor) -> sa.ColumnElement[bool]:
    """A cart is its customer's alone."""
    return CARTS.c.customer_id == actor.id if actor.id else sa.false()


def visible_orders(actor: Actor) -> sa.ColumnElement[bool]:
    """A customer sees its own orders; staff with `orders:read` see all, and so do those who move them on."""
    return _own_or(actor, ORDERS.c.customer_id, "orders:read", "orders:write")


def counted_orders(actor: Actor) -> sa.ColumnElement[bool]:
    """Sums over orders are for staff with `analytics:read`, who need not see the orders themselves."""
    return sa.true() if actor.may("analytics:read") else sa.false()


def visible_stock(actor: Actor) -> sa.ColumnElement[bool]:
    """Levels and movements are for staff who read or write the inventory; what is available is told to everyone."""
    return sa.true() if actor.may("inventory:read") or actor.may("inventory:write") else sa.false()


def _own_or(actor: Actor, owner: sa.ColumnElement[Any], *scopes: str) -> sa.ColumnElement[bool]:
    if any(actor.may(scope) for scope in scopes):
        return sa.true()
    return owner == actor.id if actor.id else sa.false()
