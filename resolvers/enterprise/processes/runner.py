"""The runner takes runs on, a step at a time: what a step does is written in the transaction that moves its run on.

Whoever dies in the middle has done all of a step or nothing of it, but for a call, which is then made again with the
same key.
"""

import asyncio
from datetime import timedelta
from typing import Any

import structlog

from datasources.enterprise.processes import RunStatus, StepStatus
from datasources.enterprise.stores import Enterprise
from datasources.errors import Refusal, SourceError
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.context import Context
from resolvers.enterprise.processes import conditions
from resolvers.enterprise.processes.beginning import as_runner, begin_scheduled
from resolvers.enterprise.processes.definitions import CallWebhook, Definition, Step, read, references
from resolvers.enterprise.processes.moving import after_step, move, over
from resolvers.enterprise.processes.steps import Done, call, do

RETRY_S = (10.0, 30.0, 120.0, 600.0, 3_600.0, 14_400.0)
"""After a failure of a step; after one more, its run has failed."""
AT_ONCE = 8
"""Runs: one whose service is slow does not keep all others waiting."""
FAULT = "Something is wrong here; the log says what."

log = structlog.get_logger("heddle")


async def run_workflows(context: Context) -> None:
    """Begins what schedules say, and takes on each run that is due, until none is. Raises: SourceError."""
    enterprise = as_runner(context)
    await begin_scheduled(enterprise)
    while due := await enterprise.runs.due(enterprise.sources.clock(), AT_ONCE):
        outcomes = await asyncio.gather(*(_go_on(enterprise, run) for run in due), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome


async def _go_on(enterprise: Enterprise, run: Row) -> None:
    """One step. Raises: what keeps it from writing down what became of it."""
    definition = read(run.definition)
    step = definition.steps[run.position]
    try:
        given = _given(step, run.data)
        if isinstance(step.does, CallWebhook) and isinstance(given, dict):
            await call(enterprise, run, step.does)
        async with enterprise.sources.database.transaction() as transaction:
            if not await _holds(enterprise, transaction, run):
                return
            if run.status == RunStatus.WAITING:
                done = Done("Waited.")
            elif isinstance(given, str):
                done = Done(given, StepStatus.SKIPPED)
            else:
                done = await do(enterprise, transaction, run, step.does, given)
            await _move_on(enterprise, transaction, run, definition, done)
    except Refusal as refusal:
        await _failed(enterprise, run, refusal.message, again=False)
    except SourceError as error:
        log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work="workflow")
        await _failed(enterprise, run, str(error), again=True)
    except Exception as error:  # whatever it was: the other runs go on, and it is told and tried again
        log.error("step failed", run=str(run.id), position=run.position, exc_info=error)
        await _failed(enterprise, run, FAULT, again=True)


def _given(step: Step, data: dict[str, Any]) -> dict[str, Any] | str:
    """The values of the fields that the step needs; or why it is skipped."""
    if step.when is not None and not conditions.meets(data, conditions.parse(step.when)):
        return f"Not where {step.when}."
    needed = references(step.does)
    missing = [name for name in needed.values() if name not in data]
    return f"There is no `{missing[0]}`." if missing else {part: data[name] for part, name in needed.items()}


async def _holds(enterprise: Enterprise, transaction: Transaction, run: Row) -> bool:
    """Whether the run is still where it was when it was read: else somebody else was faster, or has cancelled it."""
    held = await enterprise.runs.hold(transaction, run.id)
    here = (run.status, run.position, run.attempts, run.due_at)
    return held is not None and (held.status, held.position, held.attempts, held.due_at) == here


async def _move_on(
    enterprise: Enterprise, transaction: Transaction, run: Row, definition: Definition, done: Done
) -> None:
    if done.status == StepStatus.WAITING:
        changed: dict[str, Any] = {"status": RunStatus.WAITING, "due_at": done.until}
    else:
        changed = after_step(run, definition, done.gives, enterprise.sources.clock())
    changed |= {"attempts": 0, "error": None}
    await move(enterprise, transaction, run, done.status, done.did, run.attempts + 1, changed)


async def _failed(enterprise: Enterprise, run: Row, why: str, *, again: bool) -> None:
    now = enterprise.sources.clock()
    changed: dict[str, Any] = {"attempts": run.attempts + 1, "error": why[:500]}
    if again and run.attempts < len(RETRY_S):
        changed |= {"status": run.status, "due_at": now + timedelta(seconds=RETRY_S[run.attempts])}
    else:
        changed |= over(RunStatus.FAILED, now)
    async with enterprise.sources.database.transaction() as transaction:
        if await _holds(enterprise, transaction, run):
            await move(enterprise, transaction, run, StepStatus.FAILED, why, run.attempts + 1, changed)
