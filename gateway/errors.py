"""Errors as clients see them: refusals and failing sources by their code, everything else masked."""

from collections.abc import Iterable
from typing import Any

import structlog
from graphql import GraphQLError

from datasources.errors import HeddleError, SourceError

log = structlog.get_logger("heddle")

PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_USER_INPUT = "BAD_USER_INPUT"
MESSAGE_SHOWN = 500
"""Characters of what is said of a document or its variables."""
TIMED_OUT = "OPERATION_TIMEOUT"


def shown(
    errors: Iterable[GraphQLError],
    request_id: str,
    code: str = BAD_USER_INPUT,
    logged: dict[int, Exception] | None = None,
) -> list[dict[str, Any]]:
    """The entries of `errors`; `code` is for errors of the document itself.

    A fault is logged once, however many fields it took with it. Those in `logged`, by their ids, were; more are added.
    """
    logged = {} if logged is None else logged
    entries = []
    for error in errors:
        cause = cause_of(error)
        if cause is not None and id(cause) not in logged:
            logged[id(cause)] = cause
            _log(cause, request_id, error)
        entries.append(_entry(error, cause, request_id, code))
        let_go(error)
    return entries


def let_go(error: BaseException | None) -> None:
    """Once it was told: its traceback holds all that was there when it failed, the rows and the error itself."""
    if error is None or error.__traceback__ is None:
        return
    error.__traceback__ = None
    let_go(error.__cause__)
    let_go(error.__context__)
    if isinstance(error, GraphQLError):
        let_go(error.original_error)


def masked(request_id: str) -> dict[str, Any]:
    """The entry for a bug: it says nothing but where to look in the log."""
    message = f"Something went wrong on our side; tell us the request id {request_id}."
    return {"message": message, "extensions": {"code": "INTERNAL", "requestId": request_id}}


def timed_out(after_s: float) -> dict[str, Any]:
    message = f"The operation took longer than {after_s:g} s and was stopped; ask for less at a time."
    return {"message": message, "extensions": {"code": TIMED_OUT}}


def refusal(error: HeddleError) -> dict[str, Any]:
    """One entry of `errors` for a request that was refused before execution."""
    return {"message": str(error), "extensions": error.extensions}


def _entry(error: GraphQLError, cause: Exception | None, request_id: str, code: str) -> dict[str, Any]:
    if cause is None:
        entry: dict[str, Any] = {"message": _shortened(error.message), "extensions": {"code": code}}
    elif isinstance(cause, HeddleError):
        entry = refusal(cause)
    else:
        entry = masked(request_id)
    if error.locations:
        entry["locations"] = [{"line": at.line, "column": at.column} for at in error.locations]
    if error.path:
        entry["path"] = error.path
    return entry


def _shortened(message: str) -> str:
    """Messages quote what they are about, which may be as long as the request."""
    return message if len(message) <= MESSAGE_SHOWN else f"{message[:MESSAGE_SHOWN]}…"


def log_failed(error: SourceError, request_id: str) -> None:
    log.warning("source failed", source=error.source, code=error.code, detail=error.detail, request=request_id)


def _log(cause: Exception, request_id: str, error: GraphQLError) -> None:
    if isinstance(cause, SourceError):
        log_failed(cause, request_id)
    elif not isinstance(cause, HeddleError):
        log.error("bug", request=request_id, path=error.path, exc_info=cause)


def cause_of(error: GraphQLError) -> Exception | None:
    """What a resolver raised, under graphql-core's wrappings; None where the document or its variables are wrong."""
    innermost: Exception = error
    while isinstance(innermost, GraphQLError) and innermost.original_error is not None:
        innermost = innermost.original_error
    if not isinstance(innermost, GraphQLError):
        return innermost
    # One that points nowhere in the document, yet came up in a field, speaks of our data: it could not be serialised.
    return innermost if error.path and not innermost.nodes else None
