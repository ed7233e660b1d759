"""Errors as clients see them: refusals and failing sources by their code, everything else masked."""

from typing import Any

import structlog
from graphql import GraphQLError

from datasources.errors import HeddleError, SourceError

log = structlog.get_logger("heddle")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
TIMED_OUT = "OPERATION_TIMEOUT"


def shown(error: GraphQLError, request_id: str, code: str = BAD_USER_INPUT) -> dict[str, Any]:
    """One entry of `errors`. Logs what is a fault, once; `code` is for errors of the document itself."""
    cause = _cause(error)
    answer: dict[str, Any] = {"message": str(cause or error.message)}
    if error.locations:
        answer["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        answer["path"] = error.path
    if cause is None:
        answer["extensions"] = {"code": code}
    elif isinstance(cause, HeddleError):
        answer["extensions"] = cause.extensions
        if isinstance(cause, SourceError):
            log.warning("source failed", source=cause.source, code=cause.code, detail=cause.detail, request=request_id)
    else:
        answer["message"] = f"Something went wrong on our side; tell us the request id {request_id}."
        answer["extensions"] = {"code": "INTERNAL", "requestId": request_id}
        log.error("bug", request=request_id, path=error.path, exc_info=cause)
    return answer


def refusal(error: HeddleError) -> dict[str, Any]:
    """One entry of `errors` for a request that was refused before execution."""
    return {"message": str(error), "extensions": error.extensions}


def _cause(error: GraphQLError) -> Exception | None:
    """What a resolver raised, under graphql-core's wrappings; None where graphql-core itself refused."""
    cause: Exception | None = error
    while isinstance(cause, GraphQLError):
        cause = cause.original_error
    return cause
