"""What people do with workflows and their runs: save them, switch them on and off, cancel a run, and try it again."""

from collections.abc import Sequence
from functools import partial
from typing import Any
from uuid import UUID

from datasources.enterprise.errors import RunOver
from datasources.enterprise.events import EventType
from datasources.enterprise.processes import RunStatus
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.tables import WORKFLOWS
from datasources.errors import InvalidInput, NotFound
from datasources.sql import Transaction
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.processes.definitions import (
    CallWebhook,
    Definition,
    Step,
    Trigger,
    begins_next,
    checked,
    read,
    written,
)
from resolvers.enterprise.processes.moving import end
from resolvers.enterprise.records import Record, hold, once, text, update

BY_HAND = "Cancelled by hand."
WORKFLOW = Record(
    type="Workflow",
    table=WORKFLOWS,
    batch=EnterpriseLoaders.workflow_by_id,
    created=EventType.WORKFLOW_CHANGED,
    changed=EventType.WORKFLOW_CHANGED,
    rules={"name": text(80)},
    taken=partial(InvalidInput, "name", "A workflow has this name already."),
)


async def save_workflow(
    context: Context, *, workflow_id: UUID | None, name: str, trigger: Trigger, steps: Sequence[Step], key: str
) -> Any:
    """A new workflow, which is on; or another definition of one, by which its later runs go.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("workflows:write")
    enterprise = context.of(Enterprise)
    named = WORKFLOW.checked(name=name)
    definition = checked(Definition(trigger, tuple(steps)))
    for number, step in enumerate(definition.steps):
        if isinstance(step.does, CallWebhook):
            enterprise.sources.webhooks.check(step.does.url, f"steps[{number}].url")
    json, due_at = written(definition), begins_next(trigger, context.clock())

    async def save(transaction: Transaction) -> UUID:
        if await enterprise.workflows.named(transaction, named["name"]) not in (None, workflow_id):
            raise WORKFLOW.taken()
        id = workflow_id or await enterprise.workflows.add(transaction, named["name"], due_at)
        if id is None:
            raise WORKFLOW.taken()
        before = await hold(enterprise, transaction, WORKFLOW, id)
        version = before.version + 1
        await enterprise.workflows.define(transaction, id, version, json)
        new = {**named, "version": version, "due_at": due_at}
        await update(enterprise, transaction, WORKFLOW, before, new, version=version)
        return id

    request = {"workflow": workflow_id, **named, "definition": json}
    return await once(context, WORKFLOW.batch, "saveWorkflow", key, request, save)


async def switch_workflow(context: Context, *, workflow_id: UUID, on: bool, key: str) -> Any:
    """On, it begins with what happens from now on; off, it begins no runs, and those that it has go on.

    Raises: Forbidden, NotFound, KeyReused.
    """
    context.actor.require("workflows:write")
    enterprise = context.of(Enterprise)
    now = context.clock()

    async def switch(transaction: Transaction) -> UUID:
        before = await hold(enterprise, transaction, WORKFLOW, workflow_id)
        known = read(await enterprise.workflows.definition(transaction, workflow_id))
        if before.active != on:
            values = {"active": on, "since": now, "due_at": begins_next(known.trigger, now)}
            await update(enterprise, transaction, WORKFLOW, before, values, active=on)
        return workflow_id

    return await once(context, WORKFLOW.batch, "switchWorkflow", key, [workflow_id, on], switch)


async def cancel_run(context: Context, *, run_id: UUID, key: str) -> Any:
    """Ends a run where it is; what it has done stays. Raises: Forbidden, NotFound, RunOver, KeyReused."""
    context.actor.require("runs:write")
    enterprise = context.of(Enterprise)

    async def cancel(transaction: Transaction) -> UUID:
        if await enterprise.runs.hold(transaction, run_id) is None:
            raise NotFound("run")
        if not await end(enterprise, transaction, run_id, BY_HAND):
            raise RunOver
        return run_id

    return await once(context, EnterpriseLoaders.run_by_id, "cancelRun", key, [run_id], cancel)


async def retry_run(context: Context, *, run_id: UUID, key: str) -> Any:
    """A run that has failed goes on with the step that failed. Raises: Forbidden, NotFound, RunOver, KeyReused."""
    context.actor.require("runs:write")
    enterprise = context.of(Enterprise)

    async def retry(transaction: Transaction) -> UUID:
        run = await enterprise.runs.hold(transaction, run_id)
        if run is None:
            raise NotFound("run")
        if run.status != RunStatus.FAILED:
            raise RunOver
        again = {"status": RunStatus.RUNNING, "attempts": 0, "due_at": context.clock(), "ended_at": None}
        await enterprise.runs.change(transaction, run_id, **again)
        await enterprise.events.append(transaction, EventType.RUN_CHANGED, run_id, status=RunStatus.RUNNING)
        return run_id

    return await once(context, EnterpriseLoaders.run_by_id, "retryRun", key, [run_id], retry)
