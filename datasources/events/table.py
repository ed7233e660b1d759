"""The events table of a domain's database."""

import sqlalchemy as sa

from datasources.sql import JSON, UtcDateTime


def events_table(metadata: sa.MetaData) -> sa.Table:
    """Events by (transaction, sequence), which is their order.

    `transaction` is the number of the writing transaction, on SQLite, with its one writer, always 0. `owner` is whom
    it concerns beside the `subject`: the person who may hear of it though they are no staff.
    """
    return sa.Table(
        "events",
        metadata,
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("transaction", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid(), nullable=True),
        sa.Column("data", JSON, nullable=False),
        sa.Column("actor", sa.Uuid(), nullable=True),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Index("ix_events_order", "transaction", "sequence"),
    )
