"""Activities: what is to be done."""

from datetime import datetime
from typing import Any

import strawberry

from datasources.enterprise.crm.activities import ActivityKind
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import activities
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.enterprise.crm.contacts import Contact
from schema.enterprise.crm.pipeline import Opportunity
from schema.enterprise.staff import KEY, Change, Employee, changes
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.node import Node, id_of, optional_uuid, uuid_of
from schema.problems import Problem, mutation, payload

told(ActivityKind, "What is done.")


@strawberry.type(
    description="What somebody is to do, or did.",
    directives=[policy("who owns it, who leads the owner's department or one above it, or scope pipeline:all")],
)
class Activity(Node, batch=EnterpriseLoaders.activity_by_id):
    kind: ActivityKind = computed(ActivityKind, "kind")
    subject: str | None = strawberry.field(description="Null where whom it is about was erased.")
    owner: Employee | None = edge(EnterpriseLoaders.employee_by_id, key="owner_id", description="Who is to do it.")
    due_at: datetime
    done_at: datetime | None = strawberry.field(description="Null while it is to be done.")
    contact: Contact | None = edge(EnterpriseLoaders.contact_by_id, key="contact_id")
    opportunity: Opportunity | None = edge(
        EnterpriseLoaders.opportunity_by_id, key="opportunity_id", description="Null also where you may not see it."
    )
    created_at: datetime
    changes: Connection[Change] = changes()


def _wanted(done: bool | None = None, owner_id: strawberry.ID | None = None) -> dict[str, Any]:
    return {"done": done, "owner_id": optional_uuid(owner_id, "Employee", "ownerId")}


@strawberry.type
class ActivitiesQuery:
    activity: Activity | None = root(
        EnterpriseLoaders.activity_by_id,
        scope("crm:read"),
        "The activity with this id; null where you may not see it.",
        key=id_of("Activity"),
    )
    activities: Connection[Activity] | None = root_page(
        EnterpriseLoaders.activities,
        scope("crm:read"),
        "Your activities and those of your team, or an owner's alone; those done, or with `done: false` those to be "
        "done. By when they are due.",
        arguments=_wanted,
    )


@strawberry.input(description="Something to do.")
class CreateActivityInput:
    kind: ActivityKind
    subject: str
    due_at: datetime
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="Who is to do it; left out: you.")
    contact_id: strawberry.ID | None = None
    opportunity_id: strawberry.ID | None = None
    order_id: strawberry.ID | None = None
    idempotency_key: str = strawberry.field(description=KEY)

    def value(self) -> activities.ToDo:
        """Raises: InvalidInput."""
        return activities.ToDo(
            kind=self.kind,
            subject=self.subject,
            due_at=self.due_at,
            owner_id=optional_uuid(self.owner_id, "Employee", "ownerId"),
            contact_id=optional_uuid(self.contact_id, "Contact", "contactId"),
            opportunity_id=optional_uuid(self.opportunity_id, "Opportunity", "opportunityId"),
            order_id=optional_uuid(self.order_id, "Order", "orderId"),
        )


@strawberry.input(description="What changes of an activity; what is left out, or null, stays.")
class ChangeActivityInput:
    activity_id: strawberry.ID
    done: bool | None = None
    due_at: datetime | None = None
    owner_id: strawberry.ID | None = strawberry.field(default=None, description="To whom it is given over.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(
    description="The activity as it is now, or why it was refused. Both are null where it was given over to somebody "
    "whose activities you do not see.",
    directives=[INHERITED],
)
class ActivityPayload:
    activity: Activity | None = None
    problem: Problem | None = None


@strawberry.type
class ActivitiesMutation:
    @mutation(
        scope("crm:read"),
        "Says that an activity is done; puts it off; gives it over.",
        InvalidInput,
        NotFound,
        KeyReused,
    )
    async def change_activity(self, info: strawberry.Info, input: ChangeActivityInput) -> ActivityPayload | None:
        return await payload(
            ActivityPayload,
            activity=lambda: activities.change_activity(
                info.context,
                uuid_of(input.activity_id, "Activity", "activityId"),
                input.done,
                input.due_at,
                optional_uuid(input.owner_id, "Employee", "ownerId"),
                input.idempotency_key,
            ),
        )
