"""Who works here, in a tree of departments; and what was changed of any record, by whom."""

from datetime import datetime
from typing import Annotated, Any

import orjson
import strawberry

from datasources.enterprise.errors import Cycle
from datasources.enterprise.roles import Role
from datasources.enterprise.stores import Enterprise
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise import staff
from schema import access
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, edge_page, root, root_page
from schema.money import Money, MoneyInput
from schema.node import Node, id_of, optional_uuid, uuid_of
from schema.problems import Problem, mutation, payload

KEY = "New for each wish; a repeat does nothing more."
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
    employee: Employee | None = root(
        EnterpriseLoaders.employee_by_id, scope("staff:read"), "The employee with this id.", key=id_of("Employee")
    )
    employees: Connection[Employee] | None = root_page(
        EnterpriseLoaders.employees, scope("staff:read"), "Everybody who works here or did, by name."
    )

    @access.field(scope("staff:read"), "The departments that are below no other, by name.", Cost(size=5))
    async def departments(self, info: strawberry.Info) -> list[Department] | None:
        found: Any = await info.context.of(Enterprise).staff.top_departments()
        return found


@strawberry.input(description="Somebody who begins to work here.")
class HireEmployeeInput:
    name: str
    email: str = strawberry.field(description="To sign in with; it is not shown again.")
    role: Role
    department_id: strawberry.ID
    leads_id: strawberry.ID | None = strawberry.field(default=None, description="The department that they lead.")
    approves: MoneyInput | None = strawberry.field(default=None, description="Up to this amount, in EUR; else nothing.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="What changes of an employee; what is left out, or null, stays.")
class ChangeEmployeeInput:
    employee_id: strawberry.ID
    name: str | None = None
    role: Role | None = None
    department_id: strawberry.ID | None = None
    leads_id: strawberry.ID | None = strawberry.field(default=None, description="The department that they lead now.")
    approves: MoneyInput | None = None
    leads_none: bool = strawberry.field(default=False, description="They lead no department any more.")
    left: bool = strawberry.field(default=False, description="They do not work here any more.")
    idempotency_key: str = strawberry.field(description=KEY)

    def values(self) -> staff.Changed:
        """Raises: InvalidInput."""
        return staff.Changed(
            name=self.name,
            role=self.role,
            department_id=optional_uuid(self.department_id, "Department", "departmentId"),
            leads_id=optional_uuid(self.leads_id, "Department", "leadsId"),
            approves=self.approves.value("approves") if self.approves else None,
            leads_none=self.leads_none,
            left=self.left,
        )


@strawberry.input(description="A new part of the company.")
class AddDepartmentInput:
    name: str
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="Left out: it is at the top.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.input(description="Puts a department, with all below it, elsewhere.")
class MoveDepartmentInput:
    department_id: strawberry.ID
    parent_id: strawberry.ID | None = strawberry.field(default=None, description="Left out: it is at the top.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The employee as they are now, or why it was refused.", directives=[INHERITED])
class EmployeePayload:
    employee: Employee | None = None
    problem: Problem | None = None


@strawberry.type(description="The department as it is now, or why it was refused.", directives=[INHERITED])
class DepartmentPayload:
    department: Department | None = None
    problem: Problem | None = None


@strawberry.type
class StaffMutation:
    @mutation(scope("staff:write"), "Somebody begins to work here.", InvalidInput, NotFound, KeyReused)
    async def hire_employee(self, info: strawberry.Info, input: HireEmployeeInput) -> EmployeePayload | None:
        return await payload(
            EmployeePayload,
            employee=lambda: staff.hire(
                info.context,
                input.name,
                input.email,
                input.role,
                uuid_of(input.department_id, "Department", "departmentId"),
                optional_uuid(input.leads_id, "Department", "leadsId"),
                input.approves.value("approves") if input.approves else None,
                input.idempotency_key,
            ),
        )

    @mutation(
        scope("staff:write"), "Changes an employee; or says that they have left.", InvalidInput, NotFound, KeyReused
    )
    async def change_employee(self, info: strawberry.Info, input: ChangeEmployeeInput) -> EmployeePayload | None:
        return await payload(
            EmployeePayload,
            employee=lambda: staff.change_employee(
                info.context,
                uuid_of(input.employee_id, "Employee", "employeeId"),
                input.values(),
                input.idempotency_key,
            ),
        )

    @mutation(scope("staff:write"), "A new department.", InvalidInput, NotFound, KeyReused)
    async def add_department(self, info: strawberry.Info, input: AddDepartmentInput) -> DepartmentPayload | None:
        return await payload(
            DepartmentPayload,
            department=lambda: staff.add_department(
                info.context,
                input.name,
                optional_uuid(input.parent_id, "Department", "parentId"),
                input.idempotency_key,
            ),
        )

    @mutation(scope("staff:write"), "Moves a department in the tree.", InvalidInput, NotFound, Cycle, KeyReused)
    async def move_department(self, info: strawberry.Info, input: MoveDepartmentInput) -> DepartmentPayload | None:
        return await payload(
            DepartmentPayload,
            department=lambda: staff.move_department(
                info.context,
                uuid_of(input.department_id, "Department", "departmentId"),
                optional_uuid(input.parent_id, "Department", "parentId"),
                input.idempotency_key,
            ),
        )
