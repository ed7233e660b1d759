"""The whole gateway over fresh databases; that of finance is of each kind, the others stand beside."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from datasources.actor import Actor
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
from tests.finance.bank import Bank
from tests.gateway.serving import served
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox, switches_of

PATIENCE_S = 20
Next = Callable[[], Any]
Listen = Callable[..., AbstractAsyncContextManager[Next]]


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
    finance_url: str,
    enterprise: EnterpriseSettings,
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
        "finance": read(FinanceSettings, finance_database_url=finance_url, screening_url=f"{at}/screening"),
        "enterprise": enterprise,
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
def bank(house: House, gateway: Gateway, clock: Clock) -> Bank:
    return Bank(house, gateway, clock)


@pytest.fixture
def switches(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """Spoils the outside services and tells what they were asked; healed after the test."""
    with switches_of(sandbox) as running:
        running.reset()
        yield running
        running.reset()


@pytest.fixture
async def listen(house: House) -> AsyncIterator[Listen]:
    """`async with listen(QUERY, ada) as next`: the events, each as it comes; codes where it is refused."""
    async with served(house.app, lifespan="off") as port:

        @asynccontextmanager
        async def listening(query: str, as_: Actor) -> AsyncIterator[Next]:
            url, protocol = f"ws://127.0.0.1:{port}/graphql", Subprotocol("graphql-transport-ws")
            async with connect(url, subprotocols=[protocol], proxy=None) as socket:
                token = {"token": house.tokens.issue(as_.signed_in, as_.scopes, 600)} if as_.id else {}
                await socket.send(json.dumps({"type": "connection_init", "payload": token}))
                await socket.recv()
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))

                async def next() -> Any:
                    async with asyncio.timeout(PATIENCE_S):
                        message = json.loads(await socket.recv())
                    if message["type"] == "error":
                        return [error["extensions"]["code"] for error in message["payload"]]
                    assert message["type"] == "next", message
                    (value,) = message["payload"]["data"].values()
                    return value

                yield next

        yield listening
