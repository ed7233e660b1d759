from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from datasources.house.documents import RegisteredDocuments
from datasources.house.sources import HouseSources, open_house
from datasources.settings import Settings, read
from tests.database_servers import HOUSE, Postgres, Sqlite


@pytest.fixture
async def house(databases: Sqlite | Postgres, tmp_path: Path) -> AsyncIterator[HouseSources]:
    """The database of the house, fresh: every test that asks for it runs on both kinds."""
    async with (
        databases.fresh(HOUSE) as url,
        open_house(read(Settings, data=tmp_path, house_database_url=url)) as house,
    ):
        yield house


@pytest.fixture
def registered(house: HouseSources) -> RegisteredDocuments:
    return RegisteredDocuments(house)
