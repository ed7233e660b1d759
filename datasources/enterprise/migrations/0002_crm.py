"""The tables of crm."""

import sqlalchemy as sa
from alembic import op

from datasources.sql import UtcDateTime

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "companies",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("website", sa.String(200)),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("employees.id")),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_companies_name", "companies", ["name", "id"])
    op.create_table(
        "contacts",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id")),
        sa.Column("customer_id", sa.Uuid(), unique=True),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("employees.id")),
        sa.Column("email_index", sa.LargeBinary(), unique=True),
        sa.Column("sealed_name", sa.LargeBinary()),
        sa.Column("sealed_email", sa.LargeBinary()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("erased_at", UtcDateTime()),
    )
    op.create_index("ix_contacts_created", "contacts", ["created_at", "id"])
    op.create_index("ix_contacts_company", "contacts", ["company_id", "created_at", "id"])
    op.create_table(
        "opportunities",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("title", sa.String(200)),
        sa.Column("company_id", sa.Uuid(), sa.ForeignKey("companies.id")),
        sa.Column("contact_id", sa.Uuid(), sa.ForeignKey("contacts.id")),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("employees.id"), nullable=False),
        sa.Column("stage", sa.String(16), nullable=False),
        sa.Column("amount_minor", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("probability", sa.Integer(), nullable=False),
        sa.Column("closes_on", sa.String(10), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    _listed("opportunities", "closes_on", closes="", owner="owner_id", contact="contact_id", company="company_id")
    op.create_table(
        "activities",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(200)),
        sa.Column("owner_id", sa.Uuid(), sa.ForeignKey("employees.id"), nullable=False),
        sa.Column("customer_id", sa.Uuid(), index=True),
        sa.Column("contact_id", sa.Uuid(), sa.ForeignKey("contacts.id")),
        sa.Column("opportunity_id", sa.Uuid(), sa.ForeignKey("opportunities.id")),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("due_at", UtcDateTime(), nullable=False),
        sa.Column("done_at", UtcDateTime()),
        sa.Column("created_at", UtcDateTime(), nullable=False),
    )
    _listed("activities", "due_at", due="", owner="owner_id", contact="contact_id", opportunity="opportunity_id")
    op.create_table(
        "tickets",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("subject", sa.String(200)),
        sa.Column("text", sa.String(5000)),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("priority", sa.String(16), nullable=False),
        sa.Column("order_id", sa.Uuid()),
        sa.Column("customer_id", sa.Uuid(), index=True),
        sa.Column("contact_id", sa.Uuid(), sa.ForeignKey("contacts.id")),
        sa.Column("assignee_id", sa.Uuid(), sa.ForeignKey("employees.id")),
        sa.Column("opened_at", UtcDateTime(), nullable=False),
    )
    _listed("tickets", "opened_at", opened="", status="status", order="order_id", contact="contact_id")
    op.create_table(
        "ticket_comments",
        sa.Column("id", sa.Uuid(), primary_key=True),
        sa.Column("ticket_id", sa.Uuid(), sa.ForeignKey("tickets.id"), nullable=False),
        sa.Column("author_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.String(5000), nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
    )
    op.create_index("ix_ticket_comments_ticket", "ticket_comments", ["ticket_id", "at", "id"])


def _listed(table: str, sort: str, **by: str) -> None:
    """An index for each list of these rows: of all, or by a column."""
    for name, column in by.items():
        op.create_index(f"ix_{table}_{name}", table, [*filter(None, [column]), sort, "id"])
