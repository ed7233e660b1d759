"""Entries say which invoice they are of."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("entries", sa.Column("invoice_id", sa.Uuid()))
    op.create_index("ix_entries_invoice_id", "entries", ["invoice_id"])
