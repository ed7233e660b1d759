"""Whose email address this is: for the command that issues development tokens."""

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import CUSTOMERS, STAFF


async def person_by_email(sources: CommerceSources, email: str) -> Actor | None:
    """The staff member with their scopes, else the customer, who has none; None where nobody has this address.

    Source: tables `staff` and `customers`, a SELECT each.
    """
    index = sources.email_index.of(email)
    member = await sources.database.row(sa.select(STAFF.c.id, STAFF.c.scopes).where(STAFF.c.email_index == index))
    if member is not None:
        return Actor(member.id, frozenset(member.scopes.split()))
    customer_id = await sources.database.scalar(sa.select(CUSTOMERS.c.id).where(CUSTOMERS.c.email_index == index))
    return None if customer_id is None else Actor(customer_id)
