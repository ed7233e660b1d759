import pytest

from house import House
from tests.commerce.shop import Clock
from tests.database_servers import FINANCE, Template
from tests.finance.bank import Bank
from tests.gateway_client import Gateway


@pytest.fixture
def tested() -> Template:
    return FINANCE


@pytest.fixture
def bank(house: House, gateway: Gateway, clock: Clock) -> Bank:
    return Bank(house, gateway, clock)
