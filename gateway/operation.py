"""One operation as its operators see it: told once, when it is over, whatever became of it."""

from asyncio import CancelledError
from collections.abc import Sequence
from datetime import UTC, datetime
from time import perf_counter, time
from typing import Any, Literal

from graphql import OperationDefinitionNode

from datasources.calls import Call
from datasources.errors import HeddleError, Refusal
from gateway import traces
from gateway.documents import Document
from gateway.later import later
from gateway.logs import answering, tell, telling
from gateway.metrics import ERRORS, RUNNING, count_operation
from gateway.request import Caller
from gateway.result import Result

Outcome = Literal["ok", "partial", "failed", "refused", "cancelled"]
"""`partial` has data and errors, `failed` errors alone; `refused` was not executed; nobody waited for the end of
`cancelled`.
"""

NAME_SHOWN = 100
"""Characters of an operation's name: it may be as long as the body."""


class Operation:
    """`with` it an operation runs; whoever knows its `result` puts it there. `shared` says that another one ran for it.

    Of what a caller wrote only the name of the operation is told, which is a word.
    """

    __slots__ = (
        "_answering",
        "_span",
        "_started",
        "caller",
        "calls",
        "codes",
        "definition",
        "document",
        "duration_s",
        "ended",
        "kind",
        "outcome",
        "result",
        "shared",
        "spent",
        "trace",
    )

    def __init__(self, document: Document, definition: OperationDefinitionNode | None, caller: Caller) -> None:
        self.document = document
        self.definition = definition
        self.caller = caller
        self.kind: str = definition.operation.value if definition else "unknown"
        self.result: Result | None = None
        self.shared = False
        self.spent = 0.0
        self.calls: Sequence[Call] = ()
        self.trace: str | None = None

    @property
    def name(self) -> str | None:
        return self.definition.name.value[:NAME_SHOWN] if self.definition and self.definition.name else None

    def __enter__(self) -> "Operation":
        later(_begun, 1)
        self._answering = answering.set(self.caller.request_id)
        self._started = perf_counter()
        self._span = traces.active.operation_began(self) if traces.active else None
        return self

    def __exit__(self, _: object, raised: BaseException | None, __: object) -> None:
        self.duration_s = perf_counter() - self._started
        self.ended = time()
        result = self.result
        self.outcome, self.codes = _outcome(result, raised)
        if result is not None and not self.shared:
            self.calls = result.calls
        self.result = None  # what waits to be told holds no answers
        if self._span and traces.active:
            self.trace = traces.active.operation_ended(self, self._span)
        later(_tell, self)
        answering.reset(self._answering)

    def event(self) -> dict[str, Any]:
        """What the log says of it."""
        statements = sum([call.kind == "sql" for call in self.calls])
        event = {
            "timestamp": datetime.fromtimestamp(self.ended, UTC),
            "level": "info",
            "event": "operation",
            "request": self.caller.request_id,
            "actor": self.caller.actor.id,
            "kind": self.kind,
            "operation": self.name,
            "document": self.document.hash,
            "outcome": self.outcome,
            "codes": self.codes,
            "duration_ms": round(self.duration_s * 1000, 3),
            "cost": round(self.spent),
            "statements": statements,
            "calls": len(self.calls) - statements,
            "shared": self.shared,
        }
        return event | {"trace": self.trace} if self.trace else event


def request_refused(error: HeddleError, request_id: str) -> None:
    """Tells of a request that did not become an operation."""
    ERRORS.labels(error.code).inc()
    event = {
        "timestamp": datetime.now(UTC),
        "level": "info",
        "event": "request refused",
        "request": request_id,
        "code": error.code,
    }
    later(tell, event)


def _begun(each: list[int]) -> None:
    RUNNING.inc(len(each))


def _tell(operations: list[Operation]) -> None:
    RUNNING.dec(len(operations))
    for one in operations:
        count_operation(one.kind, one.outcome, one.codes, one.duration_s, shared=one.shared)
    if telling():
        tell([one.event() for one in operations])


def _outcome(result: Result | None, raised: BaseException | None) -> tuple[Outcome, list[str]]:
    """And the codes of its errors, each once."""
    if result is None:
        codes = [raised.code] if isinstance(raised, HeddleError) else []
        kind = type(raised)
        return "cancelled" if kind is CancelledError else "refused" if isinstance(raised, Refusal) else "failed", codes
    if not result.errors:
        return "ok", []
    codes = sorted({error["extensions"]["code"] for error in result.errors})
    if not result.executed:
        return "refused", codes
    return "failed" if result.data is None else "partial", codes
