"""The gateway as an ASGI application: the graph over HTTP and WebSocket, and its health."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from secrets import token_bytes, token_hex
from typing import Any

import structlog
from graphql import GraphQLSchema
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from datasources.deadline import deadline
from datasources.errors import SourceError
from gateway.cross_site import SECURE, Origins, OwnPagesOnly, SecurityHeaders, cors
from gateway.draining import STATE, Draining, closing
from gateway.errors import masked
from gateway.execution import Executor, OpenContext
from gateway.explorer import Explorer
from gateway.http import GraphQLEndpoint
from gateway.identity import Tokens, token_of
from gateway.limits import DEFAULT, Limits
from gateway.limits.connections import Connections
from gateway.persisted import Persisted
from gateway.request import BadRequest
from gateway.results import results
from gateway.session import Session
from gateway.streams.distinct import Streaming
from gateway.streams.reserved import Reserved
from gateway.websocket import SocketHandler

PATHS = ("/graphql", "/graphql/")
Check = Callable[[], Awaitable[None]]
CHECK_TIMEOUT_S = 3.0
READY_KEPT_S = 1.0
"""Anybody may ask whether we are ready, and each check is a request to a service: they are not made more often."""

log = structlog.get_logger("heddle")


@dataclass(frozen=True, slots=True)
class Graph:
    """What the gateway serves: it knows nothing else of the domains. `checks` are the sources by name.

    `persisted` are the documents that requests may name.
    """

    schema: GraphQLSchema
    open_context: OpenContext
    checks: Callable[[], Mapping[str, Check]]
    routes: Sequence[BaseRoute] = ()
    persisted: Persisted | None = None


def application(
    graph: Graph,
    tokens: Tokens,
    *,
    planned: bool,
    explains: bool,
    operation_timeout_s: float,
    max_body_bytes: int,
    cors_origins: Sequence[str],
    explorer: Explorer | None = None,
    limits: Limits = DEFAULT,
    trusted_proxies: Sequence[str] = (),
    draining: Draining | None = None,
    alone: bool = True,
    secret: bytes | None = None,
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]],
) -> Starlette:
    """By their `secret`, processes that serve together know each other's words; one that is `alone` needs none."""
    executor = Executor(
        graph.schema,
        graph.open_context,
        operation_timeout_s,
        planned=planned,
        explains=explains,
        persisted=graph.persisted,
        limits=limits,
    )
    origins = Origins(cors_origins)
    draining = draining or Draining()
    connections = Connections(limits.max_connections)
    streaming = Streaming(executor, tokens, connections, draining)
    reserved = Reserved(streaming, secret or token_bytes(), limits.redis_url, alone=alone)
    page = explorer.page if explorer else None
    endpoint = GraphQLEndpoint(executor, tokens, origins, streaming, reserved, page, max_body_bytes)
    socket = SocketHandler(
        lambda payload: Session.of(tokens, token_of(payload)),
        partial(results, executor),
        connections,
        draining=draining,
        lasts=executor.lasts,
    )
    readiness = _Readiness(graph.checks)

    @asynccontextmanager
    async def opened(app: Starlette) -> AsyncIterator[dict[str, Any]]:
        async with lifespan(app):
            yield {STATE: draining}
            await executor.finish()
            await reserved.close()

    async def ready(_: Request) -> Response:
        if draining.leaving:
            return JSONResponse({"ready": False, "draining": True}, 503)
        states = await readiness.states()
        healthy = all(state == "ok" for state in states.values())
        return JSONResponse({"ready": healthy, "sources": states}, 200 if healthy else 503)

    others = [
        Route("/health/live", _live),
        Route("/health/ready", ready),
        *graph.routes,
        *(explorer.routes if explorer else ()),
    ]
    return Starlette(
        routes=[
            *(WebSocketRoute(path, socket.serve, middleware=[Middleware(OwnPagesOnly, origins)]) for path in PATHS),
            Mount("", Router(others, redirect_slashes=False), max_body_size=max_body_bytes),
        ],
        lifespan=opened,
        middleware=[
            *_behind(trusted_proxies),
            *cors(cors_origins),
            Middleware(_GraphFirst, endpoint, draining),
            Middleware(SecurityHeaders),
        ],
        exception_handlers={HTTPException: _not_served, Exception: _failed},
    )


class _GraphFirst:
    """Middleware: requests to the graph go there at once. To look for their route takes as long as to read them."""

    def __init__(self, app: ASGIApp, graph: GraphQLEndpoint, draining: Draining) -> None:
        self._app = app
        self._graph = graph
        self._draining = draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if self._draining.leaving:
            send = closing(send)
        await (self._graph if scope["path"] in PATHS else self._app)(scope, receive, send)


def _behind(proxies: Sequence[str]) -> list[Middleware]:
    """Clients are at the addresses that these proxies say, and nobody else is believed."""
    return [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(proxies))] if proxies else []


async def _not_served(_: Request, error: Any) -> Response:
    """Paths and methods that are not there, for whoever asks them for the graph."""
    message = f"{error.detail}. The graph is at {PATHS[0]}."
    told = {"errors": [{"message": message, "extensions": {"code": BadRequest.code}}]}
    return JSONResponse(told, error.status_code, error.headers)


async def _failed(request: Request, error: Exception) -> Response:
    """A bug outside of any operation; the server logs its traceback next."""
    request_id = token_hex(16)
    log.error("bug", request=request_id, method=request.method, error=type(error).__name__)
    response = JSONResponse({"errors": [masked(request_id)]}, 500)
    response.raw_headers += SECURE
    return response


async def _live(_: Request) -> Response:
    return JSONResponse({"live": True})


class _Readiness:
    """How the sources are, by name. Those who ask while somebody is being told, or shortly after, are told the same."""

    def __init__(self, checks: Callable[[], Mapping[str, Check]]) -> None:
        self._checks = checks
        self._asked: asyncio.Task[dict[str, str]] | None = None
        self._asked_at = 0.0

    async def states(self) -> dict[str, str]:
        old = time.monotonic() - self._asked_at > READY_KEPT_S
        if self._asked is None or (old and self._asked.done()):
            self._asked = asyncio.create_task(_states(self._checks()))
            self._asked_at = time.monotonic()
        return await asyncio.shield(self._asked)


async def _states(checks: Mapping[str, Check]) -> dict[str, str]:
    async def state(check: Check) -> str:
        try:
            with deadline(CHECK_TIMEOUT_S):
                await check()
        except SourceError as error:
            return error.code
        return "ok"

    states = await asyncio.gather(*(state(check) for check in checks.values()))
    return dict(zip(checks, states, strict=True))
