"""Workflows, each with the definition in force; those that it had before are kept for the runs that go on by them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Lists
from datasources.enterprise.policies import visible_workflows
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import WORKFLOW_VERSIONS, WORKFLOWS
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import Columns, Read, Statement, kept, projection
from datasources.table import Rows


class Workflows:
    """Rows of `all` have the `definition` in force."""

    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._database = sources.database
        self._clock = sources.clock
        self._actor = actor
        self.all = Lists(sources, WORKFLOWS, _BY_NAME, visible_workflows(actor), select=_defined)

    async def active(self) -> Rows:
        """Those that are on, with the definitions in force. Source: one SELECT."""
        return await self._database.rows(Read(_ACTIVE, {}))

    async def due(self, now: datetime) -> Rows:
        """Those that are on, whose schedule says that a run begins by now. Source: one SELECT."""
        return await self._database.rows(Read(_DUE, {"now": now}))

    async def add(self, transaction: Transaction, name: str, due_at: datetime | None) -> UUID | None:
        """One that is on; None where there is one of this name."""
        now = self._clock()
        id = uuid7(now)
        values = {"id": id, "name": name, "active": True, "version": 0, "since": now, "due_at": due_at}
        new = transaction.upsert(WORKFLOWS).values(values).on_conflict_do_nothing()
        return id if await transaction.write(new) else None

    async def define(self, transaction: Transaction, id: UUID, version: int, definition: Mapping[str, Any]) -> None:
        """Keeps a definition. The caller holds the workflow, and says that this version is in force."""
        values = {"workflow_id": id, "version": version, "definition": definition}
        values |= {"actor_id": self._actor.signed_in, "at": self._clock()}
        await transaction.write(sa.insert(WORKFLOW_VERSIONS).values(values))

    async def definition(self, transaction: Transaction, id: UUID) -> Any:
        """That in force, as JSON; None where there is no such workflow."""
        row = await transaction.row(_defined(None).where(WORKFLOWS.c.id == id))
        return None if row is None else row.definition

    async def named(self, transaction: Transaction, name: str) -> UUID | None:
        row = await transaction.row(sa.select(WORKFLOWS.c.id).where(WORKFLOWS.c.name == name))
        return None if row is None else row.id

    async def begin_next(self, transaction: Transaction, id: UUID, due_at: datetime, then: datetime | None) -> bool:
        """Whether the run of `due_at` is still to be begun; the next one is due `then`."""
        here = (WORKFLOWS.c.id == id, WORKFLOWS.c.due_at == due_at, WORKFLOWS.c.active)
        return bool(await transaction.write(sa.update(WORKFLOWS).where(*here).values(due_at=then)))


_IN_FORCE = sa.and_(
    WORKFLOW_VERSIONS.c.workflow_id == WORKFLOWS.c.id, WORKFLOW_VERSIONS.c.version == WORKFLOWS.c.version
)


@kept
def _defined(columns: Columns) -> sa.Select[Any]:
    return projection(WORKFLOWS, columns, WORKFLOW_VERSIONS.c.definition).join(WORKFLOW_VERSIONS, _IN_FORCE)


_ON = _defined(None).where(WORKFLOWS.c.active).order_by(WORKFLOWS.c.id)
_ACTIVE = Statement(_ON)
_DUE = Statement(_ON.where(WORKFLOWS.c.due_at <= sa.bindparam("now", type_=WORKFLOWS.c.due_at.type)))
_BY_NAME = Sort("name", (WORKFLOWS.c.name, WORKFLOWS.c.id))
