"""Whom we sell to, what we hope to sell, what is to be done for it, and what they complain of."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from datasources.enterprise.tables.base import EnterpriseTable
from datasources.sql import UtcDateTime, table


class Company(EnterpriseTable, table=True):
    """`owner_id` is who looks after it."""

    __tablename__ = "companies"
    __table_args__ = (sa.Index("ix_companies_name", "name", "id"),)
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=120)
    website: str | None = Field(max_length=200)
    owner_id: UUID | None = Field(foreign_key="employees.id")
    created_at: datetime = Field(sa_type=UtcDateTime)


class Contact(EnterpriseTable, table=True):
    """A person of a company or a private one. `customer_id` is commerce's customer that this is, if any.

    Personal data is null after an erasure.
    """

    __tablename__ = "contacts"
    __table_args__ = (
        sa.Index("ix_contacts_created", "created_at", "id"),
        sa.Index("ix_contacts_company", "company_id", "created_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    company_id: UUID | None = Field(foreign_key="companies.id")
    customer_id: UUID | None = Field(unique=True)
    owner_id: UUID | None = Field(foreign_key="employees.id")
    email_index: bytes | None = Field(unique=True)
    sealed_name: bytes | None
    sealed_email: bytes | None
    created_at: datetime = Field(sa_type=UtcDateTime)
    erased_at: datetime | None = Field(sa_type=UtcDateTime)


class Opportunity(EnterpriseTable, table=True):
    """`stage`: lead, qualified, proposal, negotiation, won, lost. `closes_on` is a day as 2026-03-01, `probability` in
    percent; `version` grows with each change. The title is null after its contact's erasure.
    """

    __tablename__ = "opportunities"
    __table_args__ = (
        sa.Index("ix_opportunities_closes", "closes_on", "id"),
        sa.Index("ix_opportunities_owner", "owner_id", "closes_on", "id"),
        sa.Index("ix_opportunities_contact", "contact_id", "closes_on", "id"),
        sa.Index("ix_opportunities_company", "company_id", "closes_on", "id"),
    )
    id: UUID = Field(primary_key=True)
    title: str | None = Field(max_length=200)
    company_id: UUID | None = Field(foreign_key="companies.id")
    contact_id: UUID | None = Field(foreign_key="contacts.id")
    owner_id: UUID = Field(foreign_key="employees.id")
    stage: str = Field(max_length=16)
    amount_minor: int = Field(sa_type=sa.BigInteger)
    currency: str = Field(max_length=3)
    probability: int
    closes_on: str = Field(max_length=10)
    version: int
    created_at: datetime = Field(sa_type=UtcDateTime)


class Activity(EnterpriseTable, table=True):
    """`kind`: call, mail, meeting, task. The subject is null after the erasure of whom it is about."""

    __tablename__ = "activities"
    __table_args__ = (
        sa.Index("ix_activities_due", "due_at", "id"),
        sa.Index("ix_activities_owner", "owner_id", "due_at", "id"),
        sa.Index("ix_activities_contact", "contact_id", "due_at", "id"),
        sa.Index("ix_activities_opportunity", "opportunity_id", "due_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    kind: str = Field(max_length=16)
    subject: str | None = Field(max_length=200)
    owner_id: UUID = Field(foreign_key="employees.id")
    customer_id: UUID | None = Field(index=True)
    contact_id: UUID | None = Field(foreign_key="contacts.id")
    opportunity_id: UUID | None = Field(foreign_key="opportunities.id")
    order_id: UUID | None
    due_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(sa_type=UtcDateTime)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Ticket(EnterpriseTable, table=True):
    """`status`: open, pending, solved; `priority`: low, normal, high. The texts are null after an erasure."""

    __tablename__ = "tickets"
    __table_args__ = (
        sa.Index("ix_tickets_opened", "opened_at", "id"),
        sa.Index("ix_tickets_status", "status", "opened_at", "id"),
        sa.Index("ix_tickets_order", "order_id", "opened_at", "id"),
        sa.Index("ix_tickets_contact", "contact_id", "opened_at", "id"),
    )
    id: UUID = Field(primary_key=True)
    subject: str | None = Field(max_length=200)
    text: str | None = Field(max_length=5000)
    status: str = Field(max_length=16)
    priority: str = Field(max_length=16)
    order_id: UUID | None
    customer_id: UUID | None = Field(index=True)
    contact_id: UUID | None = Field(foreign_key="contacts.id")
    assignee_id: UUID | None = Field(foreign_key="employees.id")
    opened_at: datetime = Field(sa_type=UtcDateTime)


class TicketComment(EnterpriseTable, table=True):
    __tablename__ = "ticket_comments"
    __table_args__ = (sa.Index("ix_ticket_comments_ticket", "ticket_id", "at", "id"),)
    id: UUID = Field(primary_key=True)
    ticket_id: UUID = Field(foreign_key="tickets.id")
    author_id: UUID
    text: str = Field(max_length=5000)
    at: datetime = Field(sa_type=UtcDateTime)


COMPANIES, CONTACTS, OPPORTUNITIES = table(Company), table(Contact), table(Opportunity)
ACTIVITIES, TICKETS, TICKET_COMMENTS = table(Activity), table(Ticket), table(TicketComment)
