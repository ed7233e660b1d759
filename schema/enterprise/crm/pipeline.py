"""The pipeline: opportunities, and what they come to."""

from datetime import date, datetime
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from datasources.enterprise.crm.pipeline import Stage
from datasources.enterprise.errors import ChangedMeanwhile, StageOutOfReach
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.crm import pipeline
from schema import access
from schema.access import policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.crm.contacts import Company, Contact
from schema.enterprise.ids import CompanyId, ContactId, EmployeeId, OpportunityId
from schema.enterprise.staff import Change, Employee, changes
from schema.enums import told
from schema.fields import computed, edge_page, root_page
from schema.inputs import keyed, wanted
from schema.money import Money, MoneyInput
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

if TYPE_CHECKING:
    from schema.enterprise.crm.activities import Activity

PIPELINE = policy("who owns it, who leads the owner's department or one above it, or scope pipeline:all")

told(Stage, "How far an opportunity is.", name="OpportunityStage")


@strawberry.type(description="What may be sold.", directives=[PIPELINE])
class Opportunity(Node, batch=EnterpriseLoaders.opportunity_by_id):
    title: str | None = strawberry.field(description="Null where the contact was erased.")
    stage: Stage = computed(Stage, "stage")
    amount: Money = computed(Money.of, "amount_minor", "currency")
    probability: int = strawberry.field(description="In percent.")
    closes_on: date = computed(date.fromisoformat, "closes_on", description="When it is expected to be won or lost.")
    version: int = strawberry.field(description="Grows with each change; say it when you change it.")
    company: Company | None = edge_to(Company, "company_id")
    contact: Contact | None = edge_to(Contact, "contact_id")
    owner: Employee | None = edge_to(Employee, "owner_id", "Whose it is.")
    activities: Connection[Annotated["Activity", strawberry.lazy("schema.enterprise.crm.activities")]] = edge_page(
        EnterpriseLoaders.activities_by_opportunity,
        key="id",
        description="By when they are due; those that you may see.",
    )
    created_at: datetime
    changes: Connection[Change] = changes()


@strawberry.type(
    description="What one employee's opportunities of a month and a currency come to; lost ones do not count.",
    directives=[PIPELINE],
)
class Forecast:
    month: str = strawberry.field(description="When they are expected to close, as 2026-03.")
    owner: Employee | None = edge_to(Employee, "owner_id")
    opportunities: int = strawberry.field(description="How many.")
    amount: Money = computed(Money.of, "amount_minor", "currency", description="Of all of them.")
    weighted: Money = computed(
        Money.of, "weighted_minor", "currency", description="Of each as much as its probability; won ones as a whole."
    )


@strawberry.type
class PipelineQuery:
    opportunity: Opportunity | None = by_id(
        Opportunity, scope("pipeline:read"), "The opportunity with this id; null where you may not see it."
    )
    opportunities: Connection[Opportunity] | None = root_page(
        EnterpriseLoaders.opportunities,
        scope("pipeline:read"),
        "Your opportunities and those of your team, or of a stage, or an owner; those that close first, first.",
        arguments=wanted(stage=Stage, owner_id=EmployeeId),
    )

    @access.field(
        scope("pipeline:read"),
        "What your opportunities and those of your team come to, in this month and the next, so many `months` in all, "
        f"{pipeline.MAX_MONTHS} at most: by month, owner and currency. What should have closed before is left out.",
        Cost(weight=200, size=50),
    )
    async def forecast(self, info: strawberry.Info, months: int = 6) -> list[Forecast] | None:
        found: Any = await pipeline.forecast(info.context, months)
        return found


@keyed("A new opportunity, a lead at first.")
class CreateOpportunityInput:
    title: str
    amount: MoneyInput
    closes_on: date
    company_id: CompanyId | None = None
    contact_id: ContactId | None = strawberry.field(default=None, description="One of the two, or both.")
    owner_id: EmployeeId | None = strawberry.field(default=None, description="Whose it is; left out: yours.")


@keyed("What changes of an opportunity; what is left out, or null, stays.")
class ChangeOpportunityInput:
    opportunity_id: OpportunityId
    version: int = strawberry.field(description="As you read it: if somebody was faster, nothing changes.")
    stage: Stage | None = None
    amount: MoneyInput | None = None
    probability: int | None = strawberry.field(
        default=None, description="In percent; left out, it is what is usual for a new stage."
    )
    closes_on: date | None = None
    owner_id: EmployeeId | None = strawberry.field(default=None, description="To whom it is given over.")


OpportunityPayload = outcome(
    "OpportunityPayload",
    "The opportunity as it is now, or why it was refused. Both are null where it was given over to "
    "somebody whose pipeline you do not see.",
    opportunity=Opportunity,
)


_mutates = partial(mutates, gives=OpportunityPayload, access=scope("pipeline:write"))


@strawberry.type
class PipelineMutation:
    create_opportunity = _mutates(pipeline.create_opportunity, CreateOpportunityInput, "A new opportunity.")
    change_opportunity = _mutates(
        pipeline.change_opportunity,
        ChangeOpportunityInput,
        "Moves an opportunity, changes what is expected of it, or gives it over.",
        ChangedMeanwhile,
        StageOutOfReach,
    )
