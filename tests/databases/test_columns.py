"""Times mean the same on both kinds of database."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
import sqlalchemy as sa

from datasources.sql import Database, day_of, month_of
from tests.databases.tables import NOTES, noted

TOKYO = timezone(timedelta(hours=9))


async def keep(database: Database, *times: datetime) -> None:
    async with database.transaction() as transaction:
        await transaction.write(sa.insert(NOTES), [{"id": id, "at": at} for id, at in enumerate(times)])


async def test_times_come_back_in_utc_to_the_microsecond(database: Database) -> None:
    at = datetime(2026, 3, 1, 8, 59, 59, 123456, tzinfo=TOKYO)
    await keep(database, at)
    (found,) = await database.rows(sa.select(NOTES.c.at))
    assert found.at == at
    assert found.at.tzinfo == UTC
    assert await database.scalar(sa.select(NOTES.c.id).where(NOTES.c.at == at)) == 0


async def test_times_without_a_zone_are_refused(database: Database) -> None:
    naive = datetime(2026, 3, 1)
    with pytest.raises(sa.exc.StatementError, match="times are aware; pass one with a time zone"):
        await keep(database, naive)
    with pytest.raises(ValueError, match="times are aware"):
        await database.rows(sa.select(NOTES.c.id).where(NOTES.c.at > naive))
    assert await noted(database) == []


async def test_days_and_months_are_those_of_utc(database: Database) -> None:
    """The same statement groups alike, also for times that lie on another day where they were written."""
    await keep(
        database,
        datetime(2026, 3, 1, 8, 59, 59, 999999, tzinfo=TOKYO),
        datetime(2026, 3, 1, 9, 0, tzinfo=TOKYO),
        datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2025, 12, 31, 23, 30, tzinfo=timezone(timedelta(hours=-1))),
    )
    day, month = day_of(NOTES.c.at), month_of(NOTES.c.at)
    days = await database.rows(sa.select(day, sa.func.count()).group_by(day).order_by(day))
    months = await database.rows(sa.select(month, sa.func.count()).group_by(month).order_by(month))
    assert [tuple(row) for row in days] == [("2026-01-01", 1), ("2026-02-28", 1), ("2026-03-01", 2)]
    assert [tuple(row) for row in months] == [("2026-01", 1), ("2026-02", 1), ("2026-03", 2)]
