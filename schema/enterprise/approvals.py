"""Approvals: what waits for somebody who may."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import strawberry

from datasources.enterprise.errors import Decided, FourEyes, OverLimit
from datasources.enterprise.processes import ApprovalStatus
from datasources.errors import InvalidInput, KeyReused, NotFound
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.processes import approvals
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.enterprise.processes import WorkflowRun
from schema.enterprise.staff import KEY, Employee
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.money import Money
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

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
    run: WorkflowRun | None = edge(
        EnterpriseLoaders.run_by_id, key="run_id", description="What waits for it; null unless you may read runs."
    )
    asked_by: Annotated["Employee", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.employee_by_id, key="asked_by", description="Whose deed it goes back to, if of the staff."
    )
    decided_by: Annotated["Employee", strawberry.lazy("schema.enterprise.staff")] | None = edge(
        EnterpriseLoaders.employee_by_id, key="decided_by"
    )
    note: str | None = strawberry.field(description="Why, by who decided.")
    asked_at: datetime
    decided_at: datetime | None


def _in_status(status: ApprovalStatus | None = None) -> dict[str, Any]:
    return {"status": status}


@strawberry.type
class ApprovalsQuery:
    approval: Approval | None = root(
        EnterpriseLoaders.approval_by_id, scope("approvals:read"), "The approval with this id.", key=id_of("Approval")
    )
    approvals: Connection[Approval] | None = root_page(
        EnterpriseLoaders.approvals,
        scope("approvals:read"),
        "Those that you may decide, asked for or decided, or all; of a status; the newest first.",
        arguments=_in_status,
    )


@strawberry.input(description="What you decide.")
class DecideApprovalInput:
    approval_id: strawberry.ID
    approve: bool
    note: str = strawberry.field(default="", description="Why.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The approval as it is now, or why it was refused.", directives=[INHERITED])
class ApprovalPayload:
    approval: Approval | None = None
    problem: Problem | None = None


@strawberry.type
class ApprovalsMutation:
    @mutation(
        scope("approvals:decide"),
        "Approves or rejects; what waits for it goes on, or ends.",
        InvalidInput,
        NotFound,
        FourEyes,
        OverLimit,
        Decided,
        KeyReused,
    )
    async def decide_approval(self, info: strawberry.Info, input: DecideApprovalInput) -> ApprovalPayload | None:
        return await payload(
            ApprovalPayload,
            approval=lambda: approvals.decide(
                info.context,
                uuid_of(input.approval_id, "Approval", "approvalId"),
                input.approve,
                input.note,
                input.idempotency_key,
            ),
        )
