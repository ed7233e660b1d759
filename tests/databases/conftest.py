from collections.abc import AsyncIterator

import pytest

from datasources.sql import Database
from tests.database_servers import Postgres, Sqlite
from tests.databases.tables import TABLES


@pytest.fixture
async def database(databases: Sqlite | Postgres) -> AsyncIterator[Database]:
    """With the tables of tests, empty, on both kinds."""
    async with databases.fresh(TABLES) as url:
        database = Database("notes", url)
        yield database
        await database.close()
