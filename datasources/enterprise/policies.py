"""Which rows of enterprise an actor sees: predicates that every read of a store carries.

Most of it is for all who hold a scope; what belongs to one of the staff (opportunities, activities) is for them, and
for who leads their department or one above it.
"""

from collections.abc import Callable
from functools import cache
from typing import Any

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.tables import ACTIVITIES, APPROVALS, DEPARTMENTS, EMPLOYEES, INVOICES, OPPORTUNITIES
from datasources.statements import EVERY, NONE, Condition

Policy = Callable[[Actor], Condition]


def with_scope(*scopes: str) -> Policy:
    """All rows for who holds one of these scopes, none for others."""
    return lambda actor: EVERY if any(map(actor.may, scopes)) else NONE


visible_staff = with_scope("staff:read")
visible_changes = with_scope("changes:read")
visible_crm = with_scope("crm:read")
visible_tickets = with_scope("tickets:read")
visible_supply = with_scope("supply:read")
visible_workflows = with_scope("workflows:read", "workflows:write")
visible_runs = with_scope("runs:read", "runs:write")


def visible_opportunities(actor: Actor) -> Condition:
    """Everybody's own, and those of their team; all of them with `pipeline:all`."""
    if actor.may("pipeline:all"):
        return EVERY
    return of_staff(actor, OPPORTUNITIES.c.owner_id) if actor.may("pipeline:read") else NONE


def visible_activities(actor: Actor) -> Condition:
    """Everybody's own, and those of their team; all of them with `pipeline:all`."""
    if actor.may("pipeline:all"):
        return EVERY
    return of_staff(actor, ACTIVITIES.c.owner_id) if actor.may("crm:read") else NONE


def visible_approvals(actor: Actor) -> Condition:
    """Those that the actor may decide, was asked for, or has decided; all with their scope."""
    if actor.may("approvals:all"):
        return EVERY
    return Condition(_APPROVALS_OF, {"actor": actor.id}) if actor.may("approvals:read") and actor.id else NONE


def visible_invoices(actor: Actor) -> Condition:
    """Who holds a scope of invoices sees all, a customer those that were issued to them."""
    if actor.may("invoices:read") or actor.may("invoices:write"):
        return EVERY
    return Condition(_issued_to(), {"actor": actor.id}) if actor.id else NONE


@cache
def _issued_to() -> sa.ColumnElement[bool]:
    me = sa.bindparam("actor", type_=sa.Uuid())
    # Drafts have no number; cancelled ones keep theirs.
    return sa.and_(INVOICES.c.direction == "receivable", INVOICES.c.customer_id == me, INVOICES.c.number.is_not(None))


def of_staff(actor: Actor, owner: sa.Column[Any]) -> Condition:
    """Rows of the actor, and of those who work in the departments that the actor leads, and below these."""
    return Condition(_of_team(owner), {"actor": actor.id}) if actor.id else NONE


@cache
def _of_team(owner: sa.Column[Any]) -> sa.ColumnElement[bool]:
    me = sa.bindparam("actor", type_=sa.Uuid())
    led = sa.select(EMPLOYEES.c.leads_id.label("id")).where(EMPLOYEES.c.id == me, EMPLOYEES.c.leads_id.is_not(None))
    below = led.cte("below", recursive=True)
    below = below.union(sa.select(DEPARTMENTS.c.id).where(DEPARTMENTS.c.parent_id == below.c.id))
    team = sa.select(EMPLOYEES.c.id).where(EMPLOYEES.c.department_id.in_(sa.select(below.c.id)))
    return sa.or_(owner == me, owner.in_(team))


def _approvals_of() -> sa.ColumnElement[bool]:
    me = sa.bindparam("actor", type_=sa.Uuid())
    limit = sa.select(EMPLOYEES.c.approves_minor).where(EMPLOYEES.c.id == me, EMPLOYEES.c.left_at.is_(None))
    within = sa.and_(APPROVALS.c.currency == "EUR", APPROVALS.c.amount_minor <= limit.scalar_subquery())
    return sa.or_(APPROVALS.c.asked_by == me, APPROVALS.c.decided_by == me, within)


_APPROVALS_OF = _approvals_of()
