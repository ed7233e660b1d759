"""Who works here, and in which department."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.policies import visible_staff
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.ids import uuid7
from datasources.pages import Listing, Page, PageArguments, Sort
from datasources.prepared import Rows
from datasources.sql import Transaction
from datasources.statements import Columns, among, projection, read

_BY_NAME = Sort("name", (EMPLOYEES.c.name, EMPLOYEES.c.id))


class Staff:
    def __init__(self, sources: EnterpriseSources, actor: Actor) -> None:
        self._sources = sources
        self._database = sources.database
        self._visible = visible_staff(actor)

    async def by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Employees with these ids, in no order; unknown ids are left out. Source: one SELECT."""
        return await self._database.rows(
            read(projection(EMPLOYEES, columns), among(EMPLOYEES.c.id, ids), self._visible)
        )

    async def heads_of(self, department_ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """Who leads these departments. Source: one SELECT."""
        leads = among(EMPLOYEES.c.leads_id, department_ids)
        return await self._database.rows(read(projection(EMPLOYEES, columns), leads, self._visible))

    async def pages(self, keys: Sequence[str], asked: PageArguments, columns: Columns = None) -> Mapping[Any, Page]:
        """Everybody, by name. Source: one SELECT. Raises: InvalidInput for the cursor."""
        return await self._listing(columns).pages(self._database, self._sources.cursors, asked)

    async def counts(self, keys: Sequence[str]) -> Mapping[Any, int]:
        return await self._listing().counts(self._database)

    async def pages_of_departments(
        self, department_ids: Sequence[UUID], asked: PageArguments, columns: Columns = None
    ) -> Mapping[Any, Page]:
        """The people of each department, by name. Source: one SELECT. Raises: InvalidInput for the cursor."""
        return await self._members(columns).pages(self._database, self._sources.cursors, asked, department_ids)

    async def counts_of_departments(self, department_ids: Sequence[UUID]) -> Mapping[Any, int]:
        return await self._members().counts(self._database, department_ids)

    async def departments_by_ids(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        return await self._database.rows(
            read(projection(DEPARTMENTS, columns), among(DEPARTMENTS.c.id, ids), self._visible)
        )

    async def departments_below(self, ids: Sequence[UUID], columns: Columns = None) -> Rows:
        """The departments directly below these, by name. Source: one SELECT."""
        below = (among(DEPARTMENTS.c.parent_id, ids), self._visible)
        return await self._database.rows(read(projection(DEPARTMENTS, columns), *below, order=(DEPARTMENTS.c.name,)))

    async def top_departments(self) -> Rows:
        """Those that are below no other, by name. Source: one SELECT."""
        return await self._database.rows(read(_TOP, self._visible))

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

    def _listing(self, columns: Columns = None) -> Listing:
        return Listing("enterprise.staff", projection(EMPLOYEES, columns), _BY_NAME, [self._visible])

    def _members(self, columns: Columns = None) -> Listing:
        select = projection(EMPLOYEES, columns)
        return Listing("enterprise.members", select, _BY_NAME, [self._visible], EMPLOYEES.c.department_id)


_TOP = sa.select(DEPARTMENTS).where(DEPARTMENTS.c.parent_id.is_(None)).order_by(DEPARTMENTS.c.name)
