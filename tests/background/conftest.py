from collections.abc import AsyncIterator

import pytest

from datasources.sql import Database
from tests.database_servers import HOUSE, Postgres, Sqlite


@pytest.fixture
async def house(databases: Sqlite | Postgres) -> AsyncIterator[Database]:
    """The database of a house, on both kinds."""
    async with databases.fresh(HOUSE) as url:
        database = Database("house", url)
        yield database
        await database.close()
