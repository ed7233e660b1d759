"""Refusals as HTTP has them: by a status, and headers that belong to it."""

import orjson
from starlette.responses import Response

from datasources.errors import HeddleError, SourceError, Unauthenticated
from gateway.answer import answer
from gateway.errors import refusal
from gateway.headers import Headers
from gateway.identity import InvalidToken
from gateway.limits.refusals import Throttled
from gateway.request import BadRequest
from gateway.session import AnotherPerson

RETRY_AFTER_S = 5


class WrongMethod(BadRequest):
    def __init__(self, message: str, allowed: str) -> None:
        super().__init__(message, 405)
        self.allowed = allowed


def refused(error: HeddleError, headers: Headers, media_type: str) -> Response:
    """The whole answer; `headers` are those of the request."""
    status, more = _status_of(error)
    response = answer(headers, told(error), media_type, status)
    response.headers.update(more)
    return response


def _status_of(error: HeddleError) -> tuple[int, dict[str, str]]:
    """With the headers that belong to it."""
    match error:
        case WrongMethod():
            return 405, {"Allow": error.allowed}
        case BadRequest():
            return error.status, {}
        case AnotherPerson():
            return 403, {}
        case Throttled():
            return 429, {"Retry-After": str(error.retry_after_s)}
        case InvalidToken():
            return 401, {"WWW-Authenticate": f'Bearer error="invalid_token", error_description="{error}"'}
        case Unauthenticated():
            return 401, {"WWW-Authenticate": "Bearer"}
        case SourceError():  # the one that is asked for keys: it is not the token that is wrong
            return 503, {"Retry-After": str(RETRY_AFTER_S)}
        case _:
            return 400, {}


def told(error: HeddleError) -> bytes:
    """Its body."""
    return orjson.dumps({"errors": [refusal(error)]})
