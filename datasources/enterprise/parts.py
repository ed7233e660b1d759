"""What is ordered or invoiced in parts: together they need whoever may approve as much."""

from datetime import timedelta

import sqlalchemy as sa

from datasources.enterprise.tables import SUPPLIERS
from datasources.sql import Transaction
from datasources.statements import summed
from datasources.table import Row

DAY = timedelta(days=1)


async def approved_beside(
    transaction: Transaction, row: Row, total_minor: sa.Column[int], approved: sa.ColumnElement[bool]
) -> int:
    """What else who drafted this drafted of its supplier within a day, in its currency, and was approved: the sum.

    Approvals of what is of one supplier take their turn, so that none misses another.
    """
    columns = total_minor.table.c
    await transaction.rows(sa.select(SUPPLIERS.c.id).where(SUPPLIERS.c.id == row.supplier_id).with_for_update())
    alike = (columns[name] == getattr(row, name) for name in ("supplier_id", "drafted_by", "currency"))
    day = columns.created_at.between(row.created_at - DAY, row.created_at + DAY)
    total = sa.select(summed(total_minor).label("minor")).where(columns.id != row.id, *alike, day, approved)
    (found,) = await transaction.rows(total)
    return int(found.minor)
