"""GraphQL over HTTP: POST and GET at one path, answers as the client accepts them."""

import asyncio
import re
from collections.abc import Coroutine
from typing import Any

import orjson
from graphql import OperationType
from starlette.requests import Request
from starlette.responses import Response

from datasources.actor import ANONYMOUS, Actor
from datasources.errors import Refusal, Unauthenticated
from gateway.errors import refusal
from gateway.execution import Executor, Result
from gateway.identity import Tokens, bearer
from gateway.limits.refusals import Throttled
from gateway.operation import request_refused
from gateway.request import BadRequest, Caller, GraphQLRequest, address_of, request_id

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
REQUEST_ID = "X-Request-ID"


class GraphQLEndpoint:
    """`page` is what browsers see at the same path, if anything."""

    def __init__(self, executor: Executor, tokens: Tokens, page: Response | None) -> None:
        self._executor = executor
        self._tokens = tokens
        self._page = page

    async def serve(self, request: Request) -> Response:
        accepted = _accepted(request)
        if self._page and request.method != "POST" and "query" not in request.query_params and "text/html" in accepted:
            return self._page
        media_type = next((kind for kind in accepted if kind in (GRAPHQL_JSON, JSON)), JSON)
        called = request_id(request.headers.get(REQUEST_ID))
        response = await self._answer(request, called, media_type)
        response.headers[REQUEST_ID] = called
        return response

    async def _answer(self, request: Request, request_id: str, media_type: str) -> Response:
        try:
            actor = await actor_of(request, self._tokens)
            asked = await _read(request)
            self._allow(request, asked)
        except Refusal as error:
            request_refused(error, request_id)
            return _refusal(error, media_type)
        try:
            caller = Caller(actor, request_id, address_of(request))
            result = await _while_connected(request, self._executor.execute(asked, caller))
        except Refusal as error:
            return _refusal(error, media_type)
        if result is None:
            return Response(status_code=499)  # nobody is left to read it
        return Response(result.json, _status(result, media_type), media_type=media_type)

    def _allow(self, request: Request, asked: GraphQLRequest) -> None:
        kind = self._executor.kind(asked)
        if kind is OperationType.SUBSCRIPTION:
            raise BadRequest("Subscriptions are served over WebSocket at this path.")
        if request.method != "POST" and kind is OperationType.MUTATION:
            raise BadRequest("Mutations are sent by POST.", 405)


async def actor_of(request: Request, tokens: Tokens) -> Actor:
    """Raises: Unauthenticated. Without a token it is nobody."""
    token = bearer(request.headers.get("authorization"))
    return ANONYMOUS if token is None else await tokens.actor_of(token)


async def _read(request: Request) -> GraphQLRequest:
    if request.method != "POST":
        return GraphQLRequest.read(_from_address(request))
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != JSON:
        raise BadRequest(f"Send the request as 'Content-Type: {JSON}'.", 415)
    if "content-encoding" in request.headers:
        raise BadRequest("Send the request as it is, without a Content-Encoding.", 415)
    try:
        return GraphQLRequest.read(orjson.loads(await request.body()))
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"The request is not JSON: {error}.") from None


def _from_address(request: Request) -> dict[str, Any]:
    payload: dict[str, Any] = dict(request.query_params)
    for member in ("variables", "extensions"):
        if text := payload.get(member):
            try:
                payload[member] = orjson.loads(text)
            except orjson.JSONDecodeError as error:
                raise BadRequest(f"`{member}` is not JSON: {error}.") from None
    return payload


async def _while_connected(request: Request, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result; None where the client went away first, and the work with it."""
    running = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnected(request))
    try:
        await asyncio.wait({running, gone}, return_when=asyncio.FIRST_COMPLETED)
        return running.result() if running.done() else None
    finally:
        running.cancel()
        gone.cancel()


async def _disconnected(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass  # a GET's empty body comes first


def _accepted(request: Request) -> list[str]:
    """The media types that the client takes, the dearest first."""
    weighed = []
    for part in request.headers.get("accept", "*/*").lower().split(","):
        media_type, _, parameters = part.partition(";")
        quality = re.search(r"\bq=([01](?:\.\d{0,3})?)", parameters)
        weighed.append((float(quality[1]) if quality else 1.0, media_type.strip()))
    return [media_type for quality, media_type in sorted(weighed, key=lambda kind: -kind[0]) if quality]


def _status(result: Result, media_type: str) -> int:
    """An `application/json` client is told of errors in the body only, as the specification has it."""
    return 200 if result.executed or media_type == JSON else 400


def _refusal(error: Refusal, media_type: str) -> Response:
    status = error.status if isinstance(error, BadRequest) else 429 if isinstance(error, Throttled) else 401
    headers = {}
    if isinstance(error, Throttled):
        headers["Retry-After"] = str(error.retry_after_s)
    if isinstance(error, Unauthenticated):
        headers["WWW-Authenticate"] = "Bearer"
    if status == 405:
        headers["Allow"] = "POST"
    return Response(orjson.dumps({"errors": [refusal(error)]}), status, headers, media_type)
