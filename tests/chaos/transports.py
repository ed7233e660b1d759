"""How a client subscribes: each way in its own words, all with the same results."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping
from typing import Any

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

Json = dict[str, Any]
EVENTS = "text/event-stream"
PATIENCE_S = 30.0
"""A stream is said to be alive every twelve seconds."""
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


async def events(url: str, token: str | None, request: Json) -> AsyncGenerator[Json, None]:
    """Server-sent events, a stream for each subscription."""
    async with _http(url, token) as http:
        headers = {"Accept": EVENTS}
        async with http.stream("POST", "/graphql", json=request, headers=headers) as response:
            async for result in _sent(await _begun(response)):
                yield _told(result)


async def single(url: str, token: str | None, request: Json) -> AsyncGenerator[Json, None]:
    """Server-sent events, one stream for all subscriptions of a client: of this one."""
    async with _http(url, token) as http:
        reserved = await http.put("/graphql")
        if reserved.status_code != 201:
            raise Refused(reserved.json()["errors"])
        stream = {"X-GraphQL-Event-Stream-Token": reserved.text}
        async with http.stream("GET", "/graphql", headers={"Accept": EVENTS, **stream}) as response:
            await _begun(response)
            asked = await http.post("/graphql", json=request | {"extensions": {"operationId": "1"}}, headers=stream)
            if asked.status_code == 404:
                raise httpx.RemoteProtocolError("the worker that held the stream died meanwhile")
            if asked.status_code != 202:
                raise Refused(asked.json()["errors"])
            async for result in _sent(response):
                yield _told(result["payload"])


async def multipart(url: str, token: str | None, request: Json) -> AsyncGenerator[Json, None]:
    """As Apollo Client asks."""
    async with _http(url, token) as http:
        headers = {"Accept": 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0",application/json'}
        async with http.stream("POST", "/graphql", json=request, headers=headers) as response:
            async for part in _pieces(await _begun(response), b"\r\n---"):
                said = json.loads(part[part.index(b"{") :]) if b"{" in part else {}
                if "errors" in said:
                    raise Refused(said["errors"])
                if said:
                    yield _told(said["payload"])


def _http(url: str, token: str | None) -> httpx.AsyncClient:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    # There is no TLS to verify, and to load what verifies it takes a tenth of a second for each client.
    return httpx.AsyncClient(base_url=url, headers=headers, timeout=PATIENCE_S, verify=False)


async def _begun(response: httpx.Response) -> httpx.Response:
    """Raises: Refused where it is none that stays open."""
    if response.status_code != 200 or "json" in response.headers["content-type"]:
        raise Refused(json.loads(await response.aread())["errors"])
    return response


async def _sent(response: httpx.Response) -> AsyncGenerator[Json, None]:
    """The data of events called `next`."""
    async for event in _pieces(response, b"\n\n"):
        name, _, data = event.partition(b"\ndata:")
        if name == b"event: next":
            yield json.loads(data)


async def _pieces(response: httpx.Response, end: bytes) -> AsyncGenerator[bytes, None]:
    read = b""
    async for chunk in response.aiter_raw():
        *pieces, read = (read + chunk).split(end)
        for piece in pieces:
            yield piece


def _told(result: Json) -> Json:
    """Raises: Refused where it is no result of an event, but why there is none."""
    if "data" not in result:
        raise Refused(result["errors"])
    return result


TRANSPORTS: Mapping[str, Transport] = {
    "websocket": websocket,
    "events": events,
    "single stream": single,
    "multipart": multipart,
}
