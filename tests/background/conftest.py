from collections.abc import AsyncIterator

import pytest

from datasources.house.sources import MIGRATIONS
from datasources.migrations import migrate
from datasources.sql import Database
from tests.database_servers import Postgres, Sqlite


@pytest.fixture
async def house(databases: Sqlite | Postgres) -> AsyncIterator[Database]:
    """The database of a house, on both kinds."""
    database = Database("house", databases.empty())
    await migrate(database, MIGRATIONS)
    yield database
    await database.close()
