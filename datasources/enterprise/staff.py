"""Who works here, and in which department."""

from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.lists import Among, Lists
from datasources.enterprise.policies import visible_staff
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.pages import Sort
from datasources.sql import Transaction
from datasources.statements import read
from datasources.table import Row, Rows

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

    async def here(self, transaction: Transaction, id: UUID) -> Row | None:
        """Role and limit of who works here; None of who does not, any more, while their token may still hold."""
        here = (EMPLOYEES.c.id == id, EMPLOYEES.c.left_at.is_(None))
        return await transaction.row(sa.select(EMPLOYEES.c.role, EMPLOYEES.c.approves_minor).where(*here))

    async def above(self, transaction: Transaction, id: UUID) -> list[UUID]:
        """The department itself and all above it; none of them moves before the transaction ends."""
        # On PostgreSQL two moves at once could each be right and together make a cycle: they take turns.
        await transaction.rows(sa.select(DEPARTMENTS.c.id).order_by(DEPARTMENTS.c.id).with_for_update())
        upwards = sa.select(DEPARTMENTS).where(DEPARTMENTS.c.id == id).cte("upwards", recursive=True)
        upwards = upwards.union(sa.select(DEPARTMENTS).where(DEPARTMENTS.c.id == upwards.c.parent_id))
        return [row.id for row in await transaction.rows(sa.select(upwards.c.id))]


_TOP = sa.select(DEPARTMENTS).where(DEPARTMENTS.c.parent_id.is_(None)).order_by(DEPARTMENTS.c.name)
