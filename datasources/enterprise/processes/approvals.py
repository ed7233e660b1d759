"""What waits for somebody's approval, and what was decided."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.policies import visible_approvals
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import APPROVALS, EMPLOYEES
from datasources.errors import Forbidden
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.prepared import Row, Rows
from datasources.sql import Transaction
from datasources.statements import Columns, among, equal, projection, read


class ApprovalStatus(StrEnum):
    WAITING = "waiting"
    APPROVED = "approved"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


class Approvals:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor
        self._visible = visible_approvals(actor)

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Approvals with these ids, in no order; those that the actor may not see are left out. Source: one SELECT."""
        mine = (among(APPROVALS.c.id, ids), self._visible)
        return await self._database.rows(read(projection(APPROVALS, columns), *mine))

    async def pages(
        self, keys: Sequence[str], asked: PageArguments, *, status: ApprovalStatus | None, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """All that the actor may see, or those of a status, the newest first.

        Source: one SELECT. Raises: InvalidInput for the cursor.
        """
        return await self._listing(status, columns).pages(self._database, self._cursors, asked)

    async def counts(self, keys: Sequence[str], *, status: ApprovalStatus | None) -> Mapping[Any, int]:
        return await self._listing(status).counts(self._database)

    async def ask(self, transaction: Transaction, **values: Any) -> UUID:
        """One that waits."""
        now = self._clock()
        id = uuid7(now)
        fixed = {"id": id, "status": ApprovalStatus.WAITING, "asked_at": now}
        await transaction.write(sa.insert(APPROVALS).values(fixed | values))
        return id

    async def get(self, transaction: Transaction, id: UUID) -> Row | None:
        """One that the actor may see; None where there is none."""
        asked = read(sa.select(APPROVALS), equal(APPROVALS.c.id, id), self._visible)
        return await transaction.row(asked.statement.executable, asked.values)

    async def limit_minor(self, transaction: Transaction) -> int:
        """Up to which amount, in euros, the actor may approve; nothing where they do not work here."""
        mine = (EMPLOYEES.c.id == self._actor.signed_in, EMPLOYEES.c.left_at.is_(None))
        row = await transaction.row(sa.select(EMPLOYEES.c.approves_minor).where(*mine))
        return 0 if row is None else int(row.approves_minor)

    async def must_work_here(self, transaction: Transaction) -> None:
        """A token outlives whoever leaves. Raises: Forbidden."""
        here = (EMPLOYEES.c.id == self._actor.signed_in, EMPLOYEES.c.left_at.is_(None))
        if await transaction.row(sa.select(EMPLOYEES.c.id).where(*here)) is None:
            raise Forbidden("approvals:decide")

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

    def _listing(self, status: ApprovalStatus | None, columns: Columns = None) -> Listing:
        wanted = [] if status is None else [equal(APPROVALS.c.status, status)]
        return Listing(
            f"enterprise.approvals/{status}", projection(APPROVALS, columns), _NEWEST, [self._visible, *wanted]
        )


_NEWEST = Sort("newest", (APPROVALS.c.asked_at, APPROVALS.c.id), descending=True)
