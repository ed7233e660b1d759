"""Whose email address this is, of those who work here: for the command that issues development tokens."""

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.enterprise.roles import SCOPES, Role
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.tables import EMPLOYEES


async def person_by_email(sources: EnterpriseSources, email: str) -> Actor | None:
    """The employee with the scopes of the role; None where nobody has this address. Source: one SELECT."""
    here = (EMPLOYEES.c.email_index == sources.email_index.of(email), EMPLOYEES.c.left_at.is_(None))
    found = await sources.database.row(sa.select(EMPLOYEES.c.id, EMPLOYEES.c.role).where(*here))
    return None if found is None else Actor(found.id, SCOPES[Role(found.role)])
