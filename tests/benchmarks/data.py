"""The data of the benchmark: the sample data, with more orders where a question asks for more than there are."""

import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, islice
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from datasources.commerce.tables import CUSTOMERS, ORDER_LINES, ORDERS
from datasources.cursors import Cursors
from house import SAMPLES, configured, opened
from schema.node import global_id
from tests.benchmarks.floor import CUSTOMERS_BY_AGE, NEWEST_CUSTOMERS

MOVED = 20
"""Products whose stock moves, in turn."""
AGO = timedelta(days=1_000)
"""Copies are older than what they are copied from, so that the newest orders stay the newest."""


async def fill(sandbox_url: str) -> None:
    """The sample data of all domains, where the settings say."""
    async with opened(*configured()) as sources:
        for domain, sample in SAMPLES:
            await sample.fill(sources[domain.stores], scale=1.0, sandbox_url=sandbox_url, progress=lambda *_: None)


def a_product(data: Path) -> str:
    """The id of one, as the graph has it."""
    with sqlite3.connect(data / "commerce.db") as connection:
        (id,) = connection.execute("SELECT id FROM products LIMIT 1").fetchone()
    return global_id("Product", UUID(id))


def places_apart(data: Path, customers: int) -> list[str]:
    """Cursors in the list of all customers, with so many behind each before the next one."""
    settings, _ = configured()
    cursors = Cursors(settings.cursor_secret.get_secret_value().encode())
    newest = sa.select(CUSTOMERS.c.created_at, CUSTOMERS.c.id).order_by(*NEWEST_CUSTOMERS.order)
    engine = sa.create_engine(f"sqlite:///{data / 'commerce.db'}")
    with engine.begin() as connection:
        rows = connection.execute(newest).all()[customers - 1 :: customers]
    engine.dispose()
    return [cursors.encode(CUSTOMERS_BY_AGE, row) for row in rows[:-1]]


@dataclass(frozen=True, slots=True)
class Moved:
    """What subscribers are told of the event with a number: its product is the next one each time."""

    products: Sequence[tuple[str, int]]
    """Their names, and the pieces that are available."""
    newest: int
    """The number of the newest event in the log."""

    @classmethod
    def of(cls, data: Path) -> "Moved":
        with sqlite3.connect(data / "commerce.db") as connection:
            products = connection.execute(
                "SELECT name, coalesce(sum(on_hand - reserved), 0)"
                " FROM products LEFT JOIN stock_levels ON product_id = products.id"
                " GROUP BY products.id ORDER BY products.id LIMIT ?",
                [MOVED],
            )
            found = [(name, available) for name, available in products]
            (newest,) = connection.execute("SELECT coalesce(max(sequence), 0) FROM events").fetchone()
        return cls(found, newest)

    def told(self, number: int, cursor: str) -> dict[str, Any]:
        name, available = self.products[number % len(self.products)]
        event = {"cursor": cursor, "type": "STOCK_MOVED", "available": available, "product": {"name": name}}
        return {"data": {"stockChanged": event}}


def copied(data: Path, to: Path) -> Path:
    """A new directory with the same database."""
    to.mkdir()
    with sqlite3.connect(data / "commerce.db") as connection:
        connection.execute("VACUUM INTO ?", [str(to / "commerce.db")])
    return to


def top_up(data: Path, *, customers: int, orders: int) -> None:
    """Gives the newest customers so many orders each, by copies of those that they have."""
    engine = sa.create_engine(f"sqlite:///{data / 'commerce.db'}")
    newest = sa.select(CUSTOMERS.c.id).order_by(CUSTOMERS.c.created_at.desc(), CUSTOMERS.c.id.desc()).limit(customers)
    with engine.begin() as connection:
        for customer in connection.execute(newest).scalars().all():
            _top_up(connection, sa.select(ORDERS).where(ORDERS.c.customer_id == customer), orders)
    engine.dispose()


def _top_up(connection: sa.Connection, theirs: sa.Select[Any], wanted: int) -> None:
    own = connection.execute(theirs).mappings().all()
    lines = {order["id"]: _lines(connection, order) for order in own}
    originals = list(islice(cycle(own), max(0, wanted - len(own))))
    if not originals:
        return
    copies = [_copy(o, number=f"C-{uuid4().hex[:12]}", placed_at=o["placed_at"] - AGO) for o in originals]
    pairs = zip(originals, copies, strict=True)
    copied = [_copy(line, order_id=copy["id"]) for original, copy in pairs for line in lines[original["id"]]]
    connection.execute(sa.insert(ORDERS), copies)
    connection.execute(sa.insert(ORDER_LINES), copied)


def _lines(connection: sa.Connection, order: Mapping[Any, Any]) -> list[Mapping[Any, Any]]:
    return [*connection.execute(sa.select(ORDER_LINES).where(ORDER_LINES.c.order_id == order["id"])).mappings()]


def _copy(row: Mapping[Any, Any], **changed: object) -> dict[str, Any]:
    return {**row, "id": uuid4(), **changed}
