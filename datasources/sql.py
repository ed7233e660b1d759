"""SQL databases: SQLite in a few threads, PostgreSQL on asyncpg, asked by the same statements.

Reads take a SQLAlchemy Core statement and return rows, each on its own connection. Writes happen in
`async with database.transaction() as transaction`. Every statement ends at the operation's deadline. Errors, which get
into logs, hide the statements' parameters: they may be personal.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol, TypeVar, cast

import apsw
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction
from sqlmodel import SQLModel

from datasources import calls
from datasources.deadline import STATEMENT_LIMIT_S, remaining_s
from datasources.errors import SourceTimeout, SourceUnavailable
from datasources.postgres import PostgresEngine
from datasources.prepared import Execute, Parameters, Prepared, source_of
from datasources.sqlite import Interrupted, SqliteEngine
from datasources.sqlite_dialect import REFUSED
from datasources.statements import Read, read
from datasources.table import Row, Rows

T = TypeVar("T")
_NOTHING: Mapping[str, Any] = {}
_ANYTHING = sa.select(sa.literal(1))
Upsert = sqlite.Insert | postgresql.Insert

_NOT_THE_STATEMENT = ("08", "25006", "40", "53", "57", "58")
"""PostgreSQL's SQLSTATEs that blame the server or the hour: connection, read-only after a failover, deadlock, disk or
memory full, shutdown, input and output."""


class Engine(Protocol):
    """One kind of database; `dialect` is SQLAlchemy's."""

    dialect: sa.Dialect

    async def read(self, statement: Prepared, parameters: Sequence[Any], name: str) -> Rows:
        """`name` is the same for reads of the same kind. Raises: what the driver raises, TimeoutError."""
        ...

    def begin(self) -> AbstractAsyncContextManager[Execute]: ...
    async def in_one_thread(self, work: Callable[[sa.Connection], T]) -> T: ...
    async def close(self) -> None: ...


class Transaction:
    """One connection, all or nothing. Not for concurrent use."""

    def __init__(self, source: str, dialect: str, execute: Execute) -> None:
        self._source = source
        self._dialect = dialect
        self._execute = execute
        self._then: list[Callable[[], None]] = []

    def after_commit(self, then: Callable[[], None]) -> None:
        """Calls it as soon as others can see what was written; never, where all was rolled back."""
        if then not in self._then:
            self._then.append(then)

    def committed(self) -> None:
        for then in self._then:
            then()

    async def rows(self, statement: sa.Executable, parameters: Parameters = None) -> Rows:
        """What the statement returns, as read inside this transaction."""
        return (await self._run(statement, parameters))[0]

    async def row(self, statement: sa.Executable, parameters: Parameters = None) -> Row | None:
        """The first row, or None."""
        return next(iter(await self.rows(statement, parameters)), None)

    async def write(self, statement: sa.Executable, parameters: Parameters = None) -> int:
        """How many rows the INSERT, UPDATE or DELETE touched.

        Raises: sqlalchemy.exc.IntegrityError where a constraint refuses.
        """
        return (await self._run(statement, parameters))[1]

    def upsert(self, table: sa.Table) -> Upsert:
        """An INSERT that can say ON CONFLICT, for this kind of database."""
        return sqlite.insert(table) if self._dialect == "sqlite" else postgresql.insert(table)

    async def _run(self, statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]:
        with calls.recorded(self._source, "sql", source_of(statement)) as call:
            rows, count = await self._execute(statement, parameters)
            call.rows = len(rows) or max(count, 0)
            return rows, count


