import pytest

from house import House
from tests.commerce.shop import Clock
from tests.database_servers import ENTERPRISE, Template
from tests.enterprise.company import Company
from tests.enterprise.crm import Crm
from tests.gateway_client import Gateway


@pytest.fixture
def tested() -> Template:
    return ENTERPRISE


@pytest.fixture
async def company(house: House, gateway: Gateway, clock: Clock) -> Company:
    company = Company(house, gateway, clock)
    await company.found()
    return company


@pytest.fixture
def crm(company: Company) -> Crm:
    return Crm(company)
