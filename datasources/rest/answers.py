"""A reply into a typed answer, or into the error that it is."""

from datetime import datetime
from typing import Any, TypeVar

import orjson
from pydantic import TypeAdapter, ValidationError

from datasources.errors import SourceRefused
from datasources.ids import utc_now
from datasources.rest.dates import moment_of
from datasources.rest.wire import Reply, Request, ServiceFailure

T = TypeVar("T")


_adapters: dict[object, TypeAdapter[Any]] = {}


def adapter_of(answer: type[T] | TypeAdapter[T]) -> TypeAdapter[T]:
    """Built once per type: building one costs a hundred times what using it does."""
    if isinstance(answer, TypeAdapter):
        return answer
    if answer not in _adapters:
        _adapters[answer] = TypeAdapter(answer)
    return _adapters[answer]


def answer_of(source: str, request: Request[T], reply: Reply) -> T:
    """The reply's answer, or the one already known that a 304 confirms.

    Raises: SourceRefused, ServiceFailure.
    """
    if reply.status == 304 and request.known is not None:
        known: T = request.known.answer
        return known
    must_serve(source, request.path, reply)
    return _decoded(source, request, reply.body)


def must_serve(source: str, path: str, reply: Reply) -> None:
    """Raises what a status other than 2xx means: SourceRefused, ServiceFailure."""
    status = reply.status
    detail = f"{path}: HTTP {status}"
    if status in (401, 403):
        raise ServiceFailure(source, f"{detail}: our credentials are refused", alive=True)
    if status in (408, 429):
        raise ServiceFailure(source, detail, again=True, after_s=_retry_after_s(reply, utc_now()), alive=True)
    if 400 <= status < 500:
        raise SourceRefused(source, status, _json_or_none(reply.body))
    if status >= 500:
        raise ServiceFailure(source, detail, again=True, after_s=_retry_after_s(reply, utc_now()))
    if status == 304:
        raise ServiceFailure(source, f"{detail}: there is no answer that it could confirm")
    if status >= 300:
        raise ServiceFailure(source, f"{detail}: redirects are not followed")
    if status < 200:
        raise ServiceFailure(source, f"{detail}: nobody asked for another protocol")


def _decoded(source: str, request: Request[T], body: bytes) -> T:
    """No body, as of a 204, is null."""
    try:
        return request.adapter.validate_json(body or b"null")
    except ValidationError as error:
        # Where and of what kind, never the values: they may be personal.
        first = error.errors(include_url=False, include_context=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the body"
        raise ServiceFailure(source, f"{request.path}: {place}: {first['type']}") from None


def _json_or_none(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return None


def _retry_after_s(reply: Reply, now: datetime) -> float:
    """Seconds, or a date; 0 where it says nothing readable."""
    said = reply.headers.get("retry-after", "")
    if said.isdecimal():
        return float(said)
    moment = moment_of(said)
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0
