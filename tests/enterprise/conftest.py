"""The whole gateway over fresh databases; that of enterprise is of each kind, the others stand beside."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.stores import Commerce
from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.sandbox.process import Sandbox
from datasources.settings import Settings, read
from datasources.social.settings import SocialSettings
from house import House
from tests.commerce.shop import Clock, Shop
from tests.database_servers import COMMERCE, HOUSE, SOCIAL, Sqlite
from tests.enterprise.company import Company
from tests.enterprise.crm import Crm
from tests.gateway_client import Gateway
from tests.listening import Listen, listening


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def beside(sqlite: Sqlite) -> AsyncIterator[tuple[str, str, str]]:
    """The databases of the house, of commerce and of social."""
    async with sqlite.fresh(HOUSE) as house, sqlite.fresh(COMMERCE) as commerce, sqlite.fresh(SOCIAL) as social:
        yield house, commerce, social


@pytest.fixture
async def house(
    enterprise_url: str,
    finance: FinanceSettings,
    beside: tuple[str, str, str],
    sandbox: Sandbox,
    tmp_path: Path,
    clock: Clock,
) -> AsyncIterator[House]:
    house_url, commerce_url, social_url = beside
    at = sandbox.url
    settings = read(
        Settings, data=tmp_path, house_database_url=house_url, rates_url=f"{at}/rates", operation_timeout_s=60
    )
    own = {
        "commerce": read(
            CommerceSettings,
            commerce_database_url=commerce_url,
            payments_url=f"{at}/payments",
            carriers_url=f"{at}/carriers",
        ),
        "social": read(SocialSettings, social_database_url=social_url, recommendations_url=f"{at}/recommendations"),
        "finance": finance,
        "enterprise": read(EnterpriseSettings, enterprise_database_url=enterprise_url),
    }
    house = House(settings, own, clock)
    async with house.app.router.lifespan_context(house.app):
        yield house


@pytest.fixture
async def gateway(house: House) -> AsyncIterator[Gateway]:
    gateway = Gateway(house.app, house.tokens)
    async with gateway.http:
        yield gateway


@pytest.fixture
def shop(house: House, clock: Clock) -> Shop:
    return Shop(house.sources[Commerce], clock)


@pytest.fixture
async def company(house: House, gateway: Gateway, clock: Clock) -> Company:
    company = Company(house, gateway, clock)
    await company.found()
    return company


@pytest.fixture
def crm(company: Company) -> Crm:
    return Crm(company)


@pytest.fixture
async def listen(house: House) -> AsyncIterator[Listen]:
    async with listening(house) as listen:
        yield listen
