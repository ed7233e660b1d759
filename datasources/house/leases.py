"""Leases: what is to be done by one worker of the whole cluster is done by the one that holds its lease.

A lease ends by itself where its holder does not renew it: by the clock of the database, so that no other clock needs to
be right. A holder that cannot renew it stops its work before that.
"""

import asyncio
import os
import random
import socket
from collections.abc import Awaitable, Callable, Iterable, Mapping

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

Those that a worker holds are renewed each quarter of this time. Where that fails, works stop a quarter before the end.
"""
TRY_EVERY_S = 0.5

log = structlog.get_logger("heddle")

Work = Callable[[], Awaitable[None]]
Lease = tuple[str, int]
"""Its name, and its number: the name's next lease has another one."""


class Leases:
    """Those that this worker may hold, in the database of the house."""

    def __init__(self, database: Database, lasts_s: float = LASTS_S) -> None:
        self._database = database
        self._lasts_s = lasts_s
        self._quarter_s = lasts_s / 4
        self._safe_s = lasts_s - self._quarter_s
        self._holder = f"{socket.gethostname()[:100]}:{os.getpid()}"
        self._ends: dict[Lease, asyncio.Timeout] = {}
        """When the works stop that are done by these leases: each time that they are renewed, later."""

    async def holding(self, works: Mapping[str, Work]) -> None:
        """Does each of the works, which have no end of their own, whenever nobody else does: for ever.

        When its lease is lost, and when this is cancelled, a work is cancelled; then others can have it at once.
        """
        while True:
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._renewing())
                    for name, work in works.items():
                        group.create_task(self._doing(name, work))
            except* Exception as errors:  # a bug: what the database says otherwise is awaited where it is asked
                log.error("background work failed", work="leases", exc_info=errors)
            await asyncio.sleep(TRY_EVERY_S)

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

    async def renew(self, leases: Iterable[Lease]) -> set[Lease]:
        """Those of the leases that are in force, from now for another while. Raises: SourceError."""
        return await self._lasting(leases, self._lasts_s)

    async def release(self, name: str, number: int) -> bool:
        """Ends this lease; whether it was in force. Raises: SourceError."""
        return bool(await self._lasting([(name, number)], 0.0))

    async def _lasting(self, leases: Iterable[Lease], seconds: float) -> set[Lease]:
        async with self._database.transaction() as transaction:
            rows = await transaction.rows(_LASTING, {"leases": list(leases), "seconds": seconds})
        return {(row.name, row.number) for row in rows}

    async def _doing(self, name: str, work: Work) -> None:
        waited = False
        while True:
            asked_at = asyncio.get_running_loop().time()
            number = await self._tried(name)
            if number is not None:
                if waited:
                    log.info("work taken over", work=name, number=number)
                await self._done((name, number), asked_at, work)
            waited = True
            await asyncio.sleep(TRY_EVERY_S * random.uniform(0.5, 1.5))

    async def _done(self, lease: Lease, asked_at: float, work: Work) -> None:
        name, number = lease
        try:
            async with asyncio.timeout_at(asked_at + self._safe_s) as end:
                self._ends[lease] = end
                await work()
        except Exception as error:
            if isinstance(error, TimeoutError) and end.expired():
                log.warning("lease lost", work=name, number=number)
            else:
                log.error("background work failed", work=name, exc_info=error)
        finally:
            del self._ends[lease]
            await self._released(name, number)

    async def _renewing(self) -> None:
        """All at once: each transaction on SQLite wakes a thread, for which the loop's has to wait."""
        while True:
            await asyncio.sleep(self._quarter_s)
            if self._ends:
                await self._renewed()

    async def _renewed(self) -> None:
        held = dict(self._ends)
        asked_at = asyncio.get_running_loop().time()
        try:
            with deadline(self._safe_s - self._quarter_s):
                renewed = await self.renew(held)
        except SourceError as error:
            log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work="leases")
            return
        for lease, end in held.items():
            if lease in self._ends and not end.expired():
                end.reschedule(asked_at + self._safe_s if lease in renewed else asked_at)

    async def _tried(self, name: str) -> int | None:
        trying = asyncio.create_task(self._taken(name))
        try:
            return await asyncio.shield(trying)
        except asyncio.CancelledError:
            if (number := await trying) is not None:  # by now it may be ours, and nobody would know
                await self._released(name, number)
            raise

    async def _taken(self, name: str) -> int | None:
        try:
            with deadline(self._safe_s):
                return await self.take(name)
        except SourceError as error:
            log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work=name)
            return None

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
_LASTING = (
    sa.update(LEASES)
    .where(
        sa.tuple_(LEASES.c.name, LEASES.c.number).in_(sa.bindparam("leases", expanding=True)),
        LEASES.c.until > _now(),
    )
    .values(until=_now() + sa.bindparam("seconds", type_=sa.Double()))
    .returning(LEASES.c.name, LEASES.c.number)
)
