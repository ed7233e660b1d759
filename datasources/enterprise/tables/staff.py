"""Who works here, and what of all records was changed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlmodel import Field

from datasources.enterprise.tables.base import EnterpriseTable
from datasources.sql import JSON, UtcDateTime, table


class Department(EnterpriseTable, table=True):
    """Departments make a tree."""

    __tablename__ = "departments"
    id: UUID = Field(primary_key=True)
    name: str = Field(max_length=80, unique=True)
    parent_id: UUID | None = Field(foreign_key="departments.id", index=True)


class Employee(EnterpriseTable, table=True):
    """`role`: sales, support, buyer, accountant, manager, admin. `leads_id` is the department whose head this is, if
    any. `approves_minor`, in euros, is up to which amount this person may approve.
    """

    __tablename__ = "employees"
    id: UUID = Field(primary_key=True)
    email_index: bytes = Field(unique=True)
    name: str = Field(max_length=120)
    role: str = Field(max_length=16)
    department_id: UUID = Field(foreign_key="departments.id", index=True)
    leads_id: UUID | None = Field(foreign_key="departments.id", unique=True)
    approves_minor: int = Field(sa_type=sa.BigInteger)
    joined_at: datetime = Field(sa_type=UtcDateTime)
    left_at: datetime | None = Field(sa_type=UtcDateTime)


class Change(EnterpriseTable, table=True):
    """One field of a record, changed for ever. `type` is the record's, as clients know it."""

    __tablename__ = "changes"
    __table_args__ = (sa.Index("ix_changes_subject", "subject_id", "at", "id"),)
    id: UUID = Field(primary_key=True)
    type: str = Field(max_length=40)
    subject_id: UUID
    field: str = Field(max_length=40)
    before: Any = Field(sa_type=JSON, nullable=True)
    after: Any = Field(sa_type=JSON, nullable=True)
    actor_id: UUID
    at: datetime = Field(sa_type=UtcDateTime)


DEPARTMENTS, EMPLOYEES, CHANGES = table(Department), table(Employee), table(Change)
