"""A domain of the tests' own that notes the numbers of events, and a process that does nothing else.

`python -m tests.events.ledger LOG_URL LEDGER_URL`
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.cursors import Cursors
from datasources.events import Event, Journal, Offsets, Tail, Wakes, events_table, offsets_table
from datasources.ids import utc_now
from datasources.sql import Database, Transaction
from resolvers.consumers import Consumer, consume
from resolvers.context import Context

METADATA = sa.MetaData()
NOTED = sa.Table(
    "noted",
    METADATA,
    sa.Column("id", sa.Integer(), primary_key=True),
    sa.Column("number", sa.Integer(), nullable=False),
)
OFFSETS = offsets_table(METADATA)


class Ledger:
    def __init__(self, url: str) -> None:
        self.database = Database("ledger", url)
        self.offsets = Offsets(self.database, OFFSETS)

    async def numbers(self) -> list[int]:
        """As they were noted."""
        return [row.number for row in await self.database.rows(sa.select(NOTED.c.number).order_by(NOTED.c.id))]


class Source:
    def __init__(self, tail: Tail) -> None:
        self.tail = tail


@contextmanager
def open_context(actor: Actor) -> Iterator[Context]:
    yield Context(actor, {}, utc_now)


async def note(_: Context, transaction: Transaction, event: Event) -> None:
    await transaction.write(sa.insert(NOTED).values(number=event.data["number"]))


NOTING = Consumer("noting", "commerce", frozenset({"thing.happened"}), note)


async def main(log_url: str, ledger_url: str) -> None:
    journal = Journal(Database("commerce", log_url), events_table(sa.MetaData()), Cursors(b"a secret of the tests"))
    await consume(NOTING, Source(Tail(journal, Wakes())), Ledger(ledger_url), open_context)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
