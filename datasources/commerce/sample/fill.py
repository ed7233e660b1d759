"""Writes the sample data: first what the outside services are to know, then the database, in one transaction."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta

import sqlalchemy as sa

from datasources.commerce.sample.catalogue import SampleProduct, add_catalogue
from datasources.commerce.sample.draft import Draft
from datasources.commerce.sample.orders import add_orders
from datasources.commerce.sample.people import Person, add_customers, add_staff
from datasources.commerce.sample.stock import Ledger
from datasources.commerce.sources import CommerceSources
from datasources.commerce.tables import CART_LINES, CARTS, CUSTOMERS, PRODUCTS, STAFF
from datasources.rest import RestService
from datasources.sql import Database

Progress = Callable[[str, float], None]
"""Told what is being written now, and how much of the whole is done, from 0 to 1; perhaps in another thread."""

ROWS_AT_ONCE = 5_000
DOCUMENTS_AT_ONCE = 2_500


async def is_empty(database: Database) -> bool:
    """Whether there are neither people nor products, so that sample data harms nobody."""
    taken = sa.or_(*(sa.exists(sa.select(table.c.id)) for table in (CUSTOMERS, STAFF, PRODUCTS)))
    return not await database.scalar(sa.select(taken))


async def fill(
    sources: CommerceSources,
    *,
    scale: float = 1.0,
    sandbox_url: str | None = None,
    progress: Progress = lambda what, done: None,
) -> bool:
    """Fills an empty database, wholly or not at all; False where it was not empty.

    At scale 1: 500 products, 2,000 customers, 10,000 orders, 30,000 lines. The sandbox, where there is one, learns of
    payments and shipments first, the database last: after a failure, `fill` again. Raises: SourceError.
    """
    if not await is_empty(sources.database):
        return False
    progress("invent", 0.0)
    draft = Draft(sources.clock(), scale, sources.cipher, sources.email_index)
    await asyncio.to_thread(invent, draft)
    if sandbox_url is not None:
        progress("outside services", 0.0)
        await _tell_sandbox(sandbox_url, draft)
    await sources.database.in_one_thread(lambda connection: _write(connection, draft, progress))
    return True


def invent(draft: Draft) -> None:
    """All rows and documents."""
    keeper = add_staff(draft)["warehouse"]
    people = add_customers(draft)
    products = add_catalogue(draft)
    ledger = Ledger(draft, products, keeper)
    add_orders(draft, people, products, ledger, keeper)
    ledger.close()
    _add_carts(draft, people, [one for one in products if one.active and ledger.available(one.id) > 5])


def _add_carts(draft: Draft, people: Sequence[Person], products: Sequence[SampleProduct]) -> None:
    """Ada has one, and every twentieth of the others."""
    for person in people[::20]:
        at = draft.now - timedelta(minutes=draft.random.randrange(5, 10_000))
        cart_id = draft.add(CARTS, at, customer_id=person.id, updated_at=at)
        draft.rows[CART_LINES] += [
            {"cart_id": cart_id, "product_id": product.id, "quantity": draft.random.choice((1, 1, 2)), "added_at": at}
            for product in draft.random.sample(products, 3)
        ]


async def _tell_sandbox(url: str, draft: Draft) -> None:
    sandbox = RestService("sandbox", url, timeout_s=30)
    try:
        for service, documents in (("payments", draft.payments), ("carriers", draft.shipments)):
            for start in range(0, len(documents), DOCUMENTS_AT_ONCE):
                chunk = documents[start : start + DOCUMENTS_AT_ONCE]
                await sandbox.post("/_sandbox/{}/import", service, answer=dict[str, int], json=chunk)
    finally:
        await sandbox.close()


def _write(connection: sa.Connection, draft: Draft, progress: Progress) -> None:
    total = sum(map(len, draft.rows.values()))
    done = 0
    for table, rows in draft.rows.items():
        for start in range(0, len(rows), ROWS_AT_ONCE):
            progress(table.name, done / total)
            chunk = rows[start : start + ROWS_AT_ONCE]
            connection.execute(sa.insert(table), chunk)
            done += len(chunk)
    connection.exec_driver_sql("ANALYZE")  # the planner cannot know what came in at once
    progress("done", 1.0)
