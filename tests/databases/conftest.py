from collections.abc import AsyncIterator

import pytest

from datasources.sql import Database
from tests.databases.tables import METADATA


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """With an empty table of notes, on both kinds."""
    database = Database("notes", database_url)
    await database.in_one_thread(METADATA.create_all)
    yield database
    await database.close()
