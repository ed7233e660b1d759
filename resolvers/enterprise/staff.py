"""Who works here: hired, moved, promoted, gone; and the tree of departments, which has no cycles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from datasources.enterprise.errors import Cycle
from datasources.enterprise.events import EventType
from datasources.enterprise.roles import Role
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.errors import InvalidInput, NotFound
from datasources.money import Currency, Money
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.text import plain

MAX_NAME = 120
MAX_DEPARTMENT = 80
MAX_EMAIL = 254


@dataclass(frozen=True, slots=True)
class Changed:
    """What changes of an employee; what is None stays. Who leaves leads no department."""

    name: str | None
    role: Role | None
    department_id: UUID | None
    leads_id: UUID | None
    approves: Money | None
    leads_none: bool
    left: bool

    def columns(self, now: datetime) -> dict[str, Any]:
        """Raises: InvalidInput."""
        new = {
            "name": None if self.name is None else plain(self.name, "name", MAX_NAME),
            "role": self.role,
            "department_id": self.department_id,
            "leads_id": self.leads_id,
            "approves_minor": None if self.approves is None else _euros(self.approves),
            "left_at": now if self.left else None,
        }
        kept = {name: value for name, value in new.items() if value is not None}
        return kept | ({"leads_id": None} if self.left or self.leads_none else {})


async def hire(
    context: Context,
    name: str,
    email: str,
    role: Role,
    department_id: UUID,
    leads_id: UUID | None,
    approves: Money | None,
    key: str,
) -> Any:
    """A new employee, once for `key`.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("staff:write")
    enterprise = context.of(Enterprise)
    values = {
        "name": plain(name, "name", MAX_NAME),
        "role": role,
        "department_id": department_id,
        "leads_id": leads_id,
        "approves_minor": _euros(approves),
    }
    index = enterprise.sources.email_index.of(plain(email, "email", MAX_EMAIL))

    async def add(transaction: Transaction) -> dict[str, str]:
        await _departments_exist(enterprise, transaction, department_id, leads_id)
        id = await enterprise.staff.add_employee(transaction, email_index=index, **values)
        if id is None:
            raise InvalidInput("email", "Somebody has this address, or leads this department, already.")
        await enterprise.events.append(transaction, EventType.EMPLOYEE_HIRED, id, owner=id, role=role)
        return {"employee": str(id)}

    request = {**values, "email": index.hex()}
    done = await enterprise.once(key, "hireEmployee", request).do(enterprise.sources.database, add)
    return await context.fresh(EnterpriseLoaders.employee_by_id, UUID(done["employee"]))


async def change_employee(context: Context, id: UUID, wanted: Changed, key: str) -> Any:
    """Changes an employee.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("staff:write")
    enterprise = context.of(Enterprise)
    new = wanted.columns(context.clock())

    async def change(transaction: Transaction) -> bool:
        before = await enterprise.changes.hold(transaction, EMPLOYEES, id)
        if before is None:
            raise NotFound("employee")
        await _departments_exist(enterprise, transaction, new.get("department_id"), new.get("leads_id"))
        leads_id = new.get("leads_id")
        if leads_id and await enterprise.staff.led_by_another(transaction, leads_id, id):
            raise InvalidInput("leadsId", "Somebody leads this department already.")
        if await enterprise.changes.update(transaction, "Employee", EMPLOYEES, before, new):
            await enterprise.events.append(transaction, EventType.EMPLOYEE_CHANGED, id, owner=id)
        return True

    request = {"employee": id, "wanted": repr(wanted)}
    await enterprise.once(key, "changeEmployee", request).do(enterprise.sources.database, change)
    return await context.fresh(EnterpriseLoaders.employee_by_id, id)


async def add_department(context: Context, name: str, parent_id: UUID | None, key: str) -> Any:
    """A new department, below another or at the top. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("staff:write")
    enterprise = context.of(Enterprise)
    name = plain(name, "name", MAX_DEPARTMENT)

    async def add(transaction: Transaction) -> dict[str, str]:
        await _departments_exist(enterprise, transaction, parent_id)
        id = await enterprise.staff.add_department(transaction, name, parent_id)
        if id is None:
            raise InvalidInput("name", "A department has this name already.")
        await enterprise.events.append(transaction, EventType.DEPARTMENT_CREATED, id)
        return {"department": str(id)}

    request = {"name": name, "parent": parent_id}
    done = await enterprise.once(key, "addDepartment", request).do(enterprise.sources.database, add)
    return await context.fresh(EnterpriseLoaders.department_by_id, UUID(done["department"]))


async def move_department(context: Context, id: UUID, parent_id: UUID | None, key: str) -> Any:
    """Puts a department, with all below it, below another. Raises: Forbidden, NotFound, Cycle, KeyReused."""
    context.actor.require("staff:write")
    enterprise = context.of(Enterprise)

    async def move(transaction: Transaction) -> bool:
        above = await enterprise.staff.above(transaction, parent_id) if parent_id else []
        if parent_id and not above:
            raise NotFound("department")
        if id in above:
            raise Cycle
        before = await enterprise.changes.hold(transaction, DEPARTMENTS, id)
        if before is None:
            raise NotFound("department")
        if await enterprise.changes.update(transaction, "Department", DEPARTMENTS, before, {"parent_id": parent_id}):
            await enterprise.events.append(transaction, EventType.DEPARTMENT_CHANGED, id)
        return True

    request = {"department": id, "parent": parent_id}
    await enterprise.once(key, "moveDepartment", request).do(enterprise.sources.database, move)
    return await context.fresh(EnterpriseLoaders.department_by_id, id)


async def _departments_exist(enterprise: Enterprise, transaction: Transaction, *ids: UUID | None) -> None:
    for id in ids:
        if id and not await enterprise.staff.above(transaction, id):
            raise NotFound("department")


def _euros(limit: Money | None) -> int:
    """Raises: InvalidInput."""
    if limit is None:
        return 0
    if limit.currency != Currency.EUR or limit.minor < 0:
        raise InvalidInput("approves", "Write an amount in EUR that is not negative.")
    return limit.minor
