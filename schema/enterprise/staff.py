"""Who works here, in a tree of departments; and what was changed of any record, by whom."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import orjson
import strawberry

from datasources.enterprise.errors import Cycle
from datasources.enterprise.roles import Role
from datasources.enterprise.stores import Enterprise
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise import staff
from schema import access
from schema.access import policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.ids import DepartmentId, EmployeeId
from schema.enums import told
from schema.fields import computed, edge, edge_page, root_page
from schema.inputs import keyed
from schema.money import Money, MoneyInput
from schema.mutations import mutates, outcome
from schema.node import Node, by_id

STAFF = policy("scope staff:read")

told(
    Role,
    "What somebody works as: it decides what they see and do.",
    name="StaffRole",
    MANAGER="Leads a department, and sees what belongs to its people and to those below.",
)


@strawberry.type(description="One field of a record, changed.", directives=[policy("scope changes:read")])
class Change:
    field: str = strawberry.field(description="The column.")
    before: str | None = computed(lambda value: _written(value), "before", description="As JSON.")
    after: str | None = computed(lambda value: _written(value), "after", description="As JSON.")
    by: Annotated["Employee", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.employee_by_id, key="actor_id", description="Null where a process did it, or one of no staff."
    )
    at: datetime


def changes() -> Any:
    """The edge of every record of which changes are noted."""
    return edge_page(
        EnterpriseLoaders.changes_by_subject,
        key="id",
        description="Who changed which field from what to what, the newest first; none unless you may read changes.",
    )


@strawberry.type(description="Somebody who works here.", directives=[STAFF])
class Employee(Node, batch=EnterpriseLoaders.employee_by_id):
    name: str
    role: Role = computed(Role, "role")
    department: Annotated["Department", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.department_by_id, key="department_id"
    )
    leads: Annotated["Department", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.department_by_id, key="leads_id", description="Null where none."
    )
    approves: Money = computed(lambda minor: Money.of(minor, "EUR"), "approves_minor", description="Up to this amount.")
    joined_at: datetime
    left_at: datetime | None = strawberry.field(description="Null while they are here.")
    changes: Connection[Change] = changes()


@strawberry.type(description="A part of the company.", directives=[STAFF])
class Department(Node, batch=EnterpriseLoaders.department_by_id):
    name: str
    parent: Annotated["Department", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.department_by_id, key="parent_id", description="Null at the top."
    )
    below: list[Annotated["Department", strawberry.lazy("schema.enterprise.staff")]] = edge(
        EnterpriseLoaders.departments_below, key="id", cost=Cost(size=5), description="Directly, by name."
    )
    head: Employee | None = edge(EnterpriseLoaders.head_by_department, key="id", description="Who leads it.")
    people: Connection[Employee] = edge_page(
        EnterpriseLoaders.employees_by_department, key="id", description="By name; not of those below."
    )
    changes: Connection[Change] = changes()


def _written(value: Any) -> str | None:
    return None if value is None else orjson.dumps(value).decode()


@strawberry.type
class StaffQuery:
    employee: Employee | None = by_id(Employee, scope("staff:read"), "The employee with this id.")
    employees: Connection[Employee] | None = root_page(
        EnterpriseLoaders.employees, scope("staff:read"), "Everybody who works here or did, by name."
    )

    @access.field(scope("staff:read"), "The departments that are below no other, by name.", Cost(size=5))
    async def departments(self, info: strawberry.Info) -> list[Department] | None:
        found: Any = await info.context.of(Enterprise).staff.top_departments()
        return found


@keyed("Somebody who begins to work here.")
class HireEmployeeInput:
    name: str
    email: str = strawberry.field(description="To sign in with; it is not shown again.")
    role: Role
    department_id: DepartmentId
    leads_id: DepartmentId | None = strawberry.field(default=None, description="The department that they lead.")
    approves: MoneyInput | None = strawberry.field(default=None, description="Up to this amount, in EUR; else nothing.")


@keyed("What changes of an employee; what is left out, or null, stays.")
class ChangeEmployeeInput:
    employee_id: EmployeeId
    name: str | None = None
    role: Role | None = None
    department_id: DepartmentId | None = None
    leads_id: DepartmentId | None = strawberry.field(default=None, description="The department that they lead now.")
    approves: MoneyInput | None = None
    leads_none: bool = strawberry.field(default=False, description="They lead no department any more.")
    left: bool = strawberry.field(default=False, description="They do not work here any more.")


@keyed("A new part of the company.")
class AddDepartmentInput:
    name: str
    parent_id: DepartmentId | None = strawberry.field(default=None, description="Left out: it is at the top.")


@keyed("Puts a department, with all below it, elsewhere.")
class MoveDepartmentInput:
    department_id: DepartmentId
    parent_id: DepartmentId | None = strawberry.field(default=None, description="Left out: it is at the top.")


EmployeePayload = outcome("EmployeePayload", "The employee as they are now, or why it was refused.", employee=Employee)
DepartmentPayload = outcome("DepartmentPayload", department=Department)
_mutates = partial(mutates, gives=EmployeePayload, access=scope("staff:write"))


@strawberry.type
class StaffMutation:
    hire_employee = _mutates(staff.hire, HireEmployeeInput, "Somebody begins to work here.")
    change_employee = _mutates(
        staff.change_employee, ChangeEmployeeInput, "Changes an employee; or says that they have left."
    )
    add_department = _mutates(staff.add_department, AddDepartmentInput, "A new department.", gives=DepartmentPayload)
    move_department = _mutates(
        staff.move_department, MoveDepartmentInput, "Moves a department in the tree.", Cycle, gives=DepartmentPayload
    )
