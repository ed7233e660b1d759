"""The gateway as the first start leaves it: with the sample data, and the sandbox that knows of it."""

from collections.abc import AsyncIterator

import pytest

from datasources.actor import Actor
from datasources.commerce.people import person_by_email
from datasources.commerce.stores import Commerce
from datasources.sandbox.process import Sandbox
from house import SAMPLES, House
from schema.commerce.domain import COMMERCE
from schema.links import LINKS
from tests import houses


@pytest.fixture(scope="session")
async def house(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    given = houses.configured(sandbox.url, {}, data=tmp_path_factory.mktemp("readme"))
    async with houses.opened(*given) as house:
        for domain, sample in SAMPLES:
            scale = 1.0 if domain is COMMERCE else 0.1  # the tour tells figures of commerce, and social's hang on them
            await sample.fill(house.sources[domain.stores], scale=scale, sandbox_url=sandbox.url)
        for fill in [links.fill for links in LINKS if links.fill]:
            await fill(house.sources, sandbox_url=sandbox.url)
        yield house


async def person(house: House, email: str) -> Actor:
    found = await person_by_email(house.sources[Commerce], email)
    assert found
    return found
