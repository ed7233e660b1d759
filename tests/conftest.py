"""Real parts, started once a session: PostgreSQL, Redis, the sandbox with its services. No network, no fixed ports."""

import gc
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator

import pytest

from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.sandbox.process import Sandbox
from datasources.settings import read
from gateway.logs import configure_logs
from tests.database_servers import ENTERPRISE, FINANCE, SOCIAL, Postgres, Sqlite
from tests.redis_server import RedisServer, redis_server

configure_logs()

# Where Python may write no bytecode, every server that a test starts would compile the whole house anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded now stays until the end: the collector need not look through it, now or between tests."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


@pytest.hookimpl(wrapper=True)
def pytest_xdist_auto_num_workers() -> Generator[None, int, int]:
    """More than there are cores: much of what tests do is to wait, for processes that start, end and are killed."""
    cores = yield
    return cores + cores // 2


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
        yield running


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    with redis_server() as running:
        yield running


@pytest.fixture(scope="session")
async def postgres() -> AsyncIterator[Postgres]:
    server = Postgres()
    yield server
    await server.stop()


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Sqlite:
    return Sqlite(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(params=["sqlite", "postgres"])
def databases(request: pytest.FixtureRequest) -> Sqlite | Postgres:
    kind: Sqlite | Postgres = request.getfixturevalue(request.param)
    return kind


@pytest.fixture
async def database_url(databases: Sqlite | Postgres) -> AsyncIterator[str]:
    """A fresh database of commerce: every test that asks for it runs on both kinds."""
    async with databases.fresh() as url:
        yield url


@pytest.fixture
async def social_url(databases: Sqlite | Postgres) -> AsyncIterator[str]:
    """The same, of social."""
    async with databases.fresh(SOCIAL) as url:
        yield url


@pytest.fixture
async def finance_url(databases: Sqlite | Postgres) -> AsyncIterator[str]:
    """The same, of finance."""
    async with databases.fresh(FINANCE) as url:
        yield url


@pytest.fixture
async def finance(sqlite: Sqlite, sandbox: Sandbox) -> AsyncIterator[FinanceSettings]:
    """For tests of other domains: what of finance these reach is the same on each kind of database."""
    async with sqlite.fresh(FINANCE) as url:
        yield read(FinanceSettings, finance_database_url=url, screening_url=f"{sandbox.url}/screening")


@pytest.fixture
async def enterprise_url(databases: Sqlite | Postgres) -> AsyncIterator[str]:
    """The same, of enterprise."""
    async with databases.fresh(ENTERPRISE) as url:
        yield url


@pytest.fixture
async def enterprise(sqlite: Sqlite) -> AsyncIterator[EnterpriseSettings]:
    """As `finance`: for tests of other domains."""
    async with sqlite.fresh(ENTERPRISE) as url:
        yield read(EnterpriseSettings, enterprise_database_url=url)
