"""Activities: what is to be done."""

from datetime import datetime

import strawberry

from datasources.enterprise.crm.activities import ActivityKind
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import activities
from schema.access import policy, scope
from schema.connection import Connection
from schema.enterprise.crm.contacts import Contact
from schema.enterprise.crm.pipeline import Opportunity
from schema.enterprise.ids import ActivityId, ContactId, EmployeeId, OpportunityId, OrderId
from schema.enterprise.staff import Change, Employee, changes
from schema.enums import told
from schema.fields import computed, root_page
from schema.inputs import keyed, wanted
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

told(ActivityKind, "What is done.")


@strawberry.type(
    description="What somebody is to do, or did.",
    directives=[policy("who owns it, who leads the owner's department or one above it, or scope pipeline:all")],
)
class Activity(Node, batch=EnterpriseLoaders.activity_by_id):
    kind: ActivityKind = computed(ActivityKind, "kind")
    subject: str | None = strawberry.field(description="Null where whom it is about was erased.")
    owner: Employee | None = edge_to(Employee, "owner_id", "Who is to do it.")
    due_at: datetime
    done_at: datetime | None = strawberry.field(description="Null while it is to be done.")
    contact: Contact | None = edge_to(Contact, "contact_id")
    opportunity: Opportunity | None = edge_to(Opportunity, "opportunity_id", "Null also where you may not see it.")
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type
class ActivitiesQuery:
    activity: Activity | None = by_id(
        Activity, scope("crm:read"), "The activity with this id; null where you may not see it."
    )
    activities: Connection[Activity] | None = root_page(
        EnterpriseLoaders.activities,
        scope("crm:read"),
        "Your activities and those of your team, or an owner's alone; those done, or with `done: false` those to be "
        "done. By when they are due.",
        arguments=wanted(done=bool, owner_id=EmployeeId),
    )


@keyed("Something to do.")
class CreateActivityInput:
    kind: ActivityKind
    subject: str
    due_at: datetime
    owner_id: EmployeeId | None = strawberry.field(default=None, description="Who is to do it; left out: you.")
    contact_id: ContactId | None = None
    opportunity_id: OpportunityId | None = None
    order_id: OrderId | None = None


@keyed("What changes of an activity; what is left out, or null, stays.")
class ChangeActivityInput:
    activity_id: ActivityId
    done: bool | None = None
    due_at: datetime | None = None
    owner_id: EmployeeId | None = strawberry.field(default=None, description="To whom it is given over.")


ActivityPayload = outcome(
    "ActivityPayload",
    "The activity as it is now, or why it was refused. Both are null where it was given over to somebody "
    "whose activities you do not see.",
    activity=Activity,
)


@strawberry.type
class ActivitiesMutation:
    change_activity = mutates(
        activities.change_activity,
        ChangeActivityInput,
        "Says that an activity is done; puts it off; gives it over.",
        gives=ActivityPayload,
        access=scope("crm:read"),
    )
