"""Operations run with a fresh context and one deadline."""

import asyncio
import math
import time
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import AbstractContextManager, aclosing
from functools import partial
from typing import Any

import orjson
from graphql import ExecutionResult, GraphQLSchema, OperationDefinitionNode, OperationType

from datasources import calls
from datasources.actor import Actor
from datasources.deadline import deadline, ends_at, remaining_s
from datasources.errors import Refusal, SourceTimeout
from datasources.ids import ids_kept
from gateway import explained
from gateway.documents import Document, Documents
from gateway.errors import BAD_USER_INPUT, refusal, shown, timed_out
from gateway.incremental import Delivery, Parts
from gateway.limits import DEFAULT, Limits
from gateway.limits.admission import CHARACTERS, Admission, Estimate
from gateway.limits.document import check_variables
from gateway.limits.rate import Quota, payer_of
from gateway.operation import Operation, request_refused
from gateway.page import Page
from gateway.persisted import Persisted
from gateway.plan import Plans
from gateway.plan.cost import OPERATION
from gateway.request import Caller, GraphQLRequest, NotExecuted
from gateway.result import Result
from gateway.sharing import Sharing
from gateway.subscription import Subscriptions
from gateway.turns import Turns
from gateway.watched import guarded

OpenContext = Callable[[Actor], AbstractContextManager[Any]]

GRACE_S = 0.5
"""Sources end at the deadline and leave a hole; what has not ended by then is cancelled as a whole."""


Execute = Callable[[Any, dict[str, Any], str | None], Coroutine[Any, Any, ExecutionResult]]


