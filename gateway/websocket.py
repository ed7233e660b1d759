"""GraphQL over WebSocket: the protocol graphql-transport-ws, ignorant of what the operations do."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import orjson
from starlette.websockets import WebSocket, WebSocketDisconnect

from datasources.errors import Refusal, SourceError
from gateway.connection import ClientLeft
from gateway.draining import Draining
from gateway.errors import refusal
from gateway.frames import SEND_FRAMES, SendFrames, frame
from gateway.identity import token_of
from gateway.limits.connections import Connections
from gateway.limits.refusals import TooManyConnections, TooManyOperations
from gateway.metrics import SOCKETS
from gateway.operation import request_refused
from gateway.page import Page
from gateway.request import Caller, GraphQLRequest, address_of, request_id
from gateway.results import Run, sent
from gateway.session import AnotherPerson, Session
from gateway.websocket_messages import (
    ACK,
    PING,
    PONG,
    Closed,
    Message,
    before_results,
    complete_of,
    error_of,
    pong_of,
    read,
)

PROTOCOL = "graphql-transport-ws"
CLOSING_TIMEOUT_S = 1.0
RESTARTING = (1012, "Service restart")

OpenSession = Callable[[dict[str, Any] | None], Awaitable[Session]]
"""Says who connects, from the payload of `connection_init`; a Refusal closes the socket with 4403.

