"""The event log: each change writes its event in its own transaction, into the table of its own database.

A PostgreSQL row also notes its transaction, so that readers can wait for those that commit late.
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import Clock
from datasources.sql import JSON, Transaction, UtcDateTime

TRANSACTION = sa.BigInteger()
"""The number of the writing transaction; on SQLite, with its one writer, always 0."""


def events_table(metadata: sa.MetaData) -> sa.Table:
    return sa.Table(
        "events",
        metadata,
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("transaction", TRANSACTION, nullable=False, server_default="0"),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("data", JSON, nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
    )


class EventLog:
    """Writes events of one domain on behalf of one actor."""

    def __init__(self, table: sa.Table, actor: Actor, clock: Clock) -> None:
        self._table = table
        self._actor = actor
        self._clock = clock

    async def append(self, transaction: Transaction, type: str, subject: UUID, **data: Any) -> None:
        """`type` is like `order.placed`, `subject` the id of the record; `data` holds ids, states and amounts.

        Never personal data: the log outlives an erasure.
        """
        values = {"type": type, "subject": subject, "data": data, "actor": self._actor.id, "at": self._clock()}
        await transaction.write(sa.insert(self._table).values(values))
