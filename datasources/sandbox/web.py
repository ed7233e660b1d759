"""JSON answers, for all three services."""

from collections.abc import Mapping
from typing import Any, cast

import orjson
from starlette.requests import Request
from starlette.responses import Response

from datasources.sandbox.idempotency import Refused


def json_response(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Response:
    return Response(orjson.dumps(body), status, headers, media_type="application/json")


async def refused(_: Request, error: Exception) -> Response:
    """The exception handler of `Refused`."""
    answer = cast(Refused, error).answer
    return json_response(answer.status, answer.body)
