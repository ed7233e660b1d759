"""Who was signed out, and since when."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "revocations",
        sa.Column("subject", sa.Uuid(), primary_key=True),
        sa.Column("before", UtcDateTime(), nullable=False),
    )
    changes = sa.table("changes", sa.column("of"), sa.column("number"))
    op.bulk_insert(changes, [{"of": "revocations", "number": 0}])