class Executor:
    """With `planned`, documents run by their plans; else all by graphql-core, which is slower and the judge.

    Only where it `explains`, requests are told what the sources were asked.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        open_context: OpenContext,
        timeout_s: float,
        *,
        planned: bool = True,
        explains: bool = False,
        persisted: Persisted | None = None,
        limits: Limits = DEFAULT,
    ) -> None:
        self.documents = Documents(schema, limits, persisted)
        self._open_context = open_context
        self._timeout_s = timeout_s
        self._planned = planned
        self._explains = explains
        self._admission = Admission(limits)
        self._mutations: set[asyncio.Task[Result]] = set()
        self._sharing = Sharing[Result]()
        self._subscriptions = Subscriptions(open_context, timeout_s, planned=planned)
        self._turns = Turns()

    async def execute(self, request: GraphQLRequest, caller: Caller, parts: Parts | None = None) -> Result:
        """Runs one query or mutation, at the cost of its caller. Faults are errors in the result. Raises: Throttled.

        Given `parts`, what `@defer` and `@stream` put off goes there, and so does all else as soon as anything was put
        off: the result then has the data of the first part, and the errors of all. Without, the answer is whole.
        A mutation that began is finished, even where its caller is cancelled.
        """
        try:
            document = self._found(request, caller)
        except Refusal as error:
            request_refused(error, caller.request_id)
            raise
        definition = document.operation(request.operation_name)
        run = self._told(Operation(document, definition, caller), request, parts)
        mutates = definition is not None and definition.operation is OperationType.MUTATION
        return await (self._finished(run, parts) if mutates else run)

    def json_of(self, result: Result, request: GraphQLRequest, caller: Caller) -> bytes:
        """The response to this request: those who share a result may have asked for other extensions."""
        extensions = self.extensions_of(result, request, caller) if request.extensions else None
        return result.json_with(extensions) if extensions else result.json

    def extensions_of(self, result: Result, request: GraphQLRequest, caller: Caller) -> dict[str, Any]:
        extensions = {}
        if self._explains and explained.asked_for(request):
            extensions["plan"] = explained.explained(result)
        if request.extensions.get("cost") is True:
            extensions["cost"] = _cost(result, self.quota(caller))
        return extensions

    def quota(self, caller: Caller) -> Quota:
        return self._admission.quota(caller)

    def _found(self, request: GraphQLRequest, caller: Caller) -> Document:
        """The document, read at the cost of whom it is new for; once for each request. Raises: RateLimited."""
        if request.document is not None:
            return request.document
        rate, payer = self._admission.rate, payer_of(caller)
        rate.check(payer)
        known = self.documents.characters
        document = self.documents.find(request)
        if self.documents.characters > known:
            rate.add(payer, (self.documents.characters - known) / CHARACTERS)
        request.document = document
        return document

    def _document(self, request: GraphQLRequest) -> Document:
        """The document, for who does not run it."""
        return request.document or self.documents.find(request)

    async def _told(self, operation: Operation, request: GraphQLRequest, parts: Parts | None) -> Result:
        with operation:
            result = operation.result = await self._answered(operation, request, parts)
            if result.estimate is None:
                self._admission.rate.add(payer_of(operation.caller), OPERATION)
            return result

    async def subscribe(self, request: GraphQLRequest, caller: Caller) -> AsyncGenerator[Page, None]:
        """The answers of a subscription, as many at a time as there are. Close it when nobody listens.

        A `caller` that is changed meanwhile is told what it may see from then on. Who asks because of what it was told
        shares nothing that began before.
        Raises: Throttled, NotExecuted, both before the first answer; HeddleError.
        """
        document = self._found(request, caller)
        with Operation(document, document.operation(request.operation_name), caller) as operation:
            asked = self._asked(operation, request)
            if isinstance(asked, Result):
                operation.result = asked
                raise NotExecuted(orjson.dumps(asked.errors))
            plans, _, estimate = asked
            pay = partial(self._admission.pay, caller)
            with await self._admission.admitted(caller, estimate, lasts=True):
                async with aclosing(self._subscriptions.pages(document.hash, plans, request, caller, pay)) as pages:
                    async for page in pages:
                        self._sharing.seal()
                        yield page
            operation.result = Result({}, executed=True)

    def _asked(
        self, operation: Operation, request: GraphQLRequest
    ) -> tuple[Plans, OperationDefinitionNode, Estimate] | Result:
        """What is to run, and what it will cost; or why nothing is."""
        document, definition, caller = operation.document, operation.definition, operation.caller
        if document.plans is None or document.errors:
            return Result(errors=shown(document.errors, caller.request_id, document.code))
        if definition is None:
            return _refused("Say by `operationName` which operation of the document to run.")
        try:
            check_variables(request.variables)
            estimate = self._admission.affordable(caller, document.plans, definition, request.variables)
        except Refusal as refused:
            return Result(errors=[refusal(refused)])
        return document.plans, definition, estimate

    async def _answered(self, operation: Operation, request: GraphQLRequest, parts: Parts | None) -> Result:
        asked = self._asked(operation, request)
        if isinstance(asked, Result):
            return asked
        document, caller = operation.document, operation.caller
        plans, _, estimate = asked
        with await self._admission.admitted(caller, estimate) as admitted, deadline(self._timeout_s):
            in_parts = parts if document.in_parts else None
            if in_parts is not None or not estimate.shared:
                result = await self._execute(plans, request, caller.actor, caller.request_id, in_parts)
            else:
                result = await self._query(plans, request, operation)
            result.estimate = estimate
            operation.spent = result.spent
            admitted.settle(operation.spent)
            return result

    async def _query(self, plans: Plans, request: GraphQLRequest, operation: Operation) -> Result:
        """Identical queries of one actor at the same moment are one execution, of what the graph says is shared."""
        actor, request_id = operation.caller.actor, operation.caller.request_id
        try:
            variables = orjson.dumps(request.variables, option=orjson.OPT_SORT_KEYS)
        except orjson.JSONEncodeError:  # what it reads may be four times as deep as what it writes
            return _refused("`variables` are nested too deeply; 250 levels are the most.")
        same = (plans, request.operation_name, variables, actor)
        ends = ends_at()
        try:
            while True:
                result, operation.shared = await self._sharing.once(
                    same, lambda: self._execute(plans, request, actor, request_id), ends + GRACE_S
                )
                # Who came later has time left where another had not.
                if not operation.shared or result.cut_at > ends - GRACE_S:
                    return result
        except TimeoutError:
            return Result(None, [timed_out(self._timeout_s)], True)

    async def _finished(self, mutation: Coroutine[Any, Any, Result], parts: Parts | None) -> Result:
        """What anybody asks for who knows of the result is not shared with what was asked for before."""
        if parts:
            parts.when_begun = self._sharing.seal
        running = asyncio.ensure_future(mutation)
        self._mutations.add(running)
        running.add_done_callback(self._mutations.discard)
        running.add_done_callback(lambda _: self._sharing.seal())
        return await asyncio.shield(running)

    async def finish(self) -> None:
        """Waits for the mutations whose callers have gone; each has its deadline."""
        await asyncio.gather(*self._mutations, return_exceptions=True)
        await self._admission.rate.close()

    def kind(self, request: GraphQLRequest, caller: Caller) -> OperationType | None:
        """Query, mutation or subscription; None where the request cannot be executed anyway. Raises: RateLimited."""
        operation = self._found(request, caller).operation(request.operation_name)
        return operation.operation if operation else None

    def can_run(self, request: GraphQLRequest) -> bool:
        """Whether the document has no errors, and one operation that is meant."""
        document = self._document(request)
        return not document.errors and document.operation(request.operation_name) is not None

    def lasts(self, request: GraphQLRequest) -> bool:
        """Whether it is a subscription, of a request that runs."""
        try:
            operation = self._document(request).operation(request.operation_name)
        except Refusal:
            return False  # its document was removed since
        return operation is not None and operation.operation is OperationType.SUBSCRIPTION

    def asks_for_parts(self, request: GraphQLRequest) -> bool:
        return self._document(request).in_parts

    async def _execute(
        self, plans: Plans, request: GraphQLRequest, actor: Actor, request_id: str, parts: Parts | None = None
    ) -> Result:
        """Within the deadline in force. A caller may have become another actor since the one that asked."""
        started = time.monotonic()
        show = partial(shown, request_id=request_id, logged={})
        delivery = Delivery(parts, show) if parts else None
        if delivery:
            run: Execute = partial(plans.deliver, delivery)
        else:
            run = plans.execute if self._planned else plans.judge
        with calls.collected() as made, ids_kept(), self._open_context(actor) as context:
            try:
                running = self._turns.run(run, context, request.variables, request.operation_name)
                result = await guarded(running, self._ending)
            except TimeoutError:
                error = timed_out(self._timeout_s)
                if delivery:
                    delivery.fail(error)
                data = delivery.data if delivery else None
                return Result(data, [error], True, made, started, time.monotonic() - started, cut_at=ends_at())
        errors = show(result.errors) if result.errors else []
        executed = result.data is not None or any(error.path for error in result.errors or ())
        cut_at = ends_at() if _cut(errors) else math.inf
        return Result(result.data, errors, executed, made, started, time.monotonic() - started, cut_at=cut_at)

    def _ending(self) -> asyncio.Timeout:
        return asyncio.timeout(remaining_s(self._timeout_s) + GRACE_S)


def _cut(errors: list[dict[str, Any]]) -> bool:
    """Whether a source had no more time because the operation has none left: its own time-out is for all who ask."""
    late = any(error["extensions"]["code"] == SourceTimeout.code for error in errors)
    return late and remaining_s(at_most=GRACE_S) < GRACE_S


def _cost(result: Result, quota: Quota) -> dict[str, int]:
    """In units of cost; `resetsInSeconds` is when all of `limit` is there again."""
    return {
        "estimated": round(result.estimate.cost) if result.estimate else 0,
        "actual": round(result.spent),
        "limit": round(quota.limit),
        "remaining": round(max(quota.left, 0)),
        "resetsInSeconds": math.ceil(quota.full_in_s),
    }


def _refused(message: str) -> Result:
    return Result(errors=[{"message": message, "extensions": {"code": BAD_USER_INPUT}}])
