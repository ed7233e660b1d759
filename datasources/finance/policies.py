"""Which rows of finance an actor sees: predicates that every read of a store carries."""

from functools import cache
from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.tables import ACCOUNTS, HOLDERS, TRANSFERS
from datasources.statements import EVERY, NONE, Condition, owned


def visible_accounts(actor: Actor) -> Condition:
    """A customer sees its own accounts and their lines and holds; staff with `books:read` or `books:write` all."""
    return _own_or(actor, ACCOUNTS.c.owner_id, "books:read", "books:write")


def visible_holders(actor: Actor) -> Condition:
    """A holder sees itself; officers with `cases:read` or `cases:write` see all."""
    return _own_or(actor, HOLDERS.c.id, "cases:read", "cases:write")


def visible_entries(actor: Actor) -> Condition:
    """Both sides of an entry are for the books; whose account it touched sees the line."""
    return EVERY if actor.may("books:read") else NONE


def visible_transfers(actor: Actor) -> Condition:
    """Who sends sees all, who receives what was posted; the books see all, and so do officers.

    What is looked at must not be told to who would receive it.
    """
    if any(actor.may(scope) for scope in ("books:read", "books:write", "cases:read", "cases:write")):
        return EVERY
    return Condition(_either_side(), {"actor": actor.id}) if actor.id else NONE


def visible_cases(actor: Actor) -> Condition:
    """Cases are for officers alone; least of all for those whom they are about."""
    return EVERY if actor.may("cases:read") or actor.may("cases:write") else NONE


def visible_audit(actor: Actor) -> Condition:
    return EVERY if actor.may("audit:read") else NONE


@cache
def _either_side() -> sa.ColumnElement[bool]:
    me = sa.bindparam("actor", type_=sa.Uuid())
    received = sa.and_(TRANSFERS.c.to_owner_id == me, TRANSFERS.c.entry_id.is_not(None))
    return sa.or_(TRANSFERS.c.from_owner_id == me, received)


def _own_or(actor: Actor, owner: sa.Column[Any], *scopes: str) -> Condition:
    if any(actor.may(scope) for scope in scopes):
        return EVERY
    return owned(owner, actor.id) if actor.id else NONE
