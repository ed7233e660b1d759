"""A GraphQL request as it comes over any transport, read strictly."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

import orjson

from datasources.actor import Actor
from datasources.errors import Refusal

if TYPE_CHECKING:
    from gateway.documents import Document

MAX_BATCH = 10
"""As many as Apollo's client puts into one unless told otherwise."""


class BadRequest(Refusal):
    """Not a GraphQL request at all: nothing of it was looked at. `status` is for HTTP."""

    code = "BAD_REQUEST"

    def __init__(self, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.status = status


_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=-]{1,64}")
"""UUIDs, and what proxies write; no room for a token, an address or a line of a log."""


def request_id(given: str | None = None) -> str:
    """What the request is called in answers and logs: as the caller calls it, where that is well-formed."""
    return given if given is not None and _REQUEST_ID.fullmatch(given) else os.urandom(16).hex()


@dataclass(slots=True)  # frozen, it would take four times as long to make
class Caller:
    """Who asks, how the request is called in answers and logs, and the address that it came from.

    `trace` is what OpenTelemetry calls the context that it came with, where there are traces.
    """

    actor: Actor
    request_id: str = field(default_factory=request_id)
    address: str = ""
    trace: Any = None


def address_of(scope: Mapping[str, Any]) -> str:
    """The address of a connection's client; empty where it has none, as on a UNIX socket."""
    client = scope.get("client")
    return client[0] if client else ""


@dataclass(slots=True)  # not frozen, as above
class GraphQLRequest:
    """Its document is written out in `query`, or named by `document_id` or `sha256`.

    A named one has no `query`, but for a text that is to be known by its hash from now on. `document` is what was found
    of it: it is looked up, and paid for, once.
    """

    query: str
    variables: dict[str, Any] = field(default_factory=dict)
    operation_name: str | None = None
    extensions: dict[str, Any] = field(default_factory=dict)
    document_id: str | None = None
    sha256: str | None = None
    document: "Document | None" = field(default=None, init=False, repr=False, compare=False)

    @classmethod
    def read(cls, payload: object) -> "GraphQLRequest":
        """From decoded JSON. Raises: BadRequest that names the wrong member."""
        if not isinstance(payload, dict):
            raise BadRequest('A GraphQL request is a JSON object: {"query": "…", "variables": {…}}.')
        for name, value in payload.items():
            kind = _MEMBERS.get(name)
            if kind and not (value is None or isinstance(value, kind)):
                raise BadRequest(f"`{name}` must be {_KINDS[kind]}.")
        given = payload.get
        extensions = given("extensions") or {}
        request = cls(
            given("query") or "",
            given("variables") or {},
            given("operationName"),
            extensions,
            given("documentId"),
            _sha256(extensions) if extensions else None,
        )
        if request.document_id is not None and (request.query or request.sha256 is not None):
            raise BadRequest("`documentId` names the whole document; send it without `query` and `persistedQuery`.")
        if request.document_id is None and request.sha256 is None and given("query") is None:
            raise BadRequest("`query` must be a string, unless `documentId` names a registered document.")
        return request


Batch = list[GraphQLRequest | BadRequest]
"""What came in one request to be answered apart: a wrong one spoils no other."""


def posted(body: bytes) -> GraphQLRequest | Batch:
    """From the body of a POST. Raises: BadRequest."""
    payload = _decoded(body, "The request")
    if not isinstance(payload, list):
        return GraphQLRequest.read(payload)
    if not 0 < len(payload) <= MAX_BATCH:
        raise BadRequest(f"A batch has 1 to {MAX_BATCH} requests, and this one {len(payload)}; send it in parts.")
    if not all(isinstance(one, dict) for one in payload):
        raise BadRequest('A batch is an array of GraphQL requests: [{"query": "…"}, {"query": "…"}].')
    return [_read_or_refused(one) for one in payload]


def addressed(query_string: bytes) -> GraphQLRequest:
    """From the address of a GET; what is empty there counts as left out. Raises: BadRequest."""
    try:
        pairs = parse_qsl(query_string.decode(), max_num_fields=MAX_PARAMETERS, errors="strict")
    except ValueError:
        raise BadRequest(f"The address is not URL-encoded UTF-8 with at most {MAX_PARAMETERS} parameters.") from None
    payload: dict[str, Any] = {}
    for name, value in pairs:
        if name in _MEMBERS and name in payload:
            raise BadRequest(f"`{name}` comes twice; send it once.")
        payload[name] = _decoded(value, f"`{name}`") if name in ("variables", "extensions") else value
    return GraphQLRequest.read(payload)


def _read_or_refused(payload: object) -> GraphQLRequest | BadRequest:
    try:
        return GraphQLRequest.read(payload)
    except BadRequest as refused:
        return refused


def _decoded(text: bytes | str, what: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {error}.") from None


MAX_PARAMETERS = 100
_MEMBERS: dict[str, type] = {
    "query": str,
    "variables": dict,
    "operationName": str,
    "extensions": dict,
    "documentId": str,
}
_KINDS: dict[type, str] = {str: "a string", dict: "an object"}


def _sha256(extensions: dict[str, Any]) -> str | None:
    """The hash by which clients of automatic persisted queries name a document."""
    persisted = extensions.get("persistedQuery")
    if persisted is None:
        return None
    match persisted:
        case {"version": 1, "sha256Hash": str(sha256)}:
            return sha256
    raise BadRequest('`extensions.persistedQuery` must be an object: {"version": 1, "sha256Hash": "…"}.')


class NotExecuted(Exception):
    """The operation was refused before any field ran; `errors` is the JSON array for the client."""

    def __init__(self, errors: bytes) -> None:
        super().__init__(errors)
        self.errors = errors
