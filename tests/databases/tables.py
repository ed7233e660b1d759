"""Tables of the tests' own, and statements that would take for ever."""

from collections.abc import Sequence

import sqlalchemy as sa

from datasources.sql import Database, UtcDateTime
from tests.database_servers import Template

METADATA = sa.MetaData()
NOTES = sa.Table(
    "notes",
    METADATA,
    sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
    sa.Column("parent", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("rank", sa.Integer(), nullable=False, server_default="0"),
    sa.Column("at", UtcDateTime(), nullable=True),
)
THINGS = sa.Table(
    "things",
    METADATA,
    sa.Column("id", sa.Uuid(), primary_key=True),
    sa.Column("number", sa.BigInteger(), nullable=False),
    sa.Column("code", sa.String(3), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=True),
)
OWNERS = sa.Table("owners", METADATA, sa.Column("id", sa.Uuid(), primary_key=True), sa.Column("name", sa.Text()))
TABLES = Template("tables", lambda database: database.in_one_thread(METADATA.create_all))

ENDLESS = {
    "sqlite": "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n",
    "postgresql": "SELECT pg_sleep(600)",
}


def endless(database: Database) -> sa.TextClause:
    return sa.text(ENDLESS[database.dialect])


async def noted(database: Database) -> list[int]:
    """The ids in the table, in order."""
    return [row.id for row in await database.rows(sa.select(NOTES.c.id).order_by(NOTES.c.id))]


def note(*ids: int) -> sa.Insert:
    values: Sequence[dict[str, int]] = [{"id": id} for id in ids]
    return sa.insert(NOTES).values(values)