class Database:
    """A database by its URL: `sqlite:///path` or `postgresql://…`. Open it inside the running loop."""

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self.url = url
        self._engine = _engine(url)

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        return self._engine.dialect.name

    async def rows(self, asked: Read | sa.Executable) -> Rows:
        """What the SELECT returns. A `Read` is compiled once, any other statement each time.

        Raises: SourceUnavailable, SourceTimeout.
        """
        if isinstance(asked, Read):
            statement, values = asked.statement.prepared(self._engine.dialect), asked.values
        else:
            statement, values = Prepared(asked, self._engine.dialect), _NOTHING
        with calls.recorded(self.name, "sql", statement.source) as call:
            try:
                rows = await self._engine.read(statement, statement.bound(values), call.name)
            except Exception as error:
                self._blame(error)
                raise
            call.rows = len(rows)
            return rows

    async def row(self, asked: Read | sa.Executable) -> Row | None:
        """The first row, or None."""
        return next(iter(await self.rows(asked)), None)

    async def scalar(self, asked: Read | sa.Executable) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(asked)
        return None if row is None else row[0]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end, rolls back when the block raises or is cancelled.

        SQLite has one writer at a time: waiting for it counts against the deadline.
        Raises: SourceUnavailable, SourceTimeout.
        """
        async with self._limits(), self._engine.begin() as execute:
            transaction = Transaction(self.name, self.dialect, execute)
            yield transaction
        transaction.committed()

    async def in_one_thread(self, work: Callable[[sa.Connection], T]) -> T:
        """Runs blocking code in one transaction, for migrations and bulk loads at start; not while serving.

        Raises: SourceUnavailable.
        """
        with self._faults():
            return await self._engine.in_one_thread(work)

    async def check(self) -> None:
        """Raises SourceUnavailable or SourceTimeout where the database does not answer."""
        await self.rows(read(_ANYTHING))

    async def close(self) -> None:
        await self._engine.close()

    @asynccontextmanager
    async def _limits(self) -> AsyncIterator[None]:
        with self._faults():
            async with asyncio.timeout(remaining_s(at_most=STATEMENT_LIMIT_S)):
                yield

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            self._blame(error)
            raise

    def _blame(self, error: Exception) -> None:
        """Raises: SourceTimeout, SourceUnavailable; nothing where the error is a bug of ours."""
        if isinstance(error, TimeoutError | Interrupted):
            raise SourceTimeout(self.name) from error
        if isinstance(error, OSError) or (isinstance(error, sa.exc.DBAPIError) and not _blames_the_statement(error)):
            raise SourceUnavailable(self.name, str(getattr(error, "orig", error))) from error


def _engine(url: str) -> Engine:
    kind = sa.make_url(url).get_backend_name()
    if kind == "sqlite":
        return SqliteEngine(url)
    if kind == "postgresql":
        return PostgresEngine(url)
    raise ValueError(f"'{kind}' databases are not supported; use sqlite:///path or postgresql://user@host/name.")


def _blames_the_statement(error: sa.exc.DBAPIError) -> bool:
    """Whether the database is well and refused this one statement: for a constraint, or for a bug of ours."""
    if isinstance(error, sa.exc.IntegrityError):
        return True  # at the commit too, where there is no statement: a constraint may be deferred until then
    if error.connection_invalidated or error.statement is None or isinstance(error, sa.exc.InternalError):
        return False
    if isinstance(error.orig, apsw.Error):
        return isinstance(error.orig, REFUSED)
    return not (getattr(error.orig, "sqlstate", None) or "").startswith(_NOT_THE_STATEMENT)


def table(model: type[SQLModel]) -> sa.Table:
    """The Core table of a SQLModel class: reads select its columns, never the class."""
    return cast(sa.Table, model.__table__)  # type: ignore[attr-defined]


JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


class UtcDateTime(sa.TypeDecorator[datetime]):
    """An aware time in UTC, on SQLite too, which keeps none itself."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    @property
    def python_type(self) -> type[datetime]:
        return datetime

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are aware; pass one with a time zone")
        return value.astimezone(UTC)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], datetime | None] | None:
        if dialect.name != "sqlite":
            return None
        return lambda value: None if value is None else datetime.fromisoformat(f"{value}+00:00")


class day_of(GenericFunction[str]):
    """The UTC day of a time, as text: `2026-03-01`."""

    type = sa.String()
    inherit_cache = True


class month_of(GenericFunction[str]):
    """The UTC month of a time, as text: `2026-03`."""

    type = sa.String()
    inherit_cache = True


def _compile_with(function: type[GenericFunction[str]], sqlite: str, postgresql: str) -> None:
    def render(pattern: str) -> Callable[..., str]:
        return lambda element, compiler, **kw: pattern.format(compiler.process(element.clauses, **kw))

    compiles(function, "sqlite")(render(sqlite))
    compiles(function, "postgresql")(render(postgresql))


_compile_with(day_of, "strftime('%Y-%m-%d', {})", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD')")
_compile_with(month_of, "strftime('%Y-%m', {})", "to_char({} AT TIME ZONE 'UTC', 'YYYY-MM')")
