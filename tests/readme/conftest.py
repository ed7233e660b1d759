"""The gateway as the first start leaves it: with the sample data, and the sandbox that knows of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from datasources.actor import Actor
from datasources.commerce.people import person_by_email
from datasources.commerce.stores import Commerce
from datasources.sandbox.process import Sandbox
from house import SAMPLES, House
from schema.links import LINKS
from tests import houses


@pytest.fixture(scope="session")
async def house(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    async with filled(sandbox, tmp_path_factory.mktemp("readme"), 0.1) as house:
        yield house


@asynccontextmanager
async def filled(sandbox: Sandbox, data: Path, scale: float) -> AsyncIterator[House]:
    async with houses.opened(*houses.configured(sandbox.url, {}, data=data)) as house:
        for domain, sample in SAMPLES:
            await sample.fill(house.sources[domain.stores], scale=scale, sandbox_url=sandbox.url)
        for fill in [links.fill for links in LINKS if links.fill]:
            await fill(house.sources, sandbox_url=sandbox.url)
        yield house


async def person(house: House, email: str) -> Actor:
    found = await person_by_email(house.sources[Commerce], email)
    assert found
    return found
