"""The tables that every domain's database begins with, as migrations make them: they are no domain's own."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import JSON, UtcDateTime


def create_bookkeeping() -> None:
    """The log of events, how far consumers are, and the keys of requests."""
    op.create_table(
        "events",
        sa.Column("sequence", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), primary_key=True),
        sa.Column("transaction", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("type", sa.String(64), nullable=False),
        sa.Column("subject", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.Uuid()),
        sa.Column("data", JSON, nullable=False),
        sa.Column("actor", sa.Uuid()),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_events_order", "events", ["transaction", "sequence"])
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE events ALTER COLUMN transaction SET DEFAULT pg_current_xact_id()::text::bigint")
    create_offsets()
    op.create_table(
        "idempotency",
        sa.Column("actor", sa.Uuid(), primary_key=True),
        sa.Column("key", sa.String(128), primary_key=True),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("answer", JSON),
        sa.Column("at", UtcDateTime(), nullable=False, index=True),
    )


def create_offsets() -> None:
    op.create_table(
        "offsets",
        sa.Column("consumer", sa.String(128), primary_key=True),
        sa.Column("transaction", sa.BigInteger(), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
    )
