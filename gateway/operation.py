"""One operation as its operators see it: told once, when it is over, whatever became of it."""

from asyncio import CancelledError
from time import perf_counter
from typing import TYPE_CHECKING, Literal

import structlog
from graphql import OperationDefinitionNode

from datasources.errors import HeddleError, Refusal
from gateway.documents import Document
from gateway.request import Caller

if TYPE_CHECKING:
    from gateway.execution import Result

Outcome = Literal["ok", "partial", "failed", "refused", "cancelled"]
"""`partial` has data and errors, `failed` errors alone; `refused` was not executed; nobody waited for the end of
`cancelled`.
"""

NAME_SHOWN = 100
"""Characters of an operation's name: it may be as long as the body."""

log = structlog.get_logger("heddle")


class Operation:
    """`with` it an operation runs; whoever knows its `result` puts it there. `shared` says that another one ran for it.

    Nothing that a caller wrote is told, but for the names of operations in documents that are valid.
    """

    __slots__ = ("_started", "caller", "definition", "document", "result", "shared")

    def __init__(self, document: Document, definition: OperationDefinitionNode | None, caller: Caller) -> None:
        self.document = document
        self.definition = definition
        self.caller = caller
        self._started = 0.0
        self.result: Result | None = None
        self.shared = False

    def __enter__(self) -> "Operation":
        self._started = perf_counter()
        return self

    def __exit__(self, _: object, raised: BaseException | None, __: object) -> None:
        duration_s = perf_counter() - self._started
        self._log(_outcome(self.result, raised), _codes(self.result, raised), duration_s)

    def _log(self, outcome: Outcome, codes: list[str], duration_s: float) -> None:
        definition, result = self.definition, self.result
        actor = self.caller.actor.id
        calls = result.calls if result and not self.shared else ()
        log.info(
            "operation",
            request=self.caller.request_id,
            actor=actor and str(actor),
            kind=definition.operation.value if definition else None,
            operation=definition.name.value[:NAME_SHOWN] if definition and definition.name else None,
            document=self.document.hash,
            outcome=outcome,
            codes=codes,
            duration_ms=round(duration_s * 1000, 3),
            statements=sum(call.kind == "sql" for call in calls),
            calls=sum(call.kind == "rest" for call in calls),
            shared=self.shared,
        )


def request_refused(refusal: Refusal, request_id: str) -> None:
    """Tells of a request that did not become an operation."""
    log.info("request refused", request=request_id, code=refusal.code)


def _outcome(result: "Result | None", raised: BaseException | None) -> Outcome:
    if isinstance(raised, CancelledError):
        return "cancelled"
    if isinstance(raised, Refusal) or (result and not result.executed):
        return "refused"
    if result and not result.errors:
        return "ok"
    return "partial" if result and result.data is not None else "failed"


def _codes(result: "Result | None", raised: BaseException | None) -> list[str]:
    """Of every error once."""
    if result is None:
        return [raised.code] if isinstance(raised, HeddleError) else []
    return sorted({error["extensions"]["code"] for error in result.errors})
