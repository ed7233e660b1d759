"""Who works at a shop, and what one euro is worth there."""

from collections.abc import AsyncIterator
from decimal import Decimal

import httpx
import pytest

from datasources.sandbox.process import Sandbox
from house import House
from tests import houses
from tests.commerce.shop import Clock, Shop
from tests.commerce.till import Till
from tests.gateway_client import Gateway
from tests.houses import Configured
from tests.sandbox_process import RunningSandbox


@pytest.fixture
async def neighbour(configured: Configured, clock: Clock) -> AsyncIterator[House]:
    """A second worker over the same databases."""
    async with houses.opened(*configured, clock) as house:
        yield house


@pytest.fixture
def till(house: House, gateway: Gateway, shop: Shop, switches: RunningSandbox) -> Till:
    return Till(house, gateway, shop, switches)


@pytest.fixture
def dollars(sandbox: Sandbox) -> Decimal:
    """What one euro is worth, as the rates' service says."""
    answer = httpx.get(f"{sandbox.url}/rates/v1/latest", verify=False).raise_for_status()
    return Decimal(str(answer.json()["rates"]["USD"]))
