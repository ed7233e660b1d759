"""How the sources are: each is asked once, all of them at the same time, and nothing is changed."""

import asyncio
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from datasources.deadline import deadline
from datasources.errors import SourceError, SourceTimeout, SourceUnavailable
from datasources.ids import utc_now
from datasources.migrations import newest, version_on
from datasources.rates import ExchangeRates
from datasources.rest import RestService
from datasources.sql import Database

ASKED_FOR_S = 3.0
OK, NEW, OLDER, NEWER = "ok", "new", "older", "newer"


@dataclass(frozen=True, slots=True)
class State:
    """`state` is `ok` or the code of an error; of a database also `new`, where it is not made yet, or `older` or
    `newer` than this code.

    `kind` is `sql` or `rest`, `address` without a password, `detail` what an error said. `version` is the last of the
    migrations that ran. `ahead_s` says by how much a database server's clock is ahead of ours. What is not known, since
    it did not answer or there is no such thing, is None.
    """

    name: str
    kind: str
    address: str
    state: str
    latency_ms: float | None = None
    version: str | None = None
    server: str | None = None
    ahead_s: float | None = None
    detail: str = ""


async def states_of(opened: Iterable[object]) -> list[State]:
    """The states of all sources of these domains, databases first; a service that several use is asked once."""
    sources = {source.name: source for one in opened for source in _sources_in(one)}
    asking = [_database(one) if isinstance(one, Database) else _service(one) for one in sources.values()]
    return sorted(await asyncio.gather(*asking), key=lambda state: state.kind, reverse=True)


def _sources_in(opened: Any) -> Iterator[Database | RestService]:
    for field in fields(opened):
        match getattr(opened, field.name):
            case Database() | RestService() as source:
                yield source
            case ExchangeRates(service=service):
                yield service


async def _service(service: RestService) -> State:
    host = urlsplit(service.base_url)
    address = host._replace(netloc=host.netloc.rpartition("@")[2]).geturl()
    started = time.monotonic()
    try:
        with deadline(ASKED_FOR_S):
            await service.check()
    except SourceError as error:
        return State(service.name, "rest", address, error.code, detail=error.detail)
    return State(service.name, "rest", address, OK, _ms_since(started))


async def _database(database: Database) -> State:
    url = sa.make_url(database.url)
    address = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not _there(url.database):
        return State(database.name, "sql", address, NEW)
    try:
        latency_ms = await _answered(database)
        async with asyncio.timeout(ASKED_FOR_S):
            version, server, now = await database.in_one_thread(_about)
    except TimeoutError:
        return State(database.name, "sql", address, SourceTimeout.code)
    except SourceError as error:
        return State(database.name, "sql", address, error.code, detail=error.detail)
    except sa.exc.DBAPIError as error:  # it is no database, or one where we may not look
        return State(database.name, "sql", address, SourceUnavailable.code, detail=str(error.orig))
    ahead_s = None if now is None else (now - utc_now()).total_seconds()
    state = _compared(version, newest(database.name))
    return State(database.name, "sql", address, state, latency_ms, version, server, ahead_s)


def _there(path: str | None) -> bool:
    return path is not None and Path(path).exists()


async def _answered(database: Database) -> float:
    """In ms; a second statement's, since the first has to connect."""
    with deadline(ASKED_FOR_S):
        await database.check()
        started = time.monotonic()
        await database.check()
    return _ms_since(started)


def _about(connection: sa.Connection) -> tuple[str | None, str, datetime | None]:
    """The version of the migrations, the server's, and its clock where it has one of its own."""
    version = version_on(connection)
    if connection.dialect.name == "sqlite":
        return version, f"SQLite {connection.scalar(sa.select(sa.func.sqlite_version()))}", None
    server, now = connection.execute(_SERVER).one()
    return version, f"PostgreSQL {server.partition(' ')[0]}", now


_SERVER = sa.select(sa.func.current_setting("server_version"), sa.func.clock_timestamp())


def _compared(version: str | None, newest: str) -> str:
    if version == newest:
        return OK
    return NEW if version is None else OLDER if version < newest else NEWER


def _ms_since(started: float) -> float:
    return round((time.monotonic() - started) * 1000, 2)
