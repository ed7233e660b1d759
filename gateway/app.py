"""The gateway as an ASGI application: the graph over HTTP and WebSocket, and its health."""

from collections.abc import AsyncIterator, Callable, Sequence
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
from starlette.routing import BaseRoute, Mount, Router, WebSocketRoute
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from gateway.cross_site import SECURE, Origins, OwnPagesOnly, SecurityHeaders, cors
from gateway.draining import STATE, Draining, closing
from gateway.errors import masked
from gateway.execution import Executor, OpenContext
from gateway.explorer import Explorer
from gateway.health import Checks, health
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
Lifespan = Callable[[Starlette], AbstractAsyncContextManager[None]]

log = structlog.get_logger("heddle")


@dataclass(frozen=True, slots=True)
class Graph:
    """What the gateway serves: it knows nothing else of the domains. `checks` are the sources by name.

    `persisted` are the documents that requests may name.
    """

    schema: GraphQLSchema
    open_context: OpenContext
    checks: Checks
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
    lifespan: Lifespan,
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
    draining = draining or Draining()
    connections = Connections(limits.max_connections)
    streaming = Streaming(executor, tokens, connections, draining)
    reserved = Reserved(streaming, secret or token_bytes(), limits.redis_url, alone=alone)
    origins = Origins(cors_origins)
    page = explorer.page if explorer else None
    endpoint = GraphQLEndpoint(executor, tokens, origins, streaming, reserved, page, max_body_bytes)
    others = [*health(graph.checks, draining), *graph.routes, *(explorer.routes if explorer else ())]
    return Starlette(
        routes=[
            *_sockets(executor, tokens, connections, draining, origins),
            Mount("", Router(others, redirect_slashes=False), max_body_size=max_body_bytes),
        ],
        lifespan=partial(_open, lifespan, draining, executor, reserved),
        middleware=[
            *_behind(trusted_proxies),
            *cors(cors_origins),
            Middleware(_GraphFirst, endpoint, draining),
            Middleware(SecurityHeaders),
        ],
        exception_handlers={HTTPException: _not_served, Exception: _failed},
    )


def _sockets(
    executor: Executor, tokens: Tokens, connections: Connections, draining: Draining, origins: Origins
) -> list[WebSocketRoute]:
    handler = SocketHandler(
        lambda payload: Session.of(tokens, token_of(payload)),
        partial(results, executor),
        connections,
        draining=draining,
        lasts=executor.lasts,
    )
    return [WebSocketRoute(path, handler.serve, middleware=[Middleware(OwnPagesOnly, origins)]) for path in PATHS]


@asynccontextmanager
async def _open(
    lifespan: Lifespan, draining: Draining, executor: Executor, reserved: Reserved, app: Starlette
) -> AsyncIterator[dict[str, Any]]:
    async with lifespan(app):
        yield {STATE: draining}
        await executor.finish()
        await reserved.close()


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
