"""The gateway as the first start leaves it: with the sample data, and the sandbox that knows of it."""

from collections.abc import AsyncIterator

import pytest

from datasources.actor import Actor
from datasources.commerce.people import person_by_email
from datasources.commerce.settings import CommerceSettings
from datasources.commerce.stores import Commerce
from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.sandbox.process import Sandbox
from datasources.settings import Settings, read
from datasources.social.settings import SocialSettings
from house import SAMPLES, House
from schema.commerce.domain import COMMERCE
from schema.links import LINKS
from tests.gateway_client import Gateway


@pytest.fixture(scope="session")
async def house(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    settings = read(Settings, data=tmp_path_factory.mktemp("readme"), rates_url=f"{sandbox.url}/rates")
    own = read(CommerceSettings, payments_url=f"{sandbox.url}/payments", carriers_url=f"{sandbox.url}/carriers")
    social = read(SocialSettings, recommendations_url=f"{sandbox.url}/recommendations")
    finance = read(FinanceSettings, screening_url=f"{sandbox.url}/screening")
    house = House(
        settings, {"commerce": own, "social": social, "finance": finance, "enterprise": read(EnterpriseSettings)}
    )
    async with house.app.router.lifespan_context(house.app):
        for domain, sample in SAMPLES:
            scale = 1.0 if domain is COMMERCE else 0.1  # the tour tells figures of commerce, and social's hang on them
            await sample.fill(house.sources[domain.stores], scale=scale, sandbox_url=sandbox.url)
        for fill in [links.fill for links in LINKS if links.fill]:
            await fill(house.sources, sandbox_url=sandbox.url)
        yield house


@pytest.fixture
async def gateway(house: House) -> AsyncIterator[Gateway]:
    gateway = Gateway(house.app, house.tokens)
    async with gateway.http:
        yield gateway


async def person(house: House, email: str) -> Actor:
    found = await person_by_email(house.sources[Commerce], email)
    assert found
    return found
