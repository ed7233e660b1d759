"""Leases: what is to be done by one worker of the whole cluster is done by the one that holds its lease.

A lease ends by itself where its holder does not renew it: by the clock of the database, so that no other clock needs to
be right. A holder that cannot renew it stops its work before that.
"""

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable
from time import monotonic

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from datasources.deadline import deadline
from datasources.errors import SourceError
from datasources.house.tables import LEASES
from datasources.sql import Database
from datasources.statements import Read, Statement

LASTS_S = 4.0
"""So long after the death of its holder, a lease can be taken by another, who tries twice in a second.

It is renewed each quarter of this time. Where that fails, the work stops a quarter before the end.
"""
TRY_EVERY_S = 0.5

log = structlog.get_logger("heddle")

Work = Callable[[], Awaitable[None]]


class Leases:
    """Those that this worker may hold, in the database of the house."""

    def __init__(self, database: Database, lasts_s: float = LASTS_S) -> None:
        self._database = database
        self._lasts_s = lasts_s
        self._quarter_s = lasts_s / 4
        self._holder = f"{socket.gethostname()[:100]}:{os.getpid()}"

    async def holding(self, name: str, work: Work) -> None:
        """Does the work, which has no end of its own, whenever nobody else does: for ever.

        When the lease is lost, and when this is cancelled, the work is cancelled; then others can have it at once.
        """
        waited = False
        while True:
            asked_at = monotonic()
            number = await self._tried(name)
            if number is not None:
                if waited:
                    log.info("work taken over", work=name, number=number)
                await self._done_while_kept(name, number, asked_at, work)
            waited = True
            await asyncio.sleep(TRY_EVERY_S * random.uniform(0.5, 1.5))

    async def _done_while_kept(self, name: str, number: int, asked_at: float, work: Work) -> None:
        working = asyncio.ensure_future(work())
        keeping = asyncio.create_task(self._kept(name, number, asked_at))
        try:
            await asyncio.wait((working, keeping), return_when=asyncio.FIRST_COMPLETED)
        finally:
            working.cancel()
            keeping.cancel()
            outcome, _ = await asyncio.gather(working, keeping, return_exceptions=True)
            await self._released(name, number)
        if isinstance(outcome, Exception):
            log.error("background work failed", work=name, exc_info=outcome)

    async def take(self, name: str) -> int | None:
        """The number of the new lease, greater than any before; None while somebody has it. Raises: SourceError."""
        if await self._database.scalar(Read(_HELD, {"name": name})):
            return None
        values = {"name": name, "holder": self._holder, "until": _now() + self._lasts_s}
        async with self._database.transaction() as transaction:
            taking = transaction.upsert(LEASES).values(number=1, **values)
            free = taking.on_conflict_do_update(
                index_elements=[LEASES.c.name],
                set_={"number": LEASES.c.number + 1, "holder": self._holder, "until": _now() + self._lasts_s},
                where=LEASES.c.until <= _now(),
            )
            row = await transaction.row(free.returning(LEASES.c.number))
        return None if row is None else int(row.number)

    async def renew(self, name: str, number: int) -> bool:
        """Whether the lease of this number is in force, from now for another while. Raises: SourceError."""
        return await self._written(name, number, until=_now() + self._lasts_s)

    async def release(self, name: str, number: int) -> bool:
        """Ends the lease of this number; whether it was in force. Raises: SourceError."""
        return await self._written(name, number, until=_now())

    async def _written(self, name: str, number: int, until: sa.ColumnElement[float]) -> bool:
        mine = (LEASES.c.name == name) & (LEASES.c.number == number) & (LEASES.c.until > _now())
        async with self._database.transaction() as transaction:
            return bool(await transaction.write(sa.update(LEASES).where(mine).values(until=until)))

    async def _tried(self, name: str) -> int | None:
        try:
            with deadline(self._lasts_s - self._quarter_s):
                return await self.take(name)
        except SourceError as error:
            log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work=name)
            return None

    async def _kept(self, name: str, number: int, asked_at: float) -> None:
        """Returns when the lease is lost, or may be soon."""
        safe_until = asked_at + self._lasts_s - self._quarter_s
        while True:
            await asyncio.sleep(self._quarter_s)
            asked_at = monotonic()
            try:
                with deadline(safe_until - asked_at):
                    if not await self.renew(name, number):
                        break
            except SourceError as error:
                if monotonic() < safe_until:
                    continue
                log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work=name)
                break
            safe_until = asked_at + self._lasts_s - self._quarter_s
        log.warning("lease lost", work=name, number=number)

    async def _released(self, name: str, number: int) -> None:
        try:
            with deadline(self._quarter_s):
                await self.release(name, number)
        except SourceError:
            pass  # it ends by itself


class _now(GenericFunction[float]):
    """The time in seconds since the epoch, by the clock of the database and not of the transaction."""

    type = sa.Double()
    inherit_cache = True


@compiles(_now, "sqlite")
def _julian(element: object, compiler: object, **kw: object) -> str:
    return "((julianday('now') - 2440587.5) * 86400.0)"


@compiles(_now, "postgresql")
def _clock(element: object, compiler: object, **kw: object) -> str:
    return "extract(epoch FROM clock_timestamp())::double precision"


_HELD = Statement(sa.select(LEASES.c.number).where(LEASES.c.name == sa.bindparam("name"), LEASES.c.until > _now()))
