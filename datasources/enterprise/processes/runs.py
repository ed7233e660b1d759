"""Runs of workflows, and what became of each of their steps."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import EVERYTHING, Actor
from datasources.enterprise.lists import Among, Lists, equals
from datasources.enterprise.policies import visible_runs
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import RUN_STEPS, RUNS, WORKFLOW_VERSIONS
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import Read, Statement, among, read
from datasources.table import Row, Rows


class RunStatus(StrEnum):
    RUNNING = "running"
    WAITING = "waiting"
    DONE = "done"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepStatus(StrEnum):
    DONE = "done"
    SKIPPED = "skipped"
    WAITING = "waiting"
    REJECTED = "rejected"
    FAILED = "failed"
    CANCELLED = "cancelled"


RUNNER = Actor(UUID(int=1), frozenset({EVERYTHING}))
"""Who does what workflows do. Its events begin no run, so that no workflow sets off itself or goes round with another.
"""


class Runs:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._database = sources.database
        self._clock = sources.clock
        visible = visible_runs(actor)
        self.all = Lists(sources, RUNS, _NEWEST, visible, equals(RUNS.c.status))
        self.of_workflows = self.all.by(RUNS.c.workflow_id)
        self.steps_of = Among(sources, RUN_STEPS.c.run_id, visible, (RUN_STEPS.c.position,))

    async def due(self, now: datetime, limit: int) -> Rows:
        """Runs that are to go on by now, each with the `definition` that it began with. Source: one SELECT."""
        return await self._database.rows(Read(_DUE, {"now": now, "limit": limit}))

    async def open_among(self, subject_ids: Iterable[UUID]) -> set[UUID]:
        """Of which of these subjects a run has not ended. Source: one SELECT."""
        of_them = among(RUNS.c.subject_id, list(set(subject_ids)))
        return {row.subject_id for row in await self._database.rows(read(_OPEN_SUBJECTS, of_them))}

    async def open_of(self, transaction: Transaction, subject_id: UUID) -> Rows:
        """Those of this subject that have not ended, with their definitions."""
        return await transaction.rows(_DEFINED.where(RUNS.c.subject_id == subject_id, _IS_OPEN).order_by(RUNS.c.id))

    async def hold(self, transaction: Transaction, id: UUID) -> Row | None:
        """The run with its definition, which nobody else changes before the transaction ends."""
        return await transaction.row(_DEFINED.where(RUNS.c.id == id).with_for_update(of=RUNS))

    async def add(self, transaction: Transaction, **values: Any) -> UUID | None:
        """A run that begins; None where the workflow has one of this `cause`."""
        now = self._clock()
        id = uuid7(now)
        fixed = {"id": id, "status": RunStatus.RUNNING, "position": 0, "attempts": 0, "due_at": now, "started_at": now}
        new = transaction.upsert(RUNS).values(fixed | values).on_conflict_do_nothing()
        return id if await transaction.write(new) else None

    async def change(self, transaction: Transaction, id: UUID, **values: Any) -> None:
        """Of a run that the caller holds."""
        await transaction.write(sa.update(RUNS).where(RUNS.c.id == id).values(values))

    async def note(
        self, transaction: Transaction, run: Row, kind: str, status: StepStatus, did: str, attempts: int
    ) -> None:
        """What became of the step that the run is at, as of now."""
        values = {"kind": kind, "status": status, "attempts": attempts, "did": did[:MAX_DID], "at": self._clock()}
        new = transaction.upsert(RUN_STEPS).values(run_id=run.id, position=run.position, **values)
        await transaction.write(
            new.on_conflict_do_update(index_elements=[RUN_STEPS.c.run_id, RUN_STEPS.c.position], set_=values)
        )


MAX_DID = 500
_NEWEST = Sort("newest", (RUNS.c.started_at, RUNS.c.id), descending=True)
_IS_OPEN = RUNS.c.ended_at.is_(None)
_OPEN_SUBJECTS = sa.select(RUNS.c.subject_id).where(_IS_OPEN)
_DEFINED = sa.select(RUNS, WORKFLOW_VERSIONS.c.definition).join(
    WORKFLOW_VERSIONS,
    sa.and_(WORKFLOW_VERSIONS.c.workflow_id == RUNS.c.workflow_id, WORKFLOW_VERSIONS.c.version == RUNS.c.version),
)
_DUE = Statement(
    _DEFINED.where(RUNS.c.due_at <= sa.bindparam("now", type_=RUNS.c.due_at.type))
    .order_by(RUNS.c.due_at, RUNS.c.id)
    .limit(sa.bindparam("limit", type_=sa.Integer))
)
