"""Who leads whom."""

from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.tables import DEPARTMENTS, EMPLOYEES
from datasources.sql import Transaction


async def heads_above(transaction: Transaction, employee_id: UUID | None) -> list[UUID]:
    """Who leads this employee's department, or one above it, the nearest first; without somebody, who leads all.

    Neither who has left nor the employee is among them.
    """
    here = sa.select(DEPARTMENTS.c.id, DEPARTMENTS.c.parent_id, sa.literal(0).label("height"))
    if employee_id is None:
        begin = here.where(DEPARTMENTS.c.parent_id.is_(None))
    else:
        own = sa.select(EMPLOYEES.c.department_id).where(EMPLOYEES.c.id == employee_id)
        begin = here.where(DEPARTMENTS.c.id == own.scalar_subquery())
    upwards = begin.cte("upwards", recursive=True)
    above = sa.select(DEPARTMENTS.c.id, DEPARTMENTS.c.parent_id, upwards.c.height + 1)
    upwards = upwards.union_all(above.where(DEPARTMENTS.c.id == upwards.c.parent_id))
    heads = sa.select(EMPLOYEES.c.id).join(upwards, EMPLOYEES.c.leads_id == upwards.c.id)
    others = (EMPLOYEES.c.left_at.is_(None), EMPLOYEES.c.id != (employee_id or UUID(int=0)))
    rows = await transaction.rows(heads.where(*others).order_by(upwards.c.height, EMPLOYEES.c.id))
    return [row.id for row in rows]
