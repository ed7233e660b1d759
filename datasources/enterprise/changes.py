"""Changes: who changed which field of a record from what to what, and the one way to make and change one."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Lists
from datasources.enterprise.policies import visible_changes
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import CHANGES
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import EVERY, Condition
from datasources.table import Row


class Changes:
    """Of each record its `lists` say what was changed, the newest first."""

    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._clock = sources.clock
        self._actor = actor
        self.lists = Lists(sources, CHANGES, _NEWEST, visible_changes(actor), parent=CHANGES.c.subject_id)

    async def hold(self, transaction: Transaction, table: sa.Table, id: UUID, visible: Condition = EVERY) -> Row | None:
        """The record, which nobody else changes before the transaction ends; None where there is none to see."""
        held = sa.select(table).where(table.c.id == id, visible.predicate).with_for_update()
        return await transaction.row(held, visible.values)

    async def add(self, transaction: Transaction, table: sa.Table, values: Mapping[str, Any]) -> UUID | None:
        """A new record, with an id of its own unless `values` have one; None where there is one like it."""
        new = {"id": uuid7(self._clock()), **values}
        added = await transaction.write(transaction.upsert(table).values(new).on_conflict_do_nothing())
        return new["id"] if added else None

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


_NEWEST = Sort("newest", (CHANGES.c.at, CHANGES.c.id), descending=True)


def _told(value: Any) -> Any:
    """As JSON; what is sealed is told as changed alone."""
    if isinstance(value, bytes):
        return "sealed"
    return value if value is None or isinstance(value, bool | int | str) else str(value)
