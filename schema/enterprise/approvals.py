"""Approvals: what waits for somebody who may."""

from datetime import datetime
from uuid import UUID

import strawberry

from datasources.enterprise.errors import Decided, FourEyes, OverLimit
from datasources.enterprise.processes import ApprovalStatus
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.processes import approvals
from schema.access import policy, scope
from schema.connection import Connection
from schema.enterprise.ids import ApprovalId
from schema.enterprise.processes import WorkflowRun
from schema.enterprise.staff import Employee
from schema.enums import told
from schema.fields import computed, root_page
from schema.inputs import keyed, wanted
from schema.money import Money
from schema.mutations import mutates, outcome
from schema.node import Node, by_id, edge_to

told(
    ApprovalStatus,
    "How an approval stands.",
    WITHDRAWN="Its run was cancelled, or is not needed any more.",
)


@strawberry.type(
    description="Something that goes on when somebody approves it.",
    directives=[policy("who may approve up to its amount, asked for it or decided it; or scope approvals:all")],
)
class Approval(Node, batch=EnterpriseLoaders.approval_by_id):
    status: ApprovalStatus = computed(ApprovalStatus, "status")
    text: str = strawberry.field(description="What is asked.")
    subject: str = strawberry.field(description="What it is about: the field of the run.")
    subject_id: str = computed(UUID.__str__, "subject_id", description="A UUID.")
    amount: Money = computed(Money.of, "amount_minor", "currency")
    run: WorkflowRun | None = edge_to(WorkflowRun, "run_id", "What waits for it; null unless you may read runs.")
    asked_by: Employee | None = edge_to(Employee, "asked_by", "Whose deed it goes back to, if of the staff.")
    decided_by: Employee | None = edge_to(Employee, "decided_by")
    note: str | None = strawberry.field(description="Why, by who decided.")
    asked_at: datetime
    decided_at: datetime | None


@strawberry.type
class ApprovalsQuery:
    approval: Approval | None = by_id(Approval, scope("approvals:read"), "The approval with this id.")
    approvals: Connection[Approval] | None = root_page(
        EnterpriseLoaders.approvals,
        scope("approvals:read"),
        "Those that you may decide, asked for or decided, or all; of a status; the newest first.",
        arguments=wanted(status=ApprovalStatus),
    )


@keyed("What you decide.")
class DecideApprovalInput:
    approval_id: ApprovalId
    approve: bool
    note: str = strawberry.field(default="", description="Why.")


ApprovalPayload = outcome("ApprovalPayload", approval=Approval)


@strawberry.type
class ApprovalsMutation:
    decide_approval = mutates(
        approvals.decide,
        DecideApprovalInput,
        "Approves or rejects; what waits for it goes on, or ends.",
        FourEyes,
        OverLimit,
        Decided,
        gives=ApprovalPayload,
        access=scope("approvals:decide"),
    )
