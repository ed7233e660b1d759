"""How runs begin: with an event that a workflow waits for, or at the time of its schedule; which events end them.

Which events concern any workflow is told of a page of them at once; only those are handled, each in the transaction
that moves the consumer on.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from datasources.enterprise.events import EventType
from datasources.enterprise.processes import RUNNER
from datasources.enterprise.stores import Enterprise
from datasources.events import Event
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.consumers import Consumer
from resolvers.context import Context
from resolvers.enterprise.processes import conditions
from resolvers.enterprise.processes.definitions import OnEvent, Trigger, begins_next, read
from resolvers.enterprise.processes.moving import end
from resolvers.enterprise.processes.triggers import known_of

LOGS = ("commerce", "finance", "enterprise")


def consumers() -> tuple[Consumer, ...]:
    """One for each log that workflows begin with."""
    return tuple(Consumer(f"workflows on {log}", log, None, _handle(log), _pick(log)) for log in LOGS)


def as_runner(context: Context) -> Enterprise:
    """Enterprise as workflows act on it."""
    return Enterprise(context.of(Enterprise).sources, RUNNER)


async def begin_scheduled(enterprise: Enterprise) -> None:
    """A run for each schedule whose time has come; one for all times that were missed."""
    now = enterprise.sources.clock()
    for workflow in await enterprise.workflows.due(now):
        then = begins_next(read(workflow.definition).trigger, now)
        async with enterprise.sources.database.transaction() as transaction:
            if await enterprise.workflows.begin_next(transaction, workflow.id, workflow.due_at, then):
                await _begin(enterprise, transaction, workflow, f"{workflow.due_at:%Y-%m-%d %H:%M:%S} UTC", {})


def _pick(log: str) -> Callable[[Context, Sequence[Event]], Awaitable[Sequence[Event]]]:
    async def pick(context: Context, events: Sequence[Event]) -> Sequence[Event]:
        """Those that begin a run, or that are of a subject of which one has not ended, or begins among them."""
        enterprise = as_runner(context)
        workflows = await _waiting(enterprise)
        under_way = await enterprise.runs.open_among(event.subject for event in events)
        picked = []
        for event in events:
            if any(_is_met(trigger, row, log, event) for row, trigger in workflows):
                under_way.add(event.subject)
            if event.subject in under_way:
                picked.append(event)
        return picked

    return pick


def _handle(log: str) -> Callable[[Context, Transaction, Event], Awaitable[None]]:
    async def handle(context: Context, transaction: Transaction, event: Event) -> None:
        enterprise = as_runner(context)
        for run in await enterprise.runs.open_of(transaction, event.subject):
            trigger = read(run.definition).trigger
            if isinstance(trigger, OnEvent) and f"{log}: {event.type}" in trigger.until:
                await end(enterprise, transaction, run.id, f"Not needed any more: {event.type}.")
        for workflow, trigger in await _waiting(enterprise):
            if _is_met(trigger, workflow, log, event):
                cause = f"{log}: {event.position.sequence}"
                known, of = known_of(log, event), {"subject_id": event.subject, "actor_id": event.actor}
                await _begin(enterprise, transaction, workflow, cause, known, **of)

    return handle


async def _waiting(enterprise: Enterprise) -> list[tuple[Row, Trigger]]:
    return [(row, read(row.definition).trigger) for row in await enterprise.workflows.active()]


def _is_met(trigger: Trigger, workflow: Row, log: str, event: Event) -> bool:
    """What happened before the workflow was there, or by a workflow, begins none."""
    if not isinstance(trigger, OnEvent) or trigger.event != f"{log}: {event.type}":
        return False
    if event.at < workflow.since or (log == "enterprise" and event.actor == RUNNER.id):
        return False
    return conditions.meets(known_of(log, event), None if trigger.when is None else conditions.parse(trigger.when))


async def _begin(
    enterprise: Enterprise,
    transaction: Transaction,
    workflow: Row,
    cause: str,
    data: Mapping[str, Any],
    subject_id: UUID | None = None,
    actor_id: UUID | None = None,
) -> None:
    """Once for the workflow and its cause."""
    id = await enterprise.runs.add(
        transaction,
        workflow_id=workflow.id,
        version=workflow.version,
        cause=cause,
        subject_id=subject_id,
        actor_id=actor_id,
        data=dict(data),
    )
    if id is not None:
        await enterprise.events.append(transaction, EventType.RUN_STARTED, id, workflow=str(workflow.id))
