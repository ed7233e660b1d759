"""How a client subscribes: each way in its own words, all with the same results."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

Json = dict[str, Any]
LOST = (OSError, EOFError, WebSocketException, httpx.HTTPError)
"""What is raised when a connection is gone, or cannot be had."""

Transport = Callable[[str, str | None, Json], AsyncGenerator[Json, None]]
"""Given the gateway's URL, a token and a request, it yields `{"data": …, "errors": …}` until the server ends it.

Raises: one of LOST, Refused.
"""


class Refused(Exception):
    """The server did not begin, or ended it with these errors."""

    def __init__(self, errors: list[Json]) -> None:
        super().__init__(str(errors))
        self.codes = {str(error["extensions"]["code"]) for error in errors}


async def websocket(url: str, token: str | None, request: Json) -> AsyncGenerator[Json, None]:
    address = f"{url.replace('http', 'ws')}/graphql"
    spoken = [Subprotocol("graphql-transport-ws")]
    async with connect(
        address, subprotocols=spoken, compression=None, ping_interval=None, max_size=None, proxy=None
    ) as socket:
        await socket.send(json.dumps({"type": "connection_init", "payload": {"token": token} if token else None}))
        async for text in socket:
            message = json.loads(text)
            match message["type"]:
                case "connection_ack":
                    await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": request}))
                case "ping":
                    await socket.send('{"type":"pong"}')
                case "next":
                    yield message["payload"]
                case "error":
                    raise Refused(message["payload"])


TRANSPORTS: Mapping[str, Transport] = {"websocket": websocket}