So does the end of the session: by this code clients know that another token may help, and connect again.
"""

Lasts = Callable[[GraphQLRequest], bool]
"""Whether an operation, which runs, is one without an end, that is not waited for when the process ends."""


@dataclass(frozen=True, slots=True)
class SocketLimits:
    init_timeout_s: float = 5.0
    ping_interval_s: float = 20.0
    pong_timeout_s: float = 10.0
    max_operations: int = 100
    max_message_bytes: int = 256 * 1024


class SocketHandler:
    """Serves every WebSocket of a route: `WebSocketRoute("/graphql", handler.serve)`."""

    def __init__(
        self,
        open_session: OpenSession,
        run: Run,
        connections: Connections,
        limits: SocketLimits | None = None,
        *,
        draining: Draining | None = None,
        lasts: Lasts = lambda _: False,
    ) -> None:
        self._open_session = open_session
        self._run = run
        self._connections = connections
        self._limits = limits or SocketLimits()
        self._draining = draining or Draining()
        self._lasts = lasts

    async def serve(self, websocket: WebSocket) -> None:
        """Lives as long as the socket; when it returns, every operation of the socket has ended."""
        spoken = PROTOCOL in websocket.scope.get("subprotocols", ())
        await websocket.accept(PROTOCOL if spoken else None)
        try:
            if not spoken:
                raise Closed(4406, "Subprotocol not acceptable")
            if self._draining.over:
                raise Closed(*RESTARTING)
            with self._connections.one(), SOCKETS.track_inprogress():
                served = (self._open_session, self._run, self._connections, self._limits, self._draining, self._lasts)
                await _Connection(websocket, *served).converse()
        except* TooManyConnections as group:
            refused = next(error for error in group.exceptions if isinstance(error, TooManyConnections))
            request_refused(refused, request_id())
            await _close(websocket, Closed(1013, str(refused)))
        except* Closed as group:
            await _close(websocket, next(error for error in group.exceptions if isinstance(error, Closed)))
        except* ClientLeft:
            pass


class _Connection:
    def __init__(
        self,
        websocket: WebSocket,
        open_session: OpenSession,
        run: Run,
        connections: Connections,
        limits: SocketLimits,
        draining: Draining,
        lasts: Lasts,
    ) -> None:
        self._websocket = websocket
        self._send_frames: SendFrames = websocket.scope["extensions"][SEND_FRAMES]
        self._address = address_of(websocket.scope)
        self._open_session = open_session
        self._run = run
        self._connections = connections
        self._limits = limits
        self._draining = draining
        self._lasts = lasts
        self._leaving = False
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: dict[asyncio.Task[None], GraphQLRequest] = {}  # also of cancelled operations that still clean up
        self._ponged = asyncio.Event()

    async def converse(self) -> None:
        """Until the client leaves: always ends with Closed, TooManyConnections or ClientLeft, perhaps in a
        group."""
        try:
            async with asyncio.timeout(self._limits.init_timeout_s):
                session = await self._opened()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        with self._connections.of(Caller(session.actor, address=self._address)):
            await self._send(ACK)
            try:
                async with asyncio.TaskGroup() as group:
                    group.create_task(self._keep_alive())
                    group.create_task(_closed_after(session))
                    group.create_task(self._leave())
                    while True:
                        await self._answer(await self._receive(), session, group)
            finally:
                self._operations.clear()  # a task that is cancelled holds all that it did, and this connection

    async def _opened(self) -> Session:
        while (message := await self._receive()).type != "connection_init":
            if message.type == "subscribe":
                raise Closed(4401, "Unauthorized")
            await self._heartbeat(message)
        try:
            return await self._open_session(message.payload)
        except Refusal as error:
            request_refused(error, request_id())
            raise Closed(4403, "Forbidden") from None
        except SourceError as error:
            request_refused(error, request_id())
            raise Closed(1013, "Try again later") from None

    async def _answer(self, message: Message, session: Session, group: asyncio.TaskGroup) -> None:
        match message.type:
            case "subscribe":
                await self._subscribe(message.id, message.payload, session, group)
            case "complete":
                if operation := self._operations.pop(message.id, None):
                    operation.cancel()
            case "connection_init":
                raise Closed(4429, "Too many initialisation requests")
            case "ping" if message.payload:
                await self._send(await _renewed(session, message.payload))
            case _:
                await self._heartbeat(message)

    async def _heartbeat(self, message: Message) -> None:
        if message.type == "ping":
            await self._send(PONG)
        elif message.type == "pong":
            self._ponged.set()

    async def _keep_alive(self) -> None:
        while True:
            await asyncio.sleep(self._limits.ping_interval_s)
            self._ponged.clear()
            try:
                async with asyncio.timeout(self._limits.pong_timeout_s):
                    await self._send(PING)
                    await self._ponged.wait()
            except TimeoutError:
                raise Closed(4499, "Terminated: no pong came") from None

    async def _leave(self) -> None:
        """When the process ends: what has an end is finished, and the client asks for the rest somewhere else."""
        await self._draining.told()
        self._leaving = True
        if finite := [task for task, request in self._tasks.items() if not self._lasts(request)]:
            await asyncio.wait(finite)
        raise Closed(*RESTARTING)

    async def _subscribe(self, id: str, request: GraphQLRequest, session: Session, group: asyncio.TaskGroup) -> None:
        if self._leaving:
            return  # the socket closes in a moment, and the client asks again
        if id in self._operations:
            raise Closed(4409, f"Subscriber for {id} already exists")
        if len(self._tasks) >= self._limits.max_operations:
            limit = self._limits.max_operations
            error = TooManyOperations("This socket runs", limit, "complete one, or open another socket")
            request_refused(error, request_id())
            await self._send(error_of(id, orjson.dumps([refusal(error)])))
            return
        task = group.create_task(self._operate(id, request, session))
        self._operations[id] = task
        self._tasks[task] = request
        task.add_done_callback(self._tasks.pop)

    async def _operate(self, id: str, request: GraphQLRequest, session: Session) -> None:
        before = before_results(id)

        def send(page: Page) -> Awaitable[None]:
            return self._send_frames(page.framed(before))

        failure = await sent(self._run, Caller(session.actor, address=self._address), request, session, send)
        # Free before the client hears of the end, since it may use the id again at once.
        self._operations.pop(id, None)
        await self._send(error_of(id, failure.errors) if failure else complete_of(id))

    async def _receive(self) -> Message:
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise ClientLeft
        raw = (frame.get("text") or "").encode()
        if len(raw) > self._limits.max_message_bytes:
            raise Closed(1009, f"Messages are at most {self._limits.max_message_bytes} bytes")
        return read(raw)

    async def _send(self, message: bytes) -> None:
        await self._send_frames(frame(message))


async def _closed_after(session: Session) -> None:
    await session.over()
    raise Closed(4403, "Forbidden")


async def _renewed(session: Session, payload: dict[str, Any]) -> bytes:
    """The pong: whether the token that came with the ping is in force now, and until when the one in force is."""
    try:
        token = token_of(payload)
        if token is None:
            return PONG
        await session.renew(token)
    except AnotherPerson as error:
        request_refused(error, request_id())
        raise Closed(4403, str(error)) from None
    except (Refusal, SourceError) as error:
        request_refused(error, request_id())
        return pong_of({"authorized": False, "until": session.until, "error": refusal(error)})
    return pong_of({"authorized": True, "until": session.until})


async def _close(websocket: WebSocket, closed: Closed) -> None:
    # A client that reads nothing would keep us here; the server ends its connection when we return.
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSING_TIMEOUT_S):
            await websocket.close(closed.code, closed.reason)
