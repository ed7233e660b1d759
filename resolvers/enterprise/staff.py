"""Who works here: hired, moved, promoted, gone; and the tree of departments, which has no cycles."""

from collections.abc import Mapping
from functools import partial
from typing import Any
from uuid import UUID

from datasources.enterprise.errors import Cycle
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.errors import InvalidInput, NotFound
from datasources.events import Event
from datasources.house.revocations import RevokedSubjects
from datasources.money import Currency, Money
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.records import Record, change, create, hold, once, text, update
from resolvers.text import plain

MAX_EMAIL = 254
EMPLOYEE = Record(
    type="Employee",
    table=EMPLOYEES,
    batch=EnterpriseLoaders.employee_by_id,
    created=EventType.EMPLOYEE_HIRED,
    changed=EventType.EMPLOYEE_CHANGED,
    born="joined_at",
    rules={"name": text(120)},
    owner="id",
    taken=partial(InvalidInput, "email", "Somebody has this address, or leads this department, already."),
)
DEPARTMENT = Record(
    type="Department",
    table=DEPARTMENTS,
    batch=EnterpriseLoaders.department_by_id,
    created=EventType.DEPARTMENT_CREATED,
    changed=EventType.DEPARTMENT_CHANGED,
    born=None,
    rules={"name": text(80)},
    taken=partial(InvalidInput, "name", "A department has this name already."),
)


async def hire(context: Context, *, email: str, approves: Money | None, key: str, **given: Any) -> Any:
    """A new employee. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("staff:write")
    index = context.of(Enterprise).sources.email_index.of(plain(email, "email", MAX_EMAIL))
    values = EMPLOYEE.checked(approves_minor=_euros(approves), email_index=index, left_at=None, **given)
    there = partial(_departments_exist, context, given["department_id"], given["leads_id"])
    return await create(context, EMPLOYEE, "hireEmployee", key, values, there, role=given["role"])


async def change_employee(
    context: Context,
    *,
    employee_id: UUID,
    approves: Money | None,
    leads_none: bool,
    left: bool,
    key: str,
    **given: Any,
) -> Any:
    """What is None stays. Who leaves leads no department. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("staff:write")
    new = EMPLOYEE.given(**given, approves_minor=None if approves is None else _euros(approves))
    if left or leads_none:
        new["leads_id"] = None

    async def decide(transaction: Transaction, _: Row) -> Mapping[str, Any]:
        await _departments_exist(context, new.get("department_id"), new.get("leads_id"), transaction)
        return new | ({"left_at": context.clock()} if left else {})

    taken = partial(InvalidInput, "leadsId", "Somebody leads this department already.")
    request = [new, left]
    return await change(context, EMPLOYEE, "changeEmployee", key, employee_id, request, decide, taken=taken)


async def sign_out(context: Context, transaction: Transaction, event: Event) -> None:
    """Whoever has left is refused from then on: their token would hold until it ends."""
    employee = await context.of(Enterprise).changes.hold(transaction, EMPLOYEES, event.subject)
    if employee is not None and employee.left_at is not None:
        await context.of(RevokedSubjects).revoke(event.subject, employee.left_at)


async def add_department(context: Context, *, name: str, parent_id: UUID | None, key: str) -> Any:
    """A new department, below another or at the top. Raises: Forbidden, InvalidInput, NotFound, KeyReused."""
    context.actor.require("staff:write")
    there = partial(_departments_exist, context, parent_id, None)
    values = DEPARTMENT.checked(name=name, parent_id=parent_id)
    return await create(context, DEPARTMENT, "addDepartment", key, values, there)


async def move_department(context: Context, *, department_id: UUID, parent_id: UUID | None, key: str) -> Any:
    """Puts a department, with all below it, below another. Raises: Forbidden, NotFound, Cycle, KeyReused."""
    context.actor.require("staff:write")

    async def work(transaction: Transaction) -> UUID:
        # Before it is held: whoever holds one of them, and waits for all, waits for others who do.
        if department_id in await _above(context, transaction, parent_id):
            raise Cycle
        enterprise = context.of(Enterprise)
        before = await hold(enterprise, transaction, DEPARTMENT, department_id)
        await update(enterprise, transaction, DEPARTMENT, before, {"parent_id": parent_id})
        return department_id

    return await once(context, DEPARTMENT.batch, "moveDepartment", key, [department_id, parent_id], work)


async def _departments_exist(context: Context, one: UUID | None, other: UUID | None, transaction: Transaction) -> None:
    for id in (one, other):
        await _above(context, transaction, id)


async def _above(context: Context, transaction: Transaction, id: UUID | None) -> list[UUID]:
    """The department and all above it; none above the top. Raises: NotFound."""
    above = await context.of(Enterprise).staff.above(transaction, id) if id else []
    if id and not above:
        raise NotFound("department")
    return above


def _euros(limit: Money | None) -> int:
    """Raises: InvalidInput."""
    if limit is None:
        return 0
    if limit.currency != Currency.EUR or limit.minor < 0:
        raise InvalidInput("approves", "Write an amount in EUR that is not negative.")
    return limit.minor
