"""SQLite for an asyncio program: statements that can be stopped, one writing thread.

Short reads run in the loop's own thread, since to hand one over costs more than to do it; long ones in four threads.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from asyncpg.pgproto.pgproto import UUID

from datasources.deadline import remaining_s

T = TypeVar("T")
Work = Callable[[sa.Connection], T]
Rows = Sequence[sa.Row[*tuple[Any, ...]]]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None

READERS = 4
BUSY_S = 5.0
"""How long a transaction waits for the writer of another process."""
BUSY_STEP_MS = 50
STEPS_BETWEEN_LOOKS = 20_000
"""SQLite's virtual machine steps between two looks at the clock: some 100 µs."""

QUICK_S = 0.002
"""A read that takes less is done sooner than a thread would have begun it, and does not hold up the loop."""
QUICK_STEPS = 2_000
SLOW_FOR_S = 10.0
"""How long reads of a name that once took longer go to a thread at once."""


class FastUuid(sa.Uuid[UUID]):
    """Ids as asyncpg's UUIDs, which are equal to the standard library's."""

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[str | None], UUID | None]:
        return lambda value: None if value is None else UUID(value)


class Interrupted(Exception):
    """The statement was stopped at its deadline."""


class Stop:
    """Tells a running statement to stop: at its deadline, or when nobody waits for it any more."""

    def __init__(self, within_s: float) -> None:
        self._at = time.monotonic() + within_s
        self.wanted = False

    def __call__(self) -> bool:
        return self.wanted or time.monotonic() > self._at


class SqliteEngine:
    """WAL mode: readers see the last commit and never wait; writers take turns."""

    name = "sqlite"

    def __init__(self, url: str) -> None:
        path = sa.make_url(url).database
        if not path or path == ":memory:":
            raise ValueError("a SQLite database needs a file: sqlite:///data/name.db")
        self._reading = _connections(url, READERS + 1, read_only=True)
        self._writing = _connections(url, 1, read_only=False)
        self._readers = ThreadPoolExecutor(READERS, "sqlite-read")
        self._writer = ThreadPoolExecutor(1, "sqlite-write")
        self._turn = asyncio.Lock()
        self._slow_until: dict[str, float] = {}

    async def read(self, statement: sa.Executable, parameters: Parameters, name: str) -> Rows:
        """Runs at once, in the loop's own thread, for as long as handing it over would take; then in a thread."""
        if time.monotonic() > self._slow_until.get(name, 0.0):
            await asyncio.sleep(0)  # whoever reads again and again lets others have their turn, and can be stopped
            try:
                return _stoppable(
                    self._quick, Stop(QUICK_S), lambda c: c.execute(statement, parameters).all(), QUICK_STEPS
                )
            except (Interrupted, sa.exc.OperationalError):
                self._slow_until[name] = time.monotonic() + SLOW_FOR_S

        def work(stop: Stop) -> Rows:
            with self._reading.connect() as connection:
                return _stoppable(connection, stop, lambda c: c.execute(statement, parameters).all())

        return await _in_thread(self._readers, work)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Callable[..., Any]]:
        async def execute(statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]:
            return await _to_the_end(self._writer, lambda stop: self._execute(stop, statement, parameters))

        async with self._turn:
            try:
                await _to_the_end(self._writer, self._start)
                yield execute
                await _to_the_end(self._writer, lambda _: self._connection.commit())
            finally:
                await _to_the_end(self._writer, lambda _: self._connection.rollback())

    async def in_one_thread(self, work: Work[T]) -> T:
        """Runs `work` in a transaction on the writing connection."""
        async with self.begin():
            return await _to_the_end(self._writer, lambda _: work(self._connection))

    @cached_property
    def _connection(self) -> sa.Connection:
        connection = self._writing.connect()
        connection.exec_driver_sql(f"PRAGMA busy_timeout = {BUSY_STEP_MS}")
        return connection

    def _start(self, stop: Stop) -> None:
        """Waits for other processes in short steps, since SQLite's own waiting cannot be stopped."""
        given_up = Stop(BUSY_S)
        while True:
            try:
                self._connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except sa.exc.OperationalError as error:
                if "locked" not in str(error.orig) or given_up():
                    raise
                if stop():
                    raise Interrupted from None

    def _execute(self, stop: Stop, statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]:
        def work(connection: sa.Connection) -> tuple[Rows, int]:
            result = connection.execute(statement, parameters)
            return (result.all() if result.returns_rows else []), result.rowcount

        return _stoppable(self._connection, stop, work)

    @cached_property
    def _quick(self) -> sa.Connection:
        connection = self._reading.connect()
        connection.exec_driver_sql("PRAGMA busy_timeout = 0")
        return connection

    async def close(self) -> None:
        self._quick.close()
        self._writer.submit(lambda: self._connection.close())
        for threads, engine in ((self._readers, self._reading), (self._writer, self._writing)):
            await asyncio.to_thread(threads.shutdown)
            engine.dispose()


def _connections(url: str, size: int, *, read_only: bool) -> sa.Engine:
    engine = sa.create_engine(
        url,
        pool_size=size,
        max_overflow=0,
        hide_parameters=True,
        connect_args={"check_same_thread": False, "isolation_level": None},
    )

    # What asyncpg reads from PostgreSQL: made, hashed and written several times as fast as the standard library's.
    engine.dialect.colspecs = {**engine.dialect.colspecs, sa.Uuid: FastUuid}

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _: object) -> None:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")  # what is erased is overwritten, not only left behind
        connection.execute(f"PRAGMA query_only = {int(read_only)}")

    return engine


def _stoppable(connection: sa.Connection, stop: Stop, work: Work[T], steps: int = STEPS_BETWEEN_LOOKS) -> T:
    driver = cast(sqlite3.Connection, connection.connection.driver_connection)
    driver.set_progress_handler(stop, steps)
    try:
        return work(connection)
    except sa.exc.OperationalError as error:
        if "interrupted" in str(error.orig):
            raise Interrupted from error
        raise
    finally:
        driver.set_progress_handler(None, 0)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[Stop], T]) -> T:
    """Runs `work`; a cancelled caller leaves at once and the statement stops soon after."""
    stop = Stop(remaining_s(at_most=3600))
    try:
        return await asyncio.get_running_loop().run_in_executor(threads, work, stop)
    except asyncio.CancelledError:
        stop.wanted = True
        raise


async def _to_the_end(threads: ThreadPoolExecutor, work: Callable[[Stop], T]) -> T:
    """Runs `work`; a cancelled caller tells it to stop and waits, so that no two threads share a connection."""
    stop = Stop(remaining_s(at_most=3600))
    running = asyncio.get_running_loop().run_in_executor(threads, work, stop)
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        stop.wanted = True
        while not running.done():
            with suppress(asyncio.CancelledError):
                await asyncio.wait([running])
        raise
