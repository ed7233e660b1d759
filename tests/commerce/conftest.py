"""The whole gateway over a fresh shop, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import httpx
import pytest

from datasources.commerce.settings import CommerceSettings
from datasources.commerce.stores import Commerce
from datasources.enterprise.settings import EnterpriseSettings
from datasources.finance.settings import FinanceSettings
from datasources.sandbox.process import Sandbox
from datasources.settings import Settings, SettingsPart, read
from datasources.social.settings import SocialSettings
from house import House
from tests.commerce.shop import Clock, Shop
from tests.commerce.till import Till
from tests.database_servers import HOUSE, SOCIAL, Sqlite
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox, switches_of


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def operation_timeout_s() -> float:
    """Enough on a busy machine; tests of deadlines override it."""
    return 60


@pytest.fixture
async def house_url(sqlite: Sqlite) -> AsyncIterator[str]:
    async with sqlite.fresh(HOUSE) as url:
        yield url


@pytest.fixture
def configured(
    database_url: str, house_url: str, sandbox: Sandbox, tmp_path: Path, operation_timeout_s: float
) -> tuple[Settings, CommerceSettings]:
    settings = read(
        Settings,
        data=tmp_path,
        house_database_url=house_url,
        rates_url=f"{sandbox.url}/rates",
        operation_timeout_s=operation_timeout_s,
    )
    own = read(
        CommerceSettings,
        commerce_database_url=database_url,
        payments_url=f"{sandbox.url}/payments",
        carriers_url=f"{sandbox.url}/carriers",
    )
    return settings, own


@pytest.fixture
async def social(sqlite: Sqlite, sandbox: Sandbox) -> AsyncIterator[SocialSettings]:
    """What of social a test of commerce reaches is the same on each kind of database."""
    async with sqlite.fresh(SOCIAL) as url:
        yield read(SocialSettings, social_database_url=url, recommendations_url=f"{sandbox.url}/recommendations")


Beside = dict[str, SettingsPart]


@pytest.fixture
def beside(social: SocialSettings, finance: FinanceSettings, enterprise: EnterpriseSettings) -> Beside:
    """The other domains, by name."""
    return {"social": social, "finance": finance, "enterprise": enterprise}


@pytest.fixture
async def house(configured: tuple[Settings, CommerceSettings], beside: Beside, clock: Clock) -> AsyncIterator[House]:
    async with open_house(configured, beside, clock) as house:
        yield house


@pytest.fixture
async def neighbour(
    configured: tuple[Settings, CommerceSettings], beside: Beside, clock: Clock
) -> AsyncIterator[House]:
    """A second worker over the same databases."""
    async with open_house(configured, beside, clock) as house:
        yield house


@asynccontextmanager
async def open_house(
    configured: tuple[Settings, CommerceSettings], beside: Beside, clock: Clock
) -> AsyncIterator[House]:
    settings, own = configured
    house = House(settings, {"commerce": own, **beside}, clock)
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
def switches(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """Spoils the outside services and tells what they were asked; healed after the test."""
    with switches_of(sandbox) as running:
        running.reset()
        yield running
        running.reset()


@pytest.fixture
def till(house: House, gateway: Gateway, shop: Shop, switches: RunningSandbox) -> Till:
    return Till(house, gateway, shop, switches)


@pytest.fixture
def dollars(sandbox: Sandbox) -> Decimal:
    """What one euro is worth, as the rates' service says."""
    answer = httpx.get(f"{sandbox.url}/rates/v1/latest", verify=False).raise_for_status()
    return Decimal(str(answer.json()["rates"]["USD"]))
