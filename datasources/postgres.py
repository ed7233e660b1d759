"""PostgreSQL on asyncpg: reads by its own pool and prepared statements, writes through SQLAlchemy."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any, TypeVar

import asyncpg
import orjson
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from datasources.deadline import STATEMENT_LIMIT_S, remaining_s
from datasources.prepared import Execute, Parameters, Prepared
from datasources.table import Rows

T = TypeVar("T")

POOL = 10
"""Connections that read, and as many that write; more work waits its turn."""
RELEASE_S = 1.0
"""For the server to stop what nobody waits for any more: one that hangs would hold its caller for as long."""


class PostgresEngine:
    """Two pools. Reads are single statements in autocommit, on connections that may not write."""

    def __init__(self, url: str) -> None:
        address = sa.make_url(url).set(drivername="postgresql+asyncpg")
        self._writing = create_async_engine(address, pool_size=POOL, max_overflow=0, hide_parameters=True)
        self.dialect: sa.Dialect = self._writing.dialect
        self._address = address_of(url)
        self._reading: asyncpg.Pool | None = None
        self._opening = asyncio.Lock()

    async def read(self, statement: Prepared, parameters: Sequence[Any], name: str) -> Rows:
        async with asyncio.timeout(remaining_s(at_most=STATEMENT_LIMIT_S)):
            pool = self._reading or await self._opened()
            connection = await _connected(pool)
            try:
                found = await connection.fetch(statement.text, *parameters)
                return statement.rows([found] if found else [])
            except asyncpg.DataError:
                # Its message would show the parameter.
                raise ValueError(f"a parameter of `{name}` is of the wrong kind") from None
            except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                raise sa.exc.DBAPIError(statement.text, None, error, hide_parameters=True) from error
            except asyncpg.InternalClientError as error:
                # The server has taken its leave, and the end of the connection is not read yet.
                connection.terminate()
                raise ConnectionError(str(error)) from error
            finally:
                with suppress(TimeoutError):  # then it is hung up
                    await pool.release(connection, timeout=RELEASE_S)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[Execute]:
        async with self._writing.begin() as connection:

            async def execute(statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]:
                result = await connection.execute(statement, parameters)
                return (list(result.all()) if result.returns_rows else []), result.rowcount

            yield execute

    async def in_one_thread(self, work: Callable[[sa.Connection], T]) -> T:
        async with self._writing.begin() as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        if self._reading is not None:
            await self._reading.close()
        await self._writing.dispose()

    async def _opened(self) -> asyncpg.Pool:
        async with self._opening:
            if self._reading is None:
                self._reading = await asyncpg.create_pool(
                    **self._address,
                    min_size=0,
                    max_size=POOL,
                    init=_reads_json,
                    reset=_nothing,
                    server_settings={"default_transaction_read_only": "on"},
                )
            return self._reading


def address_of(url: str) -> dict[str, Any]:
    """What asyncpg connects by.

    As SQLAlchemy reads the address, `?ssl=require` too: asyncpg would take that for a setting of the server.
    """
    address = sa.make_url(url).set(drivername="postgresql+asyncpg")
    return dict(address.get_dialect()().create_connect_args(address)[1])


async def _connected(pool: asyncpg.Pool) -> Any:
    """Raises: OSError where the server cannot be had."""
    try:
        return await pool.acquire()
    except (asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        raise ConnectionError(str(error)) from error


async def _reads_json(connection: asyncpg.Connection) -> None:
    for name in ("json", "jsonb"):
        await connection.set_type_codec(name, schema="pg_catalog", encoder=str, decoder=orjson.loads)


async def _nothing(connection: asyncpg.Connection) -> None:
    """Reads leave nothing behind that had to be reset, which would take a round trip each time."""
