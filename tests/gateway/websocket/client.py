"""A real client of graphql-transport-ws, and a real uvicorn that it talks to."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from datasources.actor import Actor
from datasources.ids import utc_now
from gateway.identity import Holder, Tokens
from gateway.limits.connections import Connections
from gateway.page import Page
from gateway.request import Caller, GraphQLRequest
from gateway.results import Run
from gateway.session import Session
from gateway.websocket import PROTOCOL, OpenSession, SocketHandler, SocketLimits
from tests.gateway.example import TOKENS

ADA = Actor(UUID(int=1), frozenset({"cart"}))
PATIENCE_S = 10
MAX_FRAME_BYTES = 1_000_000
SUBSCRIBE = {"id": "1", "type": "subscribe", "payload": {"query": "{ me }"}}
ONE_ANSWER = [{"id": "1", "type": "next", "payload": {"data": {"me": "Ada"}}}, {"id": "1", "type": "complete"}]


def session(actor: Actor = ADA, tokens: Tokens = TOKENS) -> Session:
    now = utc_now().timestamp()
    return Session(tokens, Holder(actor, now, now + 3600))


class Client:
    """Says and hears messages; `served` is the server's side of this socket."""

    def __init__(self, connection: ClientConnection, served: "asyncio.Future[None]") -> None:
        self.connection = connection
        self._served = served

    async def say(self, *messages: dict[str, Any] | str | bytes) -> None:
        for message in messages:
            await self.connection.send(json.dumps(message) if isinstance(message, dict) else message)

    async def hear(self) -> dict[str, Any]:
        async with asyncio.timeout(PATIENCE_S):
            frame = await self.connection.recv()
        assert isinstance(frame, str), "JavaScript clients refuse binary frames"
        message: dict[str, Any] = json.loads(frame)
        return message

    async def ask(self, *messages: dict[str, Any] | str | bytes, hears: int = 1) -> list[dict[str, Any]]:
        await self.say(*messages)
        return [await self.hear() for _ in range(hears)]

    async def init(self) -> None:
        assert await self.ask({"type": "connection_init"}) == [{"type": "connection_ack"}]

    async def closed(self) -> tuple[int | None, str | None]:
        async with asyncio.timeout(PATIENCE_S):
            await self.connection.wait_closed()
        return self.connection.close_code, self.connection.close_reason

    async def served(self) -> None:
        """Waits for the end of the server's side; raises what it raised."""
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.shield(self._served)


class Server:
    """Serves each path by a handler of its own, so that the tests share one uvicorn."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.handlers: dict[str, SocketHandler] = {}
        self.served: dict[str, asyncio.Future[None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        serving = asyncio.ensure_future(self.handlers[scope["path"]].serve(WebSocket(scope, receive, send)))
        served = self.served[scope["path"]]
        await asyncio.wait([serving])
        if error := serving.exception():
            served.set_exception(error)
        else:
            served.set_result(None)

    @asynccontextmanager
    async def dial(
        self,
        run: Run,
        open_session: OpenSession | None = None,
        limits: SocketLimits | None = None,
        connections: Connections | None = None,
        subprotocols: tuple[str, ...] = (PROTOCOL,),
    ) -> AsyncIterator[Client]:
        async def as_ada(params: dict[str, Any] | None) -> Session:
            return session()

        path = f"/{len(self.handlers)}"
        self.handlers[path] = SocketHandler(open_session or as_ada, run, connections or Connections(100), limits)
        self.served[path] = asyncio.get_running_loop().create_future()
        spoken = [Subprotocol(name) for name in subprotocols] or None
        async with connect(
            f"ws://127.0.0.1:{self.port}{path}", subprotocols=spoken, compression=None, proxy=None
        ) as connection:
            client = Client(connection, self.served[path])
            yield client
        await client.served()


Dial = Callable[..., AbstractAsyncContextManager[Client]]


class Feed:
    """Subscriptions that yield what the test publishes."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[bytes]] = {}
        self.started: asyncio.Queue[str] = asyncio.Queue()
        self.ended: asyncio.Queue[str] = asyncio.Queue()

    async def run(self, caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        name = request.query
        self.queues[name] = asyncio.Queue()
        self.started.put_nowait(name)
        try:
            while event := await self.queues[name].get():
                yield Page((event,))
        finally:
            self.ended.put_nowait(name)

    async def begin(self, client: Client, id: str, name: str) -> None:
        await client.say({"id": id, "type": "subscribe", "payload": {"query": name}})
        async with asyncio.timeout(PATIENCE_S):
            assert await self.started.get() == name

    async def end(self) -> str:
        async with asyncio.timeout(PATIENCE_S):
            return await self.ended.get()


async def me(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
    yield Page((b'{"data":{"me":"Ada"}}',))
