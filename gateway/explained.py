"""Why an answer took its time: what the sources were asked for it. Requests ask by `extensions: {"plan": true}`.

It is no header: so it works over every transport, for one request of a batch, and without a preflight.
"""

from typing import Any

from datasources.calls import Call
from gateway.request import GraphQLRequest
from gateway.result import Result


def asked_for(request: GraphQLRequest) -> bool:
    return request.extensions.get("plan") is True


def explained(result: Result) -> dict[str, Any]:
    """Statements and calls in the order in which they began, with milliseconds from the beginning of the execution.

    Those who shared an execution are told of the same ones.
    """
    return {
        "durationMs": _ms(result.duration_s),
        "statements": sum(call.kind == "sql" for call in result.calls),
        "calls": sum(call.kind == "rest" for call in result.calls),
        "steps": [_told(call, result.started) for call in sorted(result.calls, key=lambda call: call.started)],
    }


def _told(call: Call, began: float) -> dict[str, Any]:
    told = {
        "source": call.source,
        "kind": call.kind,
        "target": call.target,
        "edge": None if call.keys is None else call.name,
        "keys": call.keys,
        "rows": call.rows,
        "startMs": _ms(call.started - began),
        "durationMs": _ms(call.duration_s),
        "failed": call.failed,
    }
    if call.kind == "rest":
        told |= {"requests": call.size, "cached": call.cached, "retries": call.retries}
    return told


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
