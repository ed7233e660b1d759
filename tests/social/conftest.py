"""The whole gateway over fresh databases; that of social is of each kind, that of commerce stands beside."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.stores import Commerce
from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.sandbox.process import Sandbox
from datasources.settings import Settings, read
from datasources.social import sources
from datasources.social.settings import SocialSettings
from datasources.social.stores import Social
from house import House
from tests.commerce.shop import Clock, Shop
from tests.database_servers import COMMERCE, HOUSE, Sqlite
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox, switches_of
from tests.social.town import Town


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def beside(sqlite: Sqlite) -> AsyncIterator[tuple[str, str]]:
    """The databases of the house and of commerce."""
    async with sqlite.fresh(HOUSE) as house, sqlite.fresh(COMMERCE) as commerce:
        yield house, commerce


@pytest.fixture
def recommended_within_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough on a busy machine."""
    monkeypatch.setattr(sources, "RECOMMENDED_WITHIN_S", 60.0)


@pytest.fixture
async def house(
    recommended_within_s: None,
    social_url: str,
    beside: tuple[str, str],
    finance: FinanceSettings,
    enterprise: EnterpriseSettings,
    sandbox: Sandbox,
    tmp_path: Path,
    clock: Clock,
) -> AsyncIterator[House]:
    house_url, commerce_url = beside
    settings = read(
        Settings,
        data=tmp_path,
        house_database_url=house_url,
        rates_url=f"{sandbox.url}/rates",
        operation_timeout_s=60,
    )
    commerce = read(
        CommerceSettings,
        commerce_database_url=commerce_url,
        payments_url=f"{sandbox.url}/payments",
        carriers_url=f"{sandbox.url}/carriers",
    )
    url = f"{sandbox.url}/recommendations"
    social = read(SocialSettings, social_database_url=social_url, recommendations_url=url)
    house = House(
        settings, {"commerce": commerce, "social": social, "finance": finance, "enterprise": enterprise}, clock
    )
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
def town(house: House, gateway: Gateway, clock: Clock) -> Town:
    return Town(house.sources[Social], gateway, clock)


@pytest.fixture
def switches(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """Spoils the outside services and tells what they were asked; healed after the test."""
    with switches_of(sandbox) as running:
        running.reset()
        yield running
        running.reset()
