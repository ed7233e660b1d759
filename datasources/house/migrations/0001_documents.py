"""The documents that clients registered."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("client", sa.String(64), primary_key=True),
        sa.Column("id", sa.String(128), primary_key=True, index=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("added_at", UtcDateTime(), nullable=False),
    )
    changes = op.create_table(
        "changes",
        sa.Column("of", sa.String(64), primary_key=True),
        sa.Column("number", sa.BigInteger(), nullable=False),
    )
    op.bulk_insert(changes, [{"of": "documents", "number": 0}])
