"""GraphQL over HTTP: POST and GET at one path, answers as the client accepts them."""

import asyncio
from itertools import groupby
from urllib.parse import parse_qs

from graphql import OperationType
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from datasources.actor import ANONYMOUS
from datasources.errors import Refusal, SourceError
from gateway import traces
from gateway.answer import answer
from gateway.connection import ClientLeft, body_of, while_connected
from gateway.cross_site import SECURE, Origins
from gateway.execution import Executor
from gateway.headers import GRAPHQL_JSON, HTML, JSON, Headers, headers_of, is_json, preferred
from gateway.identity import Holder, Tokens, bearer
from gateway.incremental.response import InParts, OnePart, in_parts
from gateway.incremental.streams import Stream, stream_of
from gateway.limits.refusals import Throttled
from gateway.operation import request_refused
from gateway.refused import WrongMethod, refused, told
from gateway.request import BadRequest, Batch, Caller, GraphQLRequest, address_of, addressed, posted, request_id
from gateway.result import Result
from gateway.streams.distinct import Streaming
from gateway.streams.kinds import EVENTS, kind_of
from gateway.streams.reservations import NoReservation
from gateway.streams.reserved import Reserved

ALLOWED = "GET, HEAD, POST, PUT, DELETE, OPTIONS"
NO_SUBSCRIPTIONS = (
    "Subscriptions are served over WebSocket at this path, or to those who accept 'text/event-stream' or"
    " 'multipart/mixed;subscriptionSpec=1.0', each in a request of its own."
)
REQUEST_ID = b"x-request-id"
STREAM_TOKEN = b"x-graphql-event-stream-token"
IN_JSON = (JSON, GRAPHQL_JSON)


