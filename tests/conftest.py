"""Real parts, started once a session: PostgreSQL, the sandbox with the payment service. No network, no fixed ports."""

from collections.abc import AsyncIterator, Iterator

import pytest

from datasources.sandbox.process import Sandbox
from gateway.logs import configure_logs
from tests.database_servers import Postgres, Sqlite

configure_logs()


@pytest.fixture(scope="session")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox(tmp_path_factory.mktemp("sandbox")) as running:
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
