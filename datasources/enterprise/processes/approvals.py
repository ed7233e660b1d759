"""What waits for somebody's approval, and what was decided."""

from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Lists, equals
from datasources.enterprise.policies import visible_approvals
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import APPROVALS
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import equal, read
from datasources.table import Row


class ApprovalStatus(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Approvals:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._clock = sources.clock
        wanted = equals(APPROVALS.c.status)
        self.all = Lists(sources, APPROVALS, _NEWEST, visible_approvals(actor), wanted)

    async def ask(self, transaction: Transaction, **values: Any) -> UUID:
        """One that waits."""
        now = self._clock()
        id = uuid7(now)
        fixed = {"id": id, "status": ApprovalStatus.WAITING, "asked_at": now}
        await transaction.write(sa.insert(APPROVALS).values(fixed | values))
        return id

    async def get(self, transaction: Transaction, id: UUID) -> Row | None:
        """One that the actor may see; None where there is none."""
        asked = read(sa.select(APPROVALS), equal(APPROVALS.c.id, id), self.all.visible)
        return await transaction.row(asked.statement.executable, asked.values)

    async def close(
        self, transaction: Transaction, id: UUID, status: ApprovalStatus, note: str | None, by: UUID | None
    ) -> bool:
        """Whether it still waited."""
        waiting = (APPROVALS.c.id == id, APPROVALS.c.status == ApprovalStatus.WAITING)
        values = {"status": status, "note": note, "decided_by": by, "decided_at": self._clock()}
        return bool(await transaction.write(sa.update(APPROVALS).where(*waiting).values(values)))

    async def waiting_of(self, transaction: Transaction, run_id: UUID) -> Row | None:
        """What a run waits for."""
        waiting = (APPROVALS.c.run_id == run_id, APPROVALS.c.status == ApprovalStatus.WAITING)
        return await transaction.row(sa.select(APPROVALS).where(*waiting))


_NEWEST = Sort("newest", (APPROVALS.c.asked_at, APPROVALS.c.id), descending=True)
