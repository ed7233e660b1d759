"""Changes: who changed which field of a record from what to what, and the one way to change one."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.policies import visible_changes
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import CHANGES
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.prepared import Row
from datasources.sql import Transaction
from datasources.statements import EVERY, Columns, Condition, projection


class Changes:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._database = sources.database
        self._cursors = sources.cursors
        self._clock = sources.clock
        self._actor = actor

    async def pages(
        self, subject_ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """What was changed of each record, the newest first. Source: one SELECT. Raises: InvalidInput."""
        return await self._listing(columns).pages(self._database, self._cursors, asked, subject_ids)

    async def counts(self, subject_ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._listing().counts(self._database, subject_ids)

    async def hold(self, transaction: Transaction, table: sa.Table, id: UUID, visible: Condition = EVERY) -> Row | None:
        """The record, which nobody else changes before the transaction ends; None where there is none to see."""
        held = sa.select(table).where(table.c.id == id, visible.predicate).with_for_update()
        return await transaction.row(held, visible.values)

    async def update(
        self, transaction: Transaction, type: str, table: sa.Table, before: Row, values: Mapping[str, Any]
    ) -> bool:
        """Writes those `values` that differ from the held record `before`, and notes each; whether any did."""
        changed = {field: value for field, value in values.items() if value != getattr(before, field)}
        if not changed:
            return False
        await transaction.write(sa.update(table).where(table.c.id == before.id).values(changed))
        now, actor_id = self._clock(), self._actor.signed_in
        common = {"type": type, "subject_id": before.id, "actor_id": actor_id, "at": now}
        rows = [
            {"id": uuid7(now), **common, "field": field, "before": _told(getattr(before, field)), "after": _told(value)}
            for field, value in changed.items()
        ]
        await transaction.write(sa.insert(CHANGES), rows)
        return True

    def _listing(self, columns: Columns = None) -> Listing:
        policy = visible_changes(self._actor)
        return Listing("enterprise.changes", projection(CHANGES, columns), _NEWEST, [policy], CHANGES.c.subject_id)


_NEWEST = Sort("newest", (CHANGES.c.at, CHANGES.c.id), descending=True)


def _told(value: Any) -> Any:
    """As JSON; what is sealed is told as changed alone."""
    if isinstance(value, bytes):
        return "sealed"
    return value if value is None or isinstance(value, bool | int | str) else str(value)
