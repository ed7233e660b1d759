"""One operation as its operators see it: told once, when it is over, whatever became of it."""

from asyncio import CancelledError
from contextvars import Token
from time import perf_counter
from typing import Any, Literal

from graphql import OperationDefinitionNode

from datasources.errors import HeddleError, Refusal
from gateway import traces
from gateway.documents import Document
from gateway.logs import answering, tell, telling
from gateway.metrics import ERRORS, RUNNING, SHARED, operation_ended
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

    __slots__ = ("_answering", "_span", "_started", "caller", "definition", "document", "kind", "result", "shared")

    def __init__(self, document: Document, definition: OperationDefinitionNode | None, caller: Caller) -> None:
        self.document = document
        self.definition = definition
        self.caller = caller
        self.kind: str = definition.operation.value if definition else "unknown"
        self._answering: Token[str | None]
        self._started = 0.0
        self._span: Any = None
        self.result: Result | None = None
        self.shared = False

    @property
    def name(self) -> str | None:
        return self.definition.name.value[:NAME_SHOWN] if self.definition and self.definition.name else None

    @property
    def cost(self) -> int:
        return round(self.result.spent) if self.result else 0

    def __enter__(self) -> "Operation":
        RUNNING.inc()
        self._answering = answering.set(self.caller.request_id)
        self._started = perf_counter()
        if traces.active:
            self._span = traces.active.operation_began(self)
        return self

    def __exit__(self, _: object, raised: BaseException | None, __: object) -> None:
        duration_s = perf_counter() - self._started
        outcome, codes = _outcome(self.result, raised)
        RUNNING.dec()
        if self._span and traces.active:
            traces.active.operation_ended(self, self._span, outcome, codes)
        operation_ended(self.kind, outcome, codes, duration_s)
        if self.shared:
            SHARED.inc()
        if telling():
            self._tell(outcome, codes, duration_s)
        answering.reset(self._answering)

    def _tell(self, outcome: Outcome, codes: list[str], duration_s: float) -> None:
        calls = self.result.calls if self.result and not self.shared else ()
        statements = 0
        for call in calls:
            statements += call.kind == "sql"
        trace = {"trace": traces.active.id_of(self._span)} if self._span and traces.active else {}
        tell(
            "operation",
            request=self.caller.request_id,
            actor=self.caller.actor.id,
            kind=self.kind,
            operation=self.name,
            document=self.document.hash,
            outcome=outcome,
            codes=codes,
            duration_ms=round(duration_s * 1000, 3),
            cost=self.cost,
            statements=statements,
            calls=len(calls) - statements,
            shared=self.shared,
            **trace,
        )


def request_refused(error: HeddleError, request_id: str) -> None:
    """Tells of a request that did not become an operation."""
    ERRORS.labels(error.code).inc()
    if telling():
        tell("request refused", request=request_id, code=error.code)


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
