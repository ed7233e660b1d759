"""What a new record names must be there, and stay until it is written."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.enterprise.tables import COMPANIES, CONTACTS, EMPLOYEES
from datasources.errors import NotFound
from datasources.sql import Transaction

_LIVING: dict[str, tuple[sa.Table, tuple[sa.ColumnElement[Any], ...]]] = {
    "employee": (EMPLOYEES, (EMPLOYEES.c.left_at.is_(None),)),
    "company": (COMPANIES, ()),
    "contact": (CONTACTS, (CONTACTS.c.erased_at.is_(None),)),
}


async def require(transaction: Transaction, **ids: UUID | None) -> None:
    """`require(transaction, employee=owner_id, contact=None)`: None is not looked for.

    Nobody has left, and no contact was erased. Raises: NotFound.
    """
    for kind, id in ids.items():
        if id is None:
            continue
        table, living = _LIVING[kind]
        found = sa.select(table.c.id).where(table.c.id == id, *living).with_for_update(read=True)
        if await transaction.row(found) is None:
            raise NotFound(kind)
