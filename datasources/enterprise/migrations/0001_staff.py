"""Who works here, and the tables that every domain has."""

import sqlalchemy as sa
from alembic import op

from datasources.migrations.bookkeeping import create_bookkeeping
from datasources.sql import JSON, UtcDateTime

revision = "0001"
down_revision = None


def upgrade() -> None:
    create_bookkeeping()
    op.create_table(
        "departments",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(80), nullable=False, unique=True),
        sa.Column("parent_id", sa.Uuid(), sa.ForeignKey("departments.id"), index=True),
    )
    op.create_table(
        "employees",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("email_index", sa.LargeBinary(), nullable=False, unique=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("department_id", sa.Uuid(), sa.ForeignKey("departments.id"), nullable=False, index=True),
        sa.Column("leads_id", sa.Uuid(), sa.ForeignKey("departments.id"), unique=True),
        sa.Column("approves_minor", sa.BigInteger(), nullable=False),
        sa.Column("joined_at", UtcDateTime(), nullable=False),
        sa.Column("left_at", UtcDateTime()),
    )
    op.create_table(
        "changes",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("type", sa.String(40), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("field", sa.String(40), nullable=False),
        sa.Column("before", JSON),
        sa.Column("after", JSON),
        sa.Column("actor_id", sa.Uuid(), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_changes_subject", "changes", ["subject_id", "at", "id"])