class GraphQLEndpoint:
    """An ASGI application. `page` is what browsers see at the same path, if anything."""

    def __init__(
        self,
        executor: Executor,
        tokens: Tokens,
        origins: Origins,
        streaming: Streaming,
        reserved: Reserved,
        page: Response | None,
        max_body_bytes: int,
    ) -> None:
        self._executor = executor
        self._tokens = tokens
        self._origins = origins
        self._streaming = streaming
        self._reserved = reserved
        self._page = page
        self._max_body_bytes = max_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = headers_of(scope)
        if self._page and _looks(scope, headers):
            await self._page(scope, receive, send)
            return
        called = request_id(headers.get(REQUEST_ID, b"").decode("latin-1"))
        try:
            response = await self._response(scope, headers, receive, called)
        except ClientLeft:
            return
        response.raw_headers += (*SECURE, (REQUEST_ID, called.encode()))
        await response(scope, receive, send)

    async def _response(self, scope: Scope, headers: Headers, receive: Receive, called: str) -> Response:
        if scope["method"] == "OPTIONS":
            return Response(status_code=204, headers={"Allow": ALLOWED})
        accept = headers.get(b"accept", b"")
        media_type = preferred(accept, IN_JSON)
        json_type = media_type or JSON
        try:
            if scope["method"] not in ("GET", "HEAD", "POST", "PUT", "DELETE"):
                raise WrongMethod("Send queries by GET or POST, and mutations by POST.", ALLOWED)
            self._origins.admit(headers)
            holder = await holder_of(headers, self._tokens)
            actor = holder.actor if holder else ANONYMOUS
            caller = Caller(actor, called, address_of(scope), traces.context_of(headers))
            token = stream_token(scope, headers)
            if token is not None or scope["method"] in ("PUT", "DELETE"):
                return await self._about_reserved(scope, headers, receive, caller, holder, token)
            if media_type is None and stream_of(accept) is None and kind_of(accept) is None:
                raise BadRequest(f"Answers are '{GRAPHQL_JSON}' or '{JSON}'; accept one of them.", 406)
            asked = await self._asked(scope, headers, receive, caller)
            if live := self._live(asked, scope, caller, holder, accept, media_type):
                return live
        except (Refusal, SourceError) as error:
            request_refused(error, called)
            return refused(error, headers, json_type)
        response = await self._responded(asked, caller, headers, receive, media_type)
        response.raw_headers += self._executor.quota(caller).headers
        return response

    async def _about_reserved(
        self,
        scope: Scope,
        headers: Headers,
        receive: Receive,
        caller: Caller,
        holder: Holder | None,
        token: str | None,
    ) -> Response:
        """The answer to a request that reserves, opens or uses a stream for many operations."""
        method = scope["method"]
        if method == "PUT":
            return self._reserved.reserve(holder)
        if token is None:
            raise NoReservation("Say in 'X-GraphQL-Event-Stream-Token' which stream it is")
        if method == "DELETE":
            (id,) = parse_qs(scope["query_string"].decode("latin-1")).get("operationId", [""])[:1]
            return await self._reserved.complete(token, id, holder)
        if method == "HEAD":
            raise WrongMethod("Open a stream by GET.", "GET, POST, DELETE")
        if method == "GET" and kind_of(headers.get(b"accept", b"")) is EVENTS:
            return await self._reserved.open(token, caller, holder)
        asked = await self._asked(scope, headers, receive, caller)
        if not isinstance(asked, GraphQLRequest):
            raise BadRequest("On a stream, operations are asked for one by one.")
        if not self._executor.can_run(asked):
            body, status = await self._executed(asked, caller)
            return answer(headers, body, JSON, status)
        return await self._reserved.run(token, asked, caller, holder)

    def _live(
        self,
        asked: GraphQLRequest | Batch,
        scope: Scope,
        caller: Caller,
        holder: Holder | None,
        accept: bytes,
        media_type: str | None,
    ) -> Response | None:
        """A subscription's response, or that of whoever takes no other answer. Raises: BadRequest, Throttled."""
        subscribes = self._kind(asked, caller) is OperationType.SUBSCRIPTION
        if not subscribes and (media_type is not None or stream_of(accept) is not None):
            return None
        kind = kind_of(accept)
        if kind is None or not isinstance(asked, GraphQLRequest):
            raise BadRequest(NO_SUBSCRIPTIONS)
        if scope["method"] == "HEAD":
            raise WrongMethod("Subscribe by GET or POST.", "GET, POST")
        return self._streaming.distinct(asked, caller, holder, kind)

    async def _responded(
        self,
        asked: GraphQLRequest | Batch,
        caller: Caller,
        headers: Headers,
        receive: Receive,
        media_type: str | None,
    ) -> Response:
        json_type = media_type or JSON
        stream = self._stream(asked, headers.get(b"accept", b""), media_type)
        try:
            answered = await while_connected(receive, self._answered(asked, caller, stream))
        except Refusal as error:
            return refused(error, headers, json_type)
        if isinstance(answered, InParts):
            return answered
        body, status = answered
        if stream and media_type is None:
            return OnePart(body, stream)
        # An `application/json` client is told of errors in the body only, as the specification has it.
        return answer(headers, body, json_type, status if json_type == GRAPHQL_JSON else 200)

    async def _asked(self, scope: Scope, headers: Headers, receive: Receive, caller: Caller) -> GraphQLRequest | Batch:
        if scope["method"] != "POST":
            asked: GraphQLRequest | Batch = addressed(scope["query_string"])
            if self._kind(asked, caller) is OperationType.MUTATION:
                raise WrongMethod("Mutations are sent by POST.", "POST")
        elif not is_json(headers.get(b"content-type", b"")):
            raise BadRequest(f"Send the request as 'Content-Type: {JSON}', in UTF-8.", 415)
        elif b"content-encoding" in headers:
            raise BadRequest("Send the request as it is, without a Content-Encoding.", 415)
        else:
            asked = posted(await body_of(receive, self._max_body_bytes))
        return asked

    async def _answered(
        self, asked: GraphQLRequest | Batch, caller: Caller, stream: Stream | None
    ) -> tuple[bytes, int] | InParts:
        """The body of the answer, with its status; or what sends it in parts. Raises: Refusal."""
        if isinstance(asked, GraphQLRequest):
            if stream is None:
                return await self._executed(asked, caller)
            result = await in_parts(
                stream,
                lambda parts: self._executor.execute(asked, caller, parts),
                lambda result: self._executor.extensions_of(result, asked, caller),
            )
            return result if isinstance(result, InParts) else self._whole(asked, result, caller)
        answers: list[bytes] = []
        for mutate, requests in groupby(asked, lambda request: self._mutates(request, caller)):
            if mutate:
                answers += [await self._executed_apart(request, caller) for request in requests]
            else:
                answers += await asyncio.gather(*(self._executed_apart(request, caller) for request in requests))
        return b"[%b]" % b",".join(answers), 200

    async def _executed(self, request: GraphQLRequest, caller: Caller) -> tuple[bytes, int]:
        return self._whole(request, await self._executor.execute(request, caller), caller)

    def _whole(self, request: GraphQLRequest, result: Result, caller: Caller) -> tuple[bytes, int]:
        return self._executor.json_of(result, request, caller), 200 if result.executed else 400

    async def _executed_apart(self, request: GraphQLRequest | BadRequest, caller: Caller) -> bytes:
        """The answer to one of a batch, whatever becomes of the others."""
        try:
            if self._kind(request, caller) is OperationType.SUBSCRIPTION:
                raise BadRequest(NO_SUBSCRIPTIONS)
            if isinstance(request, BadRequest):
                raise request
        except Refusal as error:
            request_refused(error, caller.request_id)
            return told(error)
        try:
            body, _ = await self._executed(request, caller)
        except Refusal as error:
            return told(error)
        return body

    def _stream(self, asked: GraphQLRequest | Batch, accept: bytes, media_type: str | None) -> Stream | None:
        """How the answer is sent in parts, if it is; None for a batch, of which each answer is whole."""
        if isinstance(asked, GraphQLRequest) and (media_type is None or self._executor.asks_for_parts(asked)):
            return stream_of(accept)
        return None

    def _kind(self, asked: GraphQLRequest | Batch | BadRequest, caller: Caller) -> OperationType | None:
        """Raises: RateLimited."""
        return self._executor.kind(asked, caller) if isinstance(asked, GraphQLRequest) else None

    def _mutates(self, request: GraphQLRequest | BadRequest, caller: Caller) -> bool:
        try:
            return self._kind(request, caller) is OperationType.MUTATION
        except Throttled:
            return False  # and is told so when it is its turn


async def holder_of(headers: Headers, tokens: Tokens) -> Holder | None:
    """Raises: InvalidToken, SourceError. Without a token it is nobody."""
    authorization = headers.get(b"authorization")
    if authorization is None:
        return None
    token = bearer(authorization.decode("latin-1"))
    return None if token is None else await tokens.holder(token)


def stream_token(scope: Scope, headers: Headers) -> str | None:
    """Of a reserved stream; in the address for those who can send no headers, as browsers' `EventSource`."""
    token = headers.get(STREAM_TOKEN)
    if token is not None:
        return token.decode("latin-1")
    if b"token=" not in scope["query_string"]:
        return None
    return next(iter(parse_qs(scope["query_string"].decode("latin-1")).get("token", ())), None)


def _looks(scope: Scope, headers: Headers) -> bool:
    """Whether somebody opened the path in a browser."""
    return (
        scope["method"] != "POST"
        and not scope["query_string"]
        and preferred(headers.get(b"accept", b""), (*IN_JSON, HTML)) == HTML
    )
