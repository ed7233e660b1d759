"""SQLAlchemy's SQLite on apsw, which fetches rows in a third less time than the standard library's.

A process must have but one of them: two copies of SQLite lose each other's locks of a file.
"""

from collections.abc import Callable, Iterable, Sequence
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import apsw
import sqlalchemy as sa
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from datasources.ids import read_uuid

BUSY_S = 5.0
"""How long a statement waits for the writer of another process."""

STATEMENTS_KEPT = 500
"""By each connection: a domain has some 300."""

REFUSED = (
    *(apsw.SQLError, apsw.AuthError, apsw.TooBigError, apsw.MismatchError),
    *(apsw.RangeError, apsw.MisuseError, apsw.BindingsError),
)
"""What blames a statement; all else is the database's own trouble, except constraints."""

_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA secure_delete = ON",  # what is erased is overwritten, not only left behind
)


def opened(path: str, busy_s: float = BUSY_S, threading: int = apsw.SQLITE_OPEN_FULLMUTEX) -> apsw.Connection:
    flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | threading
    connection = apsw.Connection(path, flags, statementcachesize=STATEMENTS_KEPT)
    # Of a table that was analysed, it would else prepare a statement anew for each value that it is done with.
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)
    connection.set_busy_timeout(int(busy_s * 1000))
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


class Cursor(apsw.Cursor):
    """apsw's, with what SQLAlchemy asks of a cursor besides."""

    def __init__(self, connection: apsw.Connection) -> None:
        super().__init__(connection)
        self.rowcount = -1
        self.exec_trace = Cursor._begins
        self._columns: Sequence[tuple[str, ...]] = ()

    @property
    def description(self) -> Any:  # type: ignore[override]
        """apsw's own is there only while rows are."""
        return [(column[0], *[None] * 6) for column in self._columns] or None

    @property
    def lastrowid(self) -> int:
        return self.connection.last_insert_rowid()

    def execute(self, statement: str, parameters: Sequence[Any] = ()) -> "Cursor":  # type: ignore[override]
        before = self.connection.total_changes()
        super().execute(statement, parameters)
        self.rowcount = self.connection.changes() if self.connection.total_changes() > before else 0
        return self

    def executemany(self, statement: str, sets: Iterable[Sequence[Any]]) -> "Cursor":  # type: ignore[override]
        self.exec_trace = None  # there are no columns
        self.rowcount = 0
        for parameters in sets:
            super().execute(statement, parameters)
            self.rowcount += self.connection.changes()
        return self

    @staticmethod
    def _begins(cursor: Any, statement: str, parameters: Any) -> bool:
        cursor._columns = cursor.get_description()
        return True


class FastUuid(sa.Uuid[UUID]):
    """What asyncpg reads from PostgreSQL: made, hashed and written several times as fast as the standard library's."""

    read = staticmethod(read_uuid)

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[str | None], UUID | None]:
        return lambda value: None if value is None else read_uuid(value)


class ApswDialect(SQLiteDialect):
    """Transactions are begun by a statement, as SQLite has them."""

    driver = "apsw"
    default_paramstyle = "qmark"
    supports_statement_cache = True
    returns_native_bytes = True
    colspecs = {**SQLiteDialect.colspecs, sa.Uuid: FastUuid}
    dbapi_exception_translation_map = {"ConstraintError": "IntegrityError"}

    @classmethod
    def import_dbapi(cls) -> Any:
        version = tuple(map(int, apsw.sqlite_lib_version().split(".")))
        return SimpleNamespace(
            paramstyle=cls.default_paramstyle, Error=apsw.Error, Binary=bytes, sqlite_version_info=version
        )

    def create_connect_args(self, url: sa.URL) -> Any:
        return [url.database], {}

    def connect(self, path: str) -> Any:
        connection = opened(path)
        connection.cursor_factory = Cursor
        return connection

    def _get_server_version_info(self, connection: Any) -> Any:
        return self.dbapi.sqlite_version_info  # type: ignore[union-attr]

    def do_commit(self, connection: Any) -> None:
        """One that is refused takes all back, as PostgreSQL's does: SQLAlchemy asks for no rollback after it."""
        if connection.in_transaction:
            try:
                connection.execute("COMMIT")
            finally:
                self.do_rollback(connection)

    def do_rollback(self, connection: Any) -> None:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


registry.register("sqlite.apsw", __name__, ApswDialect.__name__)
