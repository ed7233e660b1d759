from collections.abc import AsyncIterator

import pytest

from datasources.sql import Database
from tests.database_servers import Postgres, Sqlite
from tests.gateway.example import TOKENS, Script, example
from tests.gateway_client import Gateway


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
async def gateway(script: Script) -> AsyncIterator[Gateway]:
    gateway = Gateway(example(script), TOKENS)
    async with gateway.http:
        yield gateway


@pytest.fixture
async def database(databases: Sqlite | Postgres) -> AsyncIterator[Database]:
    async with databases.fresh() as url:
        database = Database("notes", url)
        yield database
        await database.close()
