"""Whose email address this is, of those who work in finance: for the command that issues development tokens."""

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.sources import FinanceSources
from datasources.finance.tables import STAFF


async def person_by_email(sources: FinanceSources, email: str) -> Actor | None:
    """The staff member with their scopes; None where nobody has this address. Source: one SELECT."""
    index = sources.email_index.of(email)
    member = await sources.database.row(sa.select(STAFF.c.id, STAFF.c.scopes).where(STAFF.c.email_index == index))
    return None if member is None else Actor(member.id, frozenset(member.scopes.split()))
