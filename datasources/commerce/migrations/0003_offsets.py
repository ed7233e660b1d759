"""Commerce follows what others tell: goods that were received."""

from datasources.migrations.bookkeeping import create_offsets

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    create_offsets()
