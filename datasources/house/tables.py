"""The tables of the house.

`changes` has one row for each thing that workers keep in memory: its number grows with every change, so that to look
for news costs one row. `leases` has one for each thing that one worker at a time does: its number grows with each
holder, and `until` is in seconds since the epoch, by the clock of the database.
"""

import sqlalchemy as sa

from datasources.sql import UtcDateTime

METADATA = sa.MetaData()
MAX_ID = 128
MAX_CLIENT = 64

DOCUMENTS = sa.Table(
    "documents",
    METADATA,
    sa.Column("client", sa.String(MAX_CLIENT), primary_key=True),
    sa.Column("id", sa.String(MAX_ID), primary_key=True, index=True),
    sa.Column("text", sa.Text(), nullable=False),
    sa.Column("added_at", UtcDateTime(), nullable=False),
)

CHANGES = sa.Table(
    "changes",
    METADATA,
    sa.Column("of", sa.String(64), primary_key=True),
    sa.Column("number", sa.BigInteger(), nullable=False),
)

REVOCATIONS = sa.Table(
    "revocations",
    METADATA,
    sa.Column("subject", sa.Uuid(), primary_key=True),
    sa.Column("before", UtcDateTime(), nullable=False),
)

LEASES = sa.Table(
    "leases",
    METADATA,
    sa.Column("name", sa.String(128), primary_key=True),
    sa.Column("holder", sa.String(128), nullable=False),
    sa.Column("number", sa.BigInteger(), nullable=False),
    sa.Column("until", sa.Double(), nullable=False),
)
