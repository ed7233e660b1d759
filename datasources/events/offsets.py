"""How far a consumer has come in a log: kept in the database that it writes, and moved with its effects.

In one transaction: so each effect happens once, though its worker is killed at any moment, and though two of them are
at it for a while.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import sqlalchemy as sa

from datasources.events.journal import START, Position
from datasources.sql import Database, Transaction
from datasources.statements import equal, projection, read

_PLACE = frozenset({"transaction", "sequence"})

lagging: list[Callable[[str, float], None]] = []
"""Who is told how far a consumer is behind, in seconds: the age of the event that it has to handle next, or 0."""


def offsets_table(metadata: sa.MetaData) -> sa.Table:
    """One row for each consumer that writes this database: where in its log the last event is that it handled."""
    return sa.Table(
        "offsets",
        metadata,
        sa.Column("consumer", sa.String(128), primary_key=True),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
    )


class Overtaken(Exception):
    """Another worker has moved this offset, and has written the effects."""


class Offsets:
    def __init__(self, database: Database, table: sa.Table) -> None:
        self._database = database
        self._table = table

    async def position(self, consumer: str) -> Position:
        """START where it has handled nothing yet. Source: one row. Raises: SourceError."""
        mine = equal(self._table.c.consumer, consumer)
        row = await self._database.row(read(projection(self._table, _PLACE), mine))
        return START if row is None else Position(row.transaction, row.sequence)

    @asynccontextmanager
    async def moving(self, consumer: str, before: Position, after: Position) -> AsyncIterator[Transaction]:
        """Moves the offset, and commits it with all that the block writes by the transaction, or none of it.

        Raises: Overtaken where it is not at `before` any more; SourceError.
        """
        columns = self._table.c
        there = (columns.transaction == before.transaction) & (columns.sequence == before.sequence)
        async with self._database.transaction() as transaction:
            if before == START:
                new = transaction.upsert(self._table).values(consumer=consumer, **START._asdict())
                await transaction.write(new.on_conflict_do_nothing())
            # First of all, so that another one waits here, and then finds that it was overtaken.
            moved = sa.update(self._table).where(columns.consumer == consumer, there).values(after._asdict())
            if not await transaction.write(moved):
                raise Overtaken
            yield transaction
