"""Events say whose they are, and are read in the order of the transactions that wrote them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("events", sa.Column("owner", sa.Uuid()))
    op.create_index("ix_events_order", "events", ["transaction", "sequence"])
