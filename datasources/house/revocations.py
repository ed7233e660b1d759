"""Revocations: tokens of a subject that were issued before its moment are refused by every worker."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.house.sources import HouseSources
from datasources.house.tables import CHANGES, REVOCATIONS
from datasources.statements import read

KEPT_FOR = timedelta(days=367)
"""No token lives that long, so that none of before can be left."""

_NUMBER = sa.select(CHANGES.c.number).where(CHANGES.c.of == REVOCATIONS.name)
_COUNT_ON = sa.update(CHANGES).where(CHANGES.c.of == REVOCATIONS.name).values(number=CHANGES.c.number + 1)


class RevokedSubjects:
    def __init__(self, sources: HouseSources, _: Actor = SYSTEM) -> None:
        self._database = sources.database
        self._clock = sources.clock

    async def number(self) -> int:
        """Grows with every change. Source: one row. Raises: SourceError."""
        number: int = await self._database.scalar(read(_NUMBER))
        return number

    async def moments(self) -> Mapping[UUID, datetime]:
        """The moment of each subject that has one. Source: one SELECT. Raises: SourceError."""
        rows = await self._database.rows(sa.select(REVOCATIONS.c.subject, REVOCATIONS.c.before))
        return {row.subject: row.before for row in rows}

    async def revoke(self, subject: UUID, before: datetime | None = None) -> datetime:
        """Refuses the subject's tokens that were issued before this moment, or before now; a later one of it stays.

        Gives the moment that holds. Forgets those that are older than any token. Raises: SourceError.
        """
        now = self._clock()
        mine = REVOCATIONS.c.subject == subject
        async with self._database.transaction() as transaction:
            await transaction.write(_COUNT_ON)  # others who revoke wait here
            known = await transaction.row(sa.select(REVOCATIONS.c.before).where(mine))
            moment = max(before or now, known.before) if known else before or now
            await transaction.write(sa.delete(REVOCATIONS).where(mine | (REVOCATIONS.c.before < now - KEPT_FOR)))
            await transaction.write(sa.insert(REVOCATIONS).values(subject=subject, before=moment))
        return moment

    async def restore(self, subject: UUID) -> bool:
        """Takes the subject's tokens again, those that have not expired; whether any were refused."""
        async with self._database.transaction() as transaction:
            await transaction.write(_COUNT_ON)
            return bool(await transaction.write(sa.delete(REVOCATIONS).where(REVOCATIONS.c.subject == subject)))
