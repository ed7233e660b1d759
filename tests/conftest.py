"""Real parts, started once a session: PostgreSQL, Redis, the sandbox; and the whole gateway over fresh databases.

No network, no fixed ports.
"""

import gc
import os
import sys
from collections.abc import AsyncIterator, Generator, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from datasources.commerce.stores import Commerce
from datasources.sandbox.process import Sandbox
from gateway.logs import configure_logs
from house import House
from tests import houses
from tests.commerce.shop import Clock, Shop
from tests.database_servers import ALL, COMMERCE, Postgres, Sqlite, Template
from tests.gateway_client import Gateway
from tests.houses import Configured
from tests.listening import Listen, listening
from tests.redis_server import RedisServer, redis_server
from tests.sandbox_process import RunningSandbox, switches_of

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
def tested() -> Template:
    """The domain that a test is of: the tests of a domain override it."""
    return COMMERCE


@pytest.fixture
async def database_url(databases: Sqlite | Postgres, tested: Template) -> AsyncIterator[str]:
    """A fresh database of the domain that is tested: every test that asks for it runs on both kinds."""
    async with databases.fresh(tested) as url:
        yield url


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operation_timeout_s() -> float:
    """Enough on a busy machine; tests of deadlines override it."""
    return 60


@pytest.fixture
async def configured(
    database_url: str, tested: Template, sqlite: Sqlite, sandbox: Sandbox, tmp_path: Path, operation_timeout_s: float
) -> AsyncIterator[Configured]:
    """What a test of one domain reaches of the others is the same on each kind of database: theirs are files."""
    async with AsyncExitStack() as stack:
        urls = {other.name: await stack.enter_async_context(sqlite.fresh(other)) for other in ALL if other != tested}
        urls[tested.name] = database_url
        yield houses.configured(sandbox.url, urls, data=tmp_path, operation_timeout_s=operation_timeout_s)


@pytest.fixture
async def house(configured: Configured, clock: Clock) -> AsyncIterator[House]:
    async with houses.opened(*configured, clock) as house:
        yield house


@pytest.fixture
async def gateway(house: House) -> AsyncIterator[Gateway]:
    gateway = Gateway(house.app, house.tokens)
    async with gateway.http:
        yield gateway


@pytest.fixture
async def listen(house: House) -> AsyncIterator[Listen]:
    async with listening(house) as listen:
        yield listen


@pytest.fixture
def shop(house: House, clock: Clock) -> Shop:
    return Shop(house.sources[Commerce], clock)


@pytest.fixture
def switches(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """Spoils the outside services and tells what they were asked; healed after the test."""
    with switches_of(sandbox) as running:
        running.reset()
        yield running
        running.reset()
