"""Workflows, what they were when, their runs step by step, and what waits for somebody's approval."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from datasources.enterprise.tables.base import EnterpriseTable
from datasources.sql import JSON, UtcDateTime, table


class Workflow(EnterpriseTable, table=True):
    """`version` is that of the definition in force. While it is `active`, events from `since` on begin runs of it; one
    with a schedule begins its next run at `due_at`.
    """

    __tablename__ = "workflows"
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=80, unique=True)
    active: bool
    version: int
    since: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime | None = Field(sa_type=UtcDateTime, index=True)


class WorkflowVersion(EnterpriseTable, table=True):
    """A definition as it was saved, for ever: runs go on by the one that they began with."""

    __tablename__ = "workflow_versions"
    workflow_id: UUID = Field(foreign_key="workflows.id", primary_key=True)
    version: int = Field(primary_key=True)
    definition: dict[str, Any] = Field(sa_type=JSON)
    actor_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


class Run(EnterpriseTable, table=True):
    """`cause` is what it began with, once for each workflow: `commerce: 17`, the event of that number, or the minute of
    a schedule. `data` are its fields by now, `position` is of the step that comes next, from 0, and `attempts` how
    often that has failed. `status`: running, waiting, done, rejected, failed, cancelled. It goes on at `due_at`, if
    that is not null.
    """

    __tablename__ = "runs"
    __table_args__ = (
        sa.UniqueConstraint("workflow_id", "cause"),
        sa.Index("ix_runs_newest", "started_at", "id"),
        sa.Index("ix_runs_of_workflow", "workflow_id", "started_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    workflow_id: UUID = Field(foreign_key="workflows.id")
    version: int
    cause: str = Field(max_length=80)
    status: str = Field(max_length=16)
    subject_id: UUID | None = Field(index=True)
    actor_id: UUID | None
    data: dict[str, Any] = Field(sa_type=JSON)
    position: int
    attempts: int
    error: str | None = Field(max_length=500)
    due_at: datetime | None = Field(sa_type=UtcDateTime, index=True)
    started_at: datetime = Field(sa_type=UtcDateTime)
    ended_at: datetime | None = Field(sa_type=UtcDateTime)


class RunStep(EnterpriseTable, table=True):
    """What became of a step. `status`: done, skipped, waiting, rejected, failed, cancelled; failed ones may be tried
    again. `did` says what it did, or why it did nothing.
    """

    __tablename__ = "run_steps"
    run_id: UUID = Field(foreign_key="runs.id", primary_key=True)
    position: int = Field(primary_key=True)
    kind: str = Field(max_length=20)
    status: str = Field(max_length=16)
    attempts: int
    did: str = Field(max_length=500)
    at: datetime = Field(sa_type=UtcDateTime)


class Approval(EnterpriseTable, table=True):
    """`status`: waiting, approved, rejected, withdrawn. `asked_by` is whose deed it goes back to, None where it is
    nobody's; they do not decide. `subject_id` is of a record, as `subject` calls it.
    """

    __tablename__ = "approvals"
    __table_args__ = (
        sa.UniqueConstraint("run_id", "position"),
        sa.Index("ix_approvals_newest", "asked_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    run_id: UUID = Field(foreign_key="runs.id")
    position: int
    text: str = Field(max_length=200)
    subject: str = Field(max_length=40)
    subject_id: UUID
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    asked_by: UUID | None
    status: str = Field(max_length=16)
    decided_by: UUID | None
    note: str | None = Field(max_length=500)
    asked_at: datetime = Field(sa_type=UtcDateTime)
    decided_at: datetime | None = Field(sa_type=UtcDateTime)


WORKFLOWS, WORKFLOW_VERSIONS, RUNS, RUN_STEPS = table(Workflow), table(WorkflowVersion), table(Run), table(RunStep)
APPROVALS = table(Approval)
