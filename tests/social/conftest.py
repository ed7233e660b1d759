import pytest

from datasources.social import sources
from datasources.social.stores import Social
from house import House
from tests.commerce.shop import Clock
from tests.database_servers import SOCIAL, Template
from tests.gateway_client import Gateway
from tests.social.town import Town


@pytest.fixture
def tested() -> Template:
    return SOCIAL


@pytest.fixture(autouse=True)
def recommended_within_s(monkeypatch: pytest.MonkeyPatch) -> None:
    """Enough on a busy machine."""
    monkeypatch.setattr(sources, "RECOMMENDED_WITHIN_S", 60.0)


@pytest.fixture
def town(house: House, gateway: Gateway, clock: Clock) -> Town:
    return Town(house.sources[Social], gateway, clock)
