"""One subscriber at a time, on a real socket, who takes events as they come."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from datasources.actor import Actor
from house import House
from tests.gateway.serving import served

PATIENCE_S = 20
Next = Callable[[], Any]
Listen = Callable[..., AbstractAsyncContextManager[Next]]


@asynccontextmanager
async def listening(house: House) -> AsyncIterator[Listen]:
    """`async with listen(QUERY, ada) as next`: the events, each as it comes; codes where it is refused."""
    async with served(house.app, lifespan="off") as port:

        @asynccontextmanager
        async def listen(query: str, as_: Actor) -> AsyncIterator[Next]:
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

        yield listen
