"""Who works here, and in which department."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Among, Lists
from datasources.enterprise.policies import visible_staff
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.ids import uuid7
from datasources.pages import Sort
from datasources.prepared import Rows
from datasources.sql import Transaction
from datasources.statements import read

_BY_NAME = Sort("name", (EMPLOYEES.c.name, EMPLOYEES.c.id))


class Staff:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        self._visible = visible_staff(actor)
        self.all = Lists(sources, EMPLOYEES, _BY_NAME, self._visible)
        self.of_departments = self.all.by(EMPLOYEES.c.department_id)
        self.heads_of = Among(sources, EMPLOYEES.c.leads_id, self._visible)
        self.departments_by_ids = Among(sources, DEPARTMENTS.c.id, self._visible)
        self.departments_below = Among(sources, DEPARTMENTS.c.parent_id, self._visible, (DEPARTMENTS.c.name,))

    async def top_departments(self) -> Rows:
        """Those that are below no other, by name. Source: one SELECT."""
        return await self._sources.database.rows(read(_TOP, self._visible))

    async def add_department(self, transaction: Transaction, name: str, parent_id: UUID | None) -> UUID | None:
        """None where there is one of this name."""
        id = uuid7(self._sources.clock())
        new = transaction.upsert(DEPARTMENTS).values(id=id, name=name, parent_id=parent_id)
        return id if await transaction.write(new.on_conflict_do_nothing()) else None

    async def above(self, transaction: Transaction, id: UUID) -> list[UUID]:
        """The department itself and all above it; none of them moves before the transaction ends."""
        # On PostgreSQL two moves at once could each be right and together make a cycle: they take turns.
        await transaction.rows(sa.select(DEPARTMENTS.c.id).order_by(DEPARTMENTS.c.id).with_for_update())
        upwards = sa.select(DEPARTMENTS).where(DEPARTMENTS.c.id == id).cte("upwards", recursive=True)
        upwards = upwards.union(sa.select(DEPARTMENTS).where(DEPARTMENTS.c.id == upwards.c.parent_id))
        return [row.id for row in await transaction.rows(sa.select(upwards.c.id))]

    async def add_employee(self, transaction: Transaction, **values: Any) -> UUID | None:
        """None where somebody has this address, or leads that department, already."""
        now = self._sources.clock()
        id = uuid7(now)
        new = transaction.upsert(EMPLOYEES).values(id=id, joined_at=now, left_at=None, **values)
        return id if await transaction.write(new.on_conflict_do_nothing()) else None

    async def led_by_another(self, transaction: Transaction, department_id: UUID, id: UUID) -> bool:
        heads = sa.select(EMPLOYEES.c.id).where(EMPLOYEES.c.leads_id == department_id, EMPLOYEES.c.id != id)
        return await transaction.row(heads) is not None


_TOP = sa.select(DEPARTMENTS).where(DEPARTMENTS.c.parent_id.is_(None)).order_by(DEPARTMENTS.c.name)
