"""What people do with workflows and their runs: save them, switch them on and off, cancel a run, and try it again."""

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
from resolvers.enterprise.processes.definitions import CallWebhook, Definition, begins_next, checked, read, written
from resolvers.enterprise.processes.ending import end
from resolvers.text import plain

MAX_NAME = 80
BY_HAND = "Cancelled by hand."


async def save_workflow(context: Context, id: UUID | None, name: str, definition: Definition, key: str) -> Any:
    """A new workflow, which is on; or another definition of one, by which its later runs go.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("workflows:write")
    enterprise = context.of(Enterprise)
    name = plain(name, "name", MAX_NAME)
    json = written(checked(definition))
    for number, step in enumerate(definition.steps):
        if isinstance(step.does, CallWebhook):
            enterprise.sources.webhooks.check(step.does.url, f"steps[{number}].url")
    due_at = begins_next(definition.trigger, context.clock())

    async def save(transaction: Transaction) -> dict[str, str]:
        if await enterprise.workflows.named(transaction, name) not in (None, id):
            raise InvalidInput("name", "A workflow has this name already.")
        saved = id or await enterprise.workflows.add(transaction, name, due_at)
        before = await enterprise.changes.hold(transaction, WORKFLOWS, saved) if saved else None
        if saved is None or before is None:
            raise NotFound("workflow")
        version = before.version + 1
        await enterprise.workflows.define(transaction, saved, version, json)
        values = {"name": name, "version": version, "due_at": due_at}
        await enterprise.changes.update(transaction, "Workflow", WORKFLOWS, before, values)
        await enterprise.events.append(transaction, EventType.WORKFLOW_CHANGED, saved, version=version)
        return {"workflow": str(saved)}

    request = {"workflow": id, "name": name, "definition": json}
    done = await enterprise.once(key, "saveWorkflow", request).do(enterprise.sources.database, save)
    return await context.fresh(EnterpriseLoaders.workflow_by_id, UUID(done["workflow"]))


async def switch_workflow(context: Context, id: UUID, on: bool, key: str) -> Any:
    """On, it begins with what happens from now on; off, it begins no runs, and those that it has go on.

    Raises: Forbidden, NotFound, KeyReused.
    """
    context.actor.require("workflows:write")
    enterprise = context.of(Enterprise)
    now = context.clock()

    async def switch(transaction: Transaction) -> bool:
        before = await enterprise.changes.hold(transaction, WORKFLOWS, id)
        known = await enterprise.workflows.definition(transaction, id)
        if before is None or known is None:
            raise NotFound("workflow")
        if before.active != on:
            values = {"active": on, "since": now, "due_at": begins_next(read(known).trigger, now)}
            await enterprise.changes.update(transaction, "Workflow", WORKFLOWS, before, values)
            await enterprise.events.append(transaction, EventType.WORKFLOW_CHANGED, id, active=on)
        return True

    await enterprise.once(key, "switchWorkflow", {"workflow": id, "on": on}).do(enterprise.sources.database, switch)
    return await context.fresh(EnterpriseLoaders.workflow_by_id, id)


async def cancel_run(context: Context, id: UUID, key: str) -> Any:
    """Ends a run where it is; what it has done stays. Raises: Forbidden, NotFound, RunOver, KeyReused."""
    context.actor.require("runs:write")
    enterprise = context.of(Enterprise)

    async def cancel(transaction: Transaction) -> bool:
        if await enterprise.runs.hold(transaction, id) is None:
            raise NotFound("run")
        if not await end(enterprise, transaction, id, BY_HAND):
            raise RunOver
        return True

    await enterprise.once(key, "cancelRun", {"run": id}).do(enterprise.sources.database, cancel)
    return await context.fresh(EnterpriseLoaders.run_by_id, id)


async def retry_run(context: Context, id: UUID, key: str) -> Any:
    """A run that has failed goes on with the step that failed. Raises: Forbidden, NotFound, RunOver, KeyReused."""
    context.actor.require("runs:write")
    enterprise = context.of(Enterprise)

    async def retry(transaction: Transaction) -> bool:
        run = await enterprise.runs.hold(transaction, id)
        if run is None:
            raise NotFound("run")
        if run.status != RunStatus.FAILED:
            raise RunOver
        again = {"status": RunStatus.RUNNING, "attempts": 0, "due_at": context.clock(), "ended_at": None}
        await enterprise.runs.change(transaction, id, **again)
        await enterprise.events.append(transaction, EventType.RUN_CHANGED, id, status=RunStatus.RUNNING)
        return True

    await enterprise.once(key, "retryRun", {"run": id}).do(enterprise.sources.database, retry)
    return await context.fresh(EnterpriseLoaders.run_by_id, id)
