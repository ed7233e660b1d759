"""Who the people are: for development tokens, and for the sample data of other domains."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.commerce.seals import unseal
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import CUSTOMERS, ORDER_LINES, ORDERS, PRODUCTS, STAFF
from datasources.table import Row


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


class Known(NamedTuple):
    """Ids: of customers and products on sale, the oldest first; `bought` are customers with what was sent to them."""

    customers: Sequence[UUID]
    products: Sequence[UUID]
    bought: Sequence[tuple[UUID, UUID]]


async def known(sources: CommerceSources) -> Known:
    """All of it. Source: three SELECTs."""
    living = sa.select(CUSTOMERS.c.id).where(CUSTOMERS.c.erased_at.is_(None)).order_by(CUSTOMERS.c.id)
    on_sale = sa.select(PRODUCTS.c.id).where(PRODUCTS.c.active.is_(True)).order_by(PRODUCTS.c.id)
    pairs = sa.select(ORDERS.c.customer_id, ORDER_LINES.c.product_id).join(ORDERS).where(ORDERS.c.status == "shipped")
    rows = [
        await sources.database.rows(asked)
        for asked in (living, on_sale, pairs.distinct().order_by(*pairs.selected_columns))
    ]
    customers, products, bought = rows
    return Known([row.id for row in customers], [row.id for row in products], [tuple(row) for row in bought])


class Buyer(NamedTuple):
    """A customer; `orders` are ids, the oldest first."""

    id: UUID
    name: str
    email: str
    orders: Sequence[UUID]


async def buyers(sources: CommerceSources, emails: Sequence[str], most: int) -> Sequence[Buyer]:
    """Those with these addresses, and the oldest customers; so many in all. Source: two SELECTs. Raises: SealBroken."""
    first = CUSTOMERS.c.email_index.in_([sources.email_index.of(email) for email in emails])
    living = sa.select(CUSTOMERS).where(CUSTOMERS.c.erased_at.is_(None)).order_by(first.desc(), CUSTOMERS.c.id)
    rows = await sources.database.rows(living.limit(most))
    theirs = sa.select(ORDERS.c.customer_id, ORDERS.c.id).where(ORDERS.c.customer_id.in_([row.id for row in rows]))
    orders: dict[UUID, list[UUID]] = {row.id: [] for row in rows}
    for order in await sources.database.rows(theirs.order_by(ORDERS.c.placed_at, ORDERS.c.id)):
        orders[order.customer_id].append(order.id)
    opened = [(row, _opened(sources, "name", row), _opened(sources, "email", row)) for row in rows]
    return [Buyer(row.id, name, email, orders[row.id]) for row, name, email in opened]


def _opened(sources: CommerceSources, part: str, customer: Row) -> str:
    column = CUSTOMERS.c[f"sealed_{part}"]
    return unseal(sources.cipher, column, customer.id, getattr(customer, column.name)) or ""
