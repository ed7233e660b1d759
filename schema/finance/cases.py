"""Cases: what officers look at before the money goes on."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.finance.compliance import CaseStatus, Verdict
from datasources.finance.errors import CaseClosed, FourEyes
from loaders.finance import FinanceLoaders
from resolvers.finance import cases
from resolvers.finance.rules import Flag
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.finance.accounts import KEY, Holder
from schema.finance.transfers import Transfer
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

OFFICERS = policy("scope cases:read or cases:write")

told(CaseStatus, "How far a case is.", RELEASED="Two officers let the money go on.", REJECTED="It was given back.")
told(Verdict, "What an officer thinks.", name="CaseVerdict", RELEASE="It takes two.", REJECT="One is enough.")
told(
    Flag,
    "Why a transfer is looked at.",
    name="ComplianceFlag",
    AMOUNT="It is large.",
    VELOCITY="There were many in an hour.",
    STRUCTURING="Several in some days are a little below what is looked at.",
    RECEIVED_AMOUNT="It is large for who would receive it.",
    RECEIVED_VELOCITY="Who would receive it received many in an hour.",
    RECEIVED_STRUCTURING="Who would receive it received several in some days, a little below what is looked at.",
    SCREENING="The name of who would receive it is on a list.",
)


@strawberry.type(description="What an officer thought of a case.", directives=[INHERITED])
class CaseDecision:
    officer: str = computed(UUID.__str__, "officer_id", description="A UUID.")
    verdict: Verdict = computed(Verdict, "verdict")
    note: str
    at: datetime


@strawberry.type(description="A transfer that officers look at, its money held meanwhile.", directives=[OFFICERS])
class Case(Node, batch=FinanceLoaders.case_by_id):
    status: CaseStatus = computed(CaseStatus, "status")
    reasons: list[Flag] = computed(
        lambda reasons: [Flag(reason) for reason in reasons], "reasons", cost=Cost(size=2), description="Why."
    )
    transfer: Transfer | None = edge(FinanceLoaders.transfer_by_id, key="transfer_id")
    holder: Holder | None = edge(
        FinanceLoaders.holder_by_id,
        key="holder_id",
        description="Whose money it is, or would be where it comes from the bank.",
    )
    decisions: list[CaseDecision] = edge(
        FinanceLoaders.decisions_by_case, key="id", cost=Cost(size=2), description="The oldest first."
    )
    opened_at: datetime
    updated_at: datetime


def _in_status(status: CaseStatus | None = None) -> dict[str, Any]:
    return {"status": status}


@strawberry.type
class CasesQuery:
    case: Case | None = root(
        FinanceLoaders.case_by_id, scope("cases:read"), "The case with this id.", key=id_of("Case")
    )
    cases: Connection[Case] | None = root_page(
        FinanceLoaders.cases,
        scope("cases:read"),
        "All cases, or those of a status; the newest first.",
        arguments=_in_status,
    )


@strawberry.input(description="What you think of a case.")
class DecideCaseInput:
    case_id: strawberry.ID
    verdict: Verdict
    note: str = strawberry.field(description="Why, for the file.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The case as it is now, or why it was refused.", directives=[INHERITED])
class CasePayload:
    case: Case | None = None
    problem: Problem | None = None


@strawberry.type
class CasesMutation:
    @mutation(
        scope("cases:write"),
        "Decides on a case: two officers let its money go on, one gives it back.",
        InvalidInput,
        NotFound,
        CaseClosed,
        FourEyes,
        KeyReused,
    )
    async def decide_case(self, info: strawberry.Info, input: DecideCaseInput) -> CasePayload | None:
        return await payload(
            CasePayload,
            case=lambda: cases.decide_case(
                info.context,
                uuid_of(input.case_id, "Case", "caseId"),
                input.verdict,
                input.note,
                input.idempotency_key,
            ),
        )
