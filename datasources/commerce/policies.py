"""Which rows of commerce an actor sees: predicates that every read of a store carries."""

from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.tables import ADDRESSES, CARTS, CUSTOMERS, ORDERS
from datasources.statements import EVERY, NONE, Condition, owned


def visible_customers(actor: Actor) -> Condition:
    """A customer sees itself; staff with `customers:read` see all, and those who write see what they wrote."""
    return _own_or(actor, CUSTOMERS.c.id, "customers:read", "customers:write")


def visible_addresses(actor: Actor) -> Condition:
    return _own_or(actor, ADDRESSES.c.customer_id, "customers:read", "customers:write")


def visible_dossiers(actor: Actor) -> Condition:
    """Of whom the actor may export or erase everything: itself; staff with `customers:write` anyone."""
    return _own_or(actor, CUSTOMERS.c.id, "customers:write")


def visible_carts(actor: Actor) -> Condition:
    """A cart is its customer's alone."""
    return owned(CARTS.c.customer_id, actor.id) if actor.id else NONE


def visible_orders(actor: Actor) -> Condition:
    """A customer sees its own orders; staff with `orders:read` see all, and so do those who move them on."""
    return _own_or(actor, ORDERS.c.customer_id, "orders:read", "orders:write")


def counted_orders(actor: Actor) -> Condition:
    """Sums over orders are for staff with `analytics:read`, who need not see the orders themselves."""
    return EVERY if actor.may("analytics:read") else NONE


def visible_stock(actor: Actor) -> Condition:
    """Levels and movements are for staff who read or write the inventory; what is available is told to everyone."""
    return EVERY if actor.may("inventory:read") or actor.may("inventory:write") else NONE


def _own_or(actor: Actor, owner: sa.Column[Any], *scopes: str) -> Condition:
    if any(actor.may(scope) for scope in scopes):
        return EVERY
    return owned(owner, actor.id) if actor.id else NONE
