"""GraphQL over WebSocket: the protocol graphql-transport-ws, ignorant of what the operations do."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from graphql import GraphQLError
from starlette.websockets import WebSocket, WebSocketDisconnect

from datasources.actor import Actor
from datasources.errors import HeddleError, Refusal, SourceError
from gateway.errors import masked, refusal, shown
from gateway.limits.refusals import TooManyOperations
from gateway.metrics import SOCKETS
from gateway.operation import request_refused
from gateway.request import Caller, GraphQLRequest, NotExecuted, address_of, request_id
from gateway.websocket_messages import ACK, PING, PONG, Closed, Message, complete_of, error_of, next_of, read

PROTOCOL = "graphql-transport-ws"
CLOSING_TIMEOUT_S = 1.0


async def _never() -> None:
    await asyncio.Event().wait()


@dataclass(frozen=True, slots=True)
class Session:
    """Who speaks on a socket. `over` returns when they may no more: the socket is closed with 4403 then.

    By this code clients know that another token may help: they connect again, with a new one if they can get it.
    """

    actor: Actor
    over: Callable[[], Awaitable[None]] = _never


OpenSession = Callable[[dict[str, Any] | None], Awaitable[Session]]
"""Says who connects, from the payload of `connection_init`; a Refusal closes the socket with 4403."""

Run = Callable[[Caller, GraphQLRequest], AsyncGenerator[bytes, None]]
"""Yields results as JSON objects: one for a query or mutation, any number for a subscription.

NotExecuted and every other error become the operation's `error` message. When the client completes the operation or is
gone, it is cancelled and closed: what must be finished all the same, such as a mutation, it shields itself.
"""

log = structlog.get_logger("heddle")


@dataclass(frozen=True, slots=True)
class SocketLimits:
    init_timeout_s: float = 5.0
    ping_interval_s: float = 20.0
    pong_timeout_s: float = 10.0
    max_operations: int = 100
    max_message_bytes: int = 256 * 1024


class SocketHandler:
    """Serves every WebSocket of a route: `WebSocketRoute("/graphql", handler.serve)`."""

    def __init__(self, open_session: OpenSession, run: Run, limits: SocketLimits | None = None) -> None:
        self._open_session = open_session
        self._run = run
        self._limits = limits or SocketLimits()

    async def serve(self, websocket: WebSocket) -> None:
        """Lives as long as the socket; when it returns, every operation of the socket has ended."""
        spoken = PROTOCOL in websocket.scope.get("subprotocols", ())
        await websocket.accept(PROTOCOL if spoken else None)
        try:
            if not spoken:
                raise Closed(4406, "Subprotocol not acceptable")
            with SOCKETS.track_inprogress():
                await _Connection(websocket, self._open_session, self._run, self._limits).converse()
        except* Closed as group:
            await _close(websocket, next(error for error in group.exceptions if isinstance(error, Closed)))
        except* WebSocketDisconnect:
            pass


class _Connection:
    def __init__(self, websocket: WebSocket, open_session: OpenSession, run: Run, limits: SocketLimits) -> None:
        self._websocket = websocket
        self._open_session = open_session
        self._run = run
        self._limits = limits
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()  # also of cancelled operations that still clean up
        self._ponged = asyncio.Event()

    async def converse(self) -> None:
        """Until the client leaves: always ends with Closed or WebSocketDisconnect, perhaps in a group."""
        try:
            async with asyncio.timeout(self._limits.init_timeout_s):
                session = await self._opened()
        except TimeoutError:
            raise Closed(4408, "Connection initialisation timeout") from None
        await self._send(ACK)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_alive())
            group.create_task(_closed_after(session))
            while True:
                await self._answer(await self._receive(), session.actor, group)

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

    async def _answer(self, message: Message, actor: Actor, group: asyncio.TaskGroup) -> None:
        match message.type:
            case "subscribe":
                await self._subscribe(message.id, message.payload, actor, group)
            case "complete":
                if operation := self._operations.pop(message.id, None):
                    operation.cancel()
            case "connection_init":
                raise Closed(4429, "Too many initialisation requests")
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

    async def _subscribe(self, id: str, request: GraphQLRequest, actor: Actor, group: asyncio.TaskGroup) -> None:
        if id in self._operations:
            raise Closed(4409, f"Subscriber for {id} already exists")
        if len(self._tasks) >= self._limits.max_operations:
            limit = self._limits.max_operations
            error = TooManyOperations("This socket runs", limit, "complete one, or open another socket")
            request_refused(error, request_id())
            await self._send(error_of(id, orjson.dumps([refusal(error)])))
            return
        task = group.create_task(self._operate(id, request, actor))
        self._operations[id] = task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _operate(self, id: str, request: GraphQLRequest, actor: Actor) -> None:
        last = await self._results_sent(id, request, actor)
        # Free before the client hears of the end, since it may use the id again at once.
        self._operations.pop(id, None)
        await self._send(last)

    async def _results_sent(self, id: str, request: GraphQLRequest, actor: Actor) -> str:
        """The last message of the operation, after all of its results have been sent."""
        try:
            async with aclosing(
                self._run(Caller(actor, address=address_of(self._websocket.scope)), request)
            ) as results:
                async for result in results:
                    await self._send(next_of(id, result))
        except WebSocketDisconnect:
            raise
        except NotExecuted as refused:
            return error_of(id, refused.errors)
        except HeddleError as error:
            return error_of(id, orjson.dumps(_shown(error)))
        except Exception:
            # One operation's bug must end neither the socket nor its other operations.
            called = request_id()
            log.exception("bug", request=called)
            return error_of(id, orjson.dumps([masked(called)]))
        return complete_of(id)

    async def _receive(self) -> Message:
        frame = await self._websocket.receive()
        if frame["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(frame.get("code", 1005))
        raw = (frame.get("text") or "").encode()
        if len(raw) > self._limits.max_message_bytes:
            raise Closed(1009, f"Messages are at most {self._limits.max_message_bytes} bytes")
        return read(raw)

    async def _send(self, message: str) -> None:
        try:
            await self._websocket.send_text(message)
        except RuntimeError:
            # uvicorn's answer where it has closed the socket, but not told so yet.
            raise WebSocketDisconnect(1006) from None


async def _closed_after(session: Session) -> None:
    await session.over()
    raise Closed(4403, "Forbidden")


async def _close(websocket: WebSocket, closed: Closed) -> None:
    # A client that reads nothing would keep us here; the server ends its connection when we return.
    with suppress(TimeoutError, WebSocketDisconnect, RuntimeError):
        async with asyncio.timeout(CLOSING_TIMEOUT_S):
            await websocket.close(closed.code, closed.reason)


def _shown(error: HeddleError) -> list[dict[str, Any]]:
    return shown([GraphQLError(str(error), original_error=error)], request_id())
