"""Workflows, and their runs step by step."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import orjson
import strawberry

from datasources.enterprise.errors import RunOver
from datasources.enterprise.processes import RunStatus, StepStatus
from datasources.errors import InvalidInput
from loaders.enterprise import EnterpriseLoaders
from resolvers.enterprise.processes import managing
from resolvers.enterprise.processes.definitions import STEPS, Assignee, Daily, Every, OnEvent, Step, Trigger
from schema.access import INHERITED, policy, scope
from schema.connection import Connection
from schema.cost import Cost
from schema.enterprise.ids import WorkflowId, WorkflowRunId
from schema.enterprise.staff import Change, changes
from schema.enums import told
from schema.fields import computed, edge, edge_page, root_page
from schema.inputs import keyed, wanted
from schema.mutations import mutates, outcome
from schema.node import Node, by_id

CONDITION = (
    'Such as `amount_minor >= 100000 and (currency = "EUR")`: fields are compared by = != < <= > >= '
    "with numbers, texts, true and false. What depends on a field that is missing is not met."
)
FIELD = "The name of a field of the run: of its event, or as an earlier step has given it."

told(
    RunStatus,
    "How far a run is.",
    name="WorkflowRunStatus",
    WAITING="For a while, or for an approval.",
    REJECTED="What it asked for was rejected.",
    FAILED="A step failed too often, or for good; it can be retried.",
)
told(StepStatus, "What became of a step.", name="WorkflowStepStatus", SKIPPED="Its condition was not met.")
told(
    Assignee,
    "Whose an activity is.",
    name="WorkflowAssignee",
    ACCOUNT_OWNER="Who owns the account of the customer.",
    MANAGER="Who leads that person: the head of the department, or of one above. Without that person, as `DIRECTOR`.",
    DIRECTOR="Who leads all.",
)


def _json(value: Any) -> str:
    return orjson.dumps(value).decode()


@strawberry.type(description="What a step of a run came to.", directives=[INHERITED])
class WorkflowRunStep:
    position: int = strawberry.field(description="From 0.")
    kind: str = strawberry.field(description="As in the workflow's definition.")
    status: StepStatus = computed(StepStatus, "status")
    attempts: int
    did: str = strawberry.field(description="What it did; or why it did nothing, or failed.")
    at: datetime


@strawberry.type(description="A workflow at work, once.", directives=[policy("scope runs:read or runs:write")])
class WorkflowRun(Node, batch=EnterpriseLoaders.run_by_id):
    status: RunStatus = computed(RunStatus, "status")
    workflow: Annotated["Workflow", strawberry.lazy("schema.enterprise.processes")] | None = edge(
        EnterpriseLoaders.workflow_by_id, key="workflow_id", description="As it is now; null unless you may read them."
    )
    version: int = strawberry.field(description="Of the workflow's definition, by which this run goes to its end.")
    cause: str = strawberry.field(description="What it began with: the log and number of an event, or a time.")
    data: str = computed(_json, "data", description="Its fields by now, as JSON.")
    position: int = strawberry.field(description="Of the step that it is at, from 0.")
    attempts: int = strawberry.field(description="How often that step has failed since it began, or was retried.")
    error: str | None = strawberry.field(description="Why it failed the last time; null where it did not.")
    due_at: datetime | None = strawberry.field(description="When it goes on; null where it has ended, or waits for us.")
    steps: list[WorkflowRunStep] = edge(
        EnterpriseLoaders.steps_by_run, key="id", cost=Cost(size=5), description="Those that it has come to."
    )
    started_at: datetime
    ended_at: datetime | None


@strawberry.type(
    description="What is done of its own accord, when something happens or at some time.",
    directives=[policy("scope workflows:read or workflows:write")],
)
class Workflow(Node, batch=EnterpriseLoaders.workflow_by_id):
    name: str
    on: bool = computed(bool, "active", description="Whether it begins runs.")
    version: int = strawberry.field(description="From 1; each time it is saved, one more.")
    trigger: str = computed(lambda found: _json(found["trigger"]), "definition", description="As JSON.")
    steps: list[str] = computed(
        lambda found: [_json(step) for step in found["steps"]],
        "definition",
        cost=Cost(size=5),
        description="Each as JSON.",
    )
    next_at: datetime | None = computed(
        lambda due_at: due_at, "due_at", description="When its schedule begins the next run; null without one."
    )
    runs: Connection[WorkflowRun] = edge_page(
        EnterpriseLoaders.runs_by_workflow,
        key="id",
        arguments=wanted(status=RunStatus),
        description="The newest first.",
    )
    changes: Connection[Change] = changes()


@strawberry.type
class ProcessesQuery:
    workflow: Workflow | None = by_id(Workflow, scope("workflows:read"), "The workflow with this id.")
    workflows: Connection[Workflow] | None = root_page(
        EnterpriseLoaders.workflows, scope("workflows:read"), "All workflows, on or off, by name."
    )
    workflow_run: WorkflowRun | None = by_id(WorkflowRun, scope("runs:read"), "The run with this id.")
    workflow_runs: Connection[WorkflowRun] | None = root_page(
        EnterpriseLoaders.runs,
        scope("runs:read"),
        "All runs, or those of a status; the newest first.",
        arguments=wanted(status=RunStatus),
    )


@strawberry.input(description="When a workflow begins: with an event, every so often, or daily; one of these.")
class WorkflowTriggerInput:
    event: str | None = strawberry.field(default=None, description='The log and the type: "commerce: stock.moved".')
    when: str | None = strawberry.field(default=None, description=f"Only if the event meets this. {CONDITION}")
    until: list[str] = strawberry.field(
        default_factory=list, description="Types of events, written as `event`; of the same subject, they end a run."
    )
    every_minutes: int | None = None
    daily_at: str | None = strawberry.field(default=None, description="In UTC: 06:30.")

    def value(self, _: str) -> Trigger:
        """Raises: InvalidInput."""
        match (self.event, self.every_minutes, self.daily_at):
            case (str(event), None, None):
                return OnEvent(event, self.when, tuple(self.until))
            case (None, int(minutes), None) if self.when is None and not self.until:
                return Every(minutes)
            case (None, None, str(at)) if self.when is None and not self.until:
                return Daily(at)
        raise InvalidInput(
            "trigger", "Write one of `event`, `everyMinutes` and `dailyAt`; `when` and `until` go with `event` alone."
        )


@strawberry.input(
    description="Drafts a purchase order for what is short; gives purchase, purchase_minor, purchase_currency."
)
class DraftPurchaseStepInput:
    product: str = strawberry.field(description=FIELD)
    warehouse: str = strawberry.field(description=FIELD)
    available: str | None = strawberry.field(default=None, description=f"How many are there. {FIELD}")


@strawberry.input(description="Approves a drafted purchase order, as who approved it in this run, or as the workflow.")
class ApprovePurchaseStepInput:
    purchase: str = strawberry.field(default="purchase", description=FIELD)


@strawberry.input(description="Waits until somebody approves; the run ends where they reject. Gives approved_by.")
class AskApprovalStepInput:
    text: str = strawberry.field(description="What is asked.")
    subject: str = strawberry.field(description=f"What it is about. {FIELD}")
    amount: str = strawberry.field(description=f"In minor units. {FIELD}")
    currency: str = strawberry.field(description=FIELD)


@strawberry.input(description="Opens a ticket; gives ticket.")
class OpenTicketStepInput:
    text: str
    customer: str = strawberry.field(default="owner", description=FIELD)
    order: str | None = strawberry.field(default=None, description=FIELD)


@strawberry.input(description="Opens an activity for somebody of the staff; gives activity.")
class OpenActivityStepInput:
    text: str
    customer: str = strawberry.field(default="owner", description=FIELD)
    order: str | None = strawberry.field(default=None, description=FIELD)
    assignee: Assignee = Assignee.ACCOUNT_OWNER
    due_days: int = 1


@strawberry.input(description="Tells a service, in a signed POST with an idempotency key.")
class CallWebhookStepInput:
    url: str = strawberry.field(description="Of a host that the operator has listed.")


@strawberry.input(description="Waits.")
class WaitStepInput:
    minutes: int


@strawberry.input(description="A step: one of these.")
class WorkflowStepInput:
    when: str | None = strawberry.field(default=None, description=f"Else it is skipped. {CONDITION}")
    draft_purchase: DraftPurchaseStepInput | None = None
    approve_purchase: ApprovePurchaseStepInput | None = None
    ask_approval: AskApprovalStepInput | None = None
    open_ticket: OpenTicketStepInput | None = None
    open_activity: OpenActivityStepInput | None = None
    call_webhook: CallWebhookStepInput | None = None
    wait: WaitStepInput | None = None

    def value(self, field: str) -> Step:
        """Raises: InvalidInput."""
        asked = [(kind, getattr(self, name)) for name, kind in STEPS.items() if getattr(self, name) is not None]
        if len(asked) != 1:
            raise InvalidInput(field, f"`{field}` has {len(asked)} things to do; each step does one.")
        ((kind, given),) = asked
        return Step(kind(**vars(given)), self.when)


@keyed("A workflow, or another definition of one.")
class SaveWorkflowInput:
    workflow_id: WorkflowId | None = strawberry.field(default=None, description="Left out: it is new, and on.")
    name: str
    trigger: WorkflowTriggerInput
    steps: list[WorkflowStepInput]


@keyed("Switches a workflow on or off.")
class SwitchWorkflowInput:
    workflow_id: WorkflowId
    on: bool = strawberry.field(description="Off, it begins no runs; those that it has go on.")


@keyed("Which run is meant.")
class WorkflowRunInput:
    run_id: WorkflowRunId


WorkflowPayload = outcome("WorkflowPayload", workflow=Workflow)
WorkflowRunPayload = outcome("WorkflowRunPayload", run=WorkflowRun)


_mutates = partial(mutates, gives=WorkflowPayload, access=scope("workflows:write"))


@strawberry.type
class ProcessesMutation:
    save_workflow = _mutates(
        managing.save_workflow,
        SaveWorkflowInput,
        "A new workflow, or another definition of one; runs go on by the one that they began with.",
    )
    switch_workflow = _mutates(managing.switch_workflow, SwitchWorkflowInput, "Switches a workflow on or off.")
    cancel_run = _mutates(
        managing.cancel_run,
        WorkflowRunInput,
        "Ends a run where it is.",
        RunOver,
        gives=WorkflowRunPayload,
        access=scope("runs:write"),
    )
    retry_run = _mutates(
        managing.retry_run,
        WorkflowRunInput,
        "Goes on with a run that failed.",
        RunOver,
        gives=WorkflowRunPayload,
        access=scope("runs:write"),
    )
