"""What the tables of enterprise have in common."""

import sqlalchemy as sa
from sqlalchemy.orm import registry
from sqlmodel import SQLModel


class EnterpriseTable(SQLModel, registry=registry()):
    metadata = sa.MetaData()


METADATA = EnterpriseTable.metadata
