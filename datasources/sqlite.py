"""SQLite for an asyncio program: statements that can be stopped, one writing thread.

Short reads run in the loop's own thread, since to hand one over costs more than to do it; long ones in four threads.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager, suppress
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar, cast

import apsw
import sqlalchemy as sa

from datasources.deadline import STATEMENT_LIMIT_S, remaining_s
from datasources.prepared import Execute, Parameters, Prepared
from datasources.sqlite_dialect import BUSY_S, ApswDialect, opened
from datasources.table import Rows, Unreadable

T = TypeVar("T")
Work = Callable[[sa.Connection], T]

READERS = 4
BUSY_STEP_MS = 50
STEPS_BETWEEN_LOOKS = 20_000
"""SQLite's virtual machine steps between two looks at the clock: some 100 µs."""

QUICK_STEPS = 2_000
QUICK_LOOKS = 100
"""A read of less than 200,000 steps, some 5 ms, does not hold up the loop, and is done before a thread would be."""
SLOW_FOR_S = 10.0
"""How long reads of a name that once took longer go to a thread at once."""
FETCHED = 1_000
"""Rows: to ask a cursor for each takes longer than the row."""
TURN_S = 0.005
"""How long one reader after the other may keep the loop before others have their turn."""


class Interrupted(Exception):
    """The statement was stopped at its deadline."""


class Budget:
    """Stops a statement that took its share of the loop's thread: counted in steps, whatever else the machine does."""

    def __init__(self) -> None:
        self._left = 0

    def begin(self) -> None:
        self._left = QUICK_LOOKS

    def __call__(self) -> bool:
        self._left -= 1
        return self._left < 0


class Stop:
    """Tells a running statement to stop: at its deadline, or when nobody waits for it any more."""

    def __init__(self, within_s: float) -> None:
        self._at = time.monotonic() + within_s
        self.wanted = False

    def __call__(self) -> bool:
        return self.wanted or time.monotonic() > self._at


class SqliteEngine:
    """WAL mode: readers see the last commit and never wait; writers take turns."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url)
        if not address.database or address.database == ":memory:":
            raise ValueError("a SQLite database needs a file: sqlite:///data/name.db")
        self._path = address.database
        self._writing = sa.create_engine(
            address.set(drivername=f"sqlite+{ApswDialect.driver}"), pool_size=1, max_overflow=0, hide_parameters=True
        )
        self.dialect: sa.Dialect = self._writing.dialect
        self._readers = ThreadPoolExecutor(READERS, "sqlite-read")
        self._idle: list[apsw.Connection] = []
        self._writer = ThreadPoolExecutor(1, "sqlite-write")
        self._turn = asyncio.Lock()
        self._slow_until: dict[str, float] = {}
        self._budget = Budget()
        self._reader: asyncio.Task[Any] | None = None
        self._turned = 0.0

    async def read(self, statement: Prepared, parameters: Sequence[Any], name: str) -> Rows:
        """Runs at once, in the loop's own thread, for as long as handing it over would take; then in a thread."""
        if not remaining_s(at_most=STATEMENT_LIMIT_S):
            raise TimeoutError
        now = time.monotonic()
        if now > self._slow_until.get(name, 0.0):
            reader = asyncio.current_task()
            if reader is not self._reader:
                self._reader, self._turned = reader, now
            elif now > self._turned + TURN_S:
                await asyncio.sleep(0)  # whoever reads again and again can be stopped, too
                self._turned = now = time.monotonic()
            self._budget.begin()
            try:
                return _rows(statement, self._quick.execute(statement.text, parameters))
            except (apsw.InterruptError, apsw.BusyError):
                # Interrupted, or another process holds the database: a thread can wait for it.
                self._slow_until[name] = now + SLOW_FOR_S
            except apsw.Error as error:
                raise _told(statement, error) from error

        def work(stop: Stop) -> Rows:
            try:
                connection = self._idle.pop() if self._idle else _reading(self._path)
                try:
                    with _stopped_by(stop, connection):
                        return _rows(statement, connection.execute(statement.text, parameters))
                finally:
                    self._idle.append(connection)
            except apsw.Error as error:
                raise _told(statement, error) from error

        async with asyncio.timeout(remaining_s(at_most=STATEMENT_LIMIT_S)):
            return await _in_thread(self._readers, work)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Execute]:
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
            except sa.exc.DBAPIError as error:
                if not isinstance(error.orig, apsw.BusyError) or given_up():
                    raise
                if stop():
                    raise Interrupted from None

    def _execute(self, stop: Stop, statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]:
        with _stopped_by(stop, _driver(self._connection)):
            try:
                result = self._connection.execute(statement, parameters)
                return (list(result.all()) if result.returns_rows else []), result.rowcount
            except sa.exc.DBAPIError as error:
                if isinstance(error.orig, apsw.InterruptError):
                    raise Interrupted from error
                raise

    @cached_property
    def _quick(self) -> apsw.Connection:
        connection = _reading(self._path, busy_s=0)
        connection.set_progress_handler(self._budget, QUICK_STEPS)
        return connection

    async def close(self) -> None:
        opened = vars(self)  # to look at a connection opens it, and to open a file makes it
        if "_connection" in opened:
            self._writer.submit(lambda: self._connection.close())
        for threads in (self._readers, self._writer):
            await asyncio.to_thread(threads.shutdown)
        if "_quick" in opened:
            self._quick.close()
        for connection in self._idle:
            connection.close()
        self._writing.dispose()


def _reading(path: str, busy_s: float = BUSY_S) -> apsw.Connection:
    """For one thread at a time, to the end of what it reads: a mutex around each value takes an eighth of the time."""
    connection = opened(path, busy_s, apsw.SQLITE_OPEN_NOMUTEX)
    connection.execute("PRAGMA query_only = ON")
    return connection


def _driver(connection: sa.Connection) -> apsw.Connection:
    return cast(apsw.Connection, connection.connection.driver_connection)


@contextmanager
def _stopped_by(stop: Stop, connection: apsw.Connection) -> Iterator[None]:
    connection.set_progress_handler(stop, STEPS_BETWEEN_LOOKS)
    try:
        yield
    finally:
        connection.set_progress_handler(None)


def _rows(statement: Prepared, cursor: apsw.Cursor) -> Rows:
    """Some at a time, so that the driver's tuples and our columns are not all there at once."""
    try:
        return statement.rows(iter(lambda: list(islice(cursor, FETCHED)), []))
    except UnicodeDecodeError:
        raise Unreadable("text that is not UTF-8") from None  # its own message would show it
    finally:
        # Not when an error's traceback lets go of it: in another thread, while this connection is used in a third, that
        # would break the process; and until then, all that the connection reads were of when this statement began.
        cursor.close(force=True)


def _told(statement: Prepared, error: apsw.Error) -> Exception:
    """The error as SQLAlchemy has it, without the parameters."""
    if isinstance(error, apsw.InterruptError):
        return Interrupted()
    return sa.exc.DBAPIError(statement.text, None, error, hide_parameters=True)


async def _in_thread(threads: ThreadPoolExecutor, work: Callable[[Stop], T]) -> T:
    """Runs `work`; a cancelled caller leaves at once and the statement stops soon after."""
    stop = Stop(remaining_s(at_most=3600))
    results: list[T] = []
    try:
        # Not as the result of the future: what chains it to the thread's holds it until the collector of garbage comes.
        await asyncio.get_running_loop().run_in_executor(threads, lambda: results.append(work(stop)))
    except asyncio.CancelledError:
        stop.wanted = True
        raise
    return results.pop()


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
        running.exception()  # asyncio logs what nobody asks for
        raise
