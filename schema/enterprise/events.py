"""What happens in enterprise, as those hear of it who subscribe."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.enterprise.events import EventType
from datasources.enterprise.stores import Enterprise
from datasources.events import Cursor, Topic
from loaders.enterprise import EnterpriseLoaders
from schema.access import scope
from schema.enterprise.staff import Department, Employee
from schema.enums import told
from schema.feeds import GO_ON, HEARD, OfSubjects, feed
from schema.fields import computed, edge

told(EventType, "What happened.", name="EnterpriseEventType")


@strawberry.interface(description="Something that happened in enterprise.")
class EnterpriseEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@strawberry.type(description="Somebody was hired, or changed.", directives=[HEARD])
class EmployeeEvent(EnterpriseEvent):
    subjects = ("employee",)

    employee: Employee | None = edge(EnterpriseLoaders.employee_by_id, key="subject", description="As it is now.")


@strawberry.type(description="Something became of a department.", directives=[HEARD])
class DepartmentEvent(EnterpriseEvent):
    subjects = ("department",)

    department: Department | None = edge(EnterpriseLoaders.department_by_id, key="subject", description="As it is now.")


def _all(_: Actor, types: list[EventType] | None = None) -> Topic:
    return Topic(frozenset(EventType if types is None else types))


@strawberry.type
class EnterpriseSubscription:
    enterprise_events: EnterpriseEvent = feed(
        Enterprise, scope("events:read"), "Everything that happens in enterprise, or some types of it.", topic=_all
    )
