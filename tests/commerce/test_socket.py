"""The real house over a real WebSocket: queries, mutations, and who may speak."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from house import House
from tests.commerce.shop import Shop
from tests.gateway.serving import served

CREATE = """mutation ($category: ID!) {
  createProduct(input: {
    sku: "SKU-X", name: "Mug", description: "Holds tea", categoryId: $category, price: {amount: "9.50", currency: EUR}
  }) { product { name price { amount } } }
}"""


@pytest.fixture
async def port(house: House) -> AsyncIterator[int]:
    async with served(house.app, lifespan="off") as port:
        yield port


def socket(port: int) -> connect:
    protocol = [Subprotocol("graphql-transport-ws")]
    return connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, compression=None, proxy=None)


async def ask(client: ClientConnection, query: str, variables: dict[str, Any] | None = None) -> Any:
    await client.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query, "variables": variables}}))
    answer = json.loads(await client.recv())
    if answer["type"] == "next":
        assert json.loads(await client.recv()) == {"type": "complete", "id": "1"}
    return answer["payload"]


async def test_queries_and_mutations(port: int, house: House, shop: Shop) -> None:
    category = shop.id("ProductCategory", await shop.category("Cups"))
    staff = shop.staff("catalogue:write")
    assert staff.id is not None
    token = house.tokens.issue(staff.id, staff.scopes, 60)
    async with socket(port) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        assert json.loads(await client.recv()) == {"type": "connection_ack"}
        assert await ask(client, "{ products { totalCount } }") == {"data": {"products": {"totalCount": 0}}}
        assert await ask(client, CREATE, {"category": category}) == {
            "data": {"createProduct": {"product": {"name": "Mug", "price": {"amount": "9.50"}}}}
        }
        answer = {"data": {"products": {"totalCount": 1}}}
        assert await ask(client, "{ products { totalCount } }") == answer, "each operation reads anew"
        (error,) = await ask(client, "{ nothing }")
        assert error["extensions"] == {"code": "GRAPHQL_VALIDATION_FAILED"}


async def test_without_a_token_one_is_nobody(port: int, shop: Shop) -> None:
    category = shop.id("ProductCategory", await shop.category("Cups"))
    async with socket(port) as client:
        await client.send(json.dumps({"type": "connection_init"}))
        await client.recv()
        answer = await ask(client, CREATE, {"category": category})
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["UNAUTHENTICATED"]


@pytest.mark.parametrize("token", ["x", 7, ""])
async def test_a_wrong_token_closes_the_socket(port: int, token: Any) -> None:
    async with socket(port) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        with pytest.raises(ConnectionClosed):
            await client.recv()
        assert (client.close_code, client.close_reason) == (4403, "Forbidden")
