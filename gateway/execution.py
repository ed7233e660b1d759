"""Documents are parsed and validated once, then executed with a fresh context and one deadline."""

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from datasources import calls
from datasources.actor import Actor
from datasources.calls import Call
from datasources.deadline import deadline
from datasources.rest.flights import Flights
from gateway.errors import BAD_USER_INPUT, PARSE_FAILED, TIMED_OUT, VALIDATION_FAILED, shown
from gateway.plan import Plans
from gateway.request import GraphQLRequest

OpenContext = Callable[[Actor], AbstractContextManager[Any]]

DOCUMENTS_KEPT = 500
LONG = 8_000
LONG_DOCUMENTS_KEPT = 8
"""Of more than LONG characters, since a parsed document takes some 60 bytes a character."""
MAX_TOKENS = 2_000
"""Validation takes time in the square of the fields of one name: some 0.3 s at the worst with this."""
MAX_ERRORS = 20
GRACE_S = 0.5
"""Sources end at the deadline and leave a hole; what has not ended by then is cancelled as a whole."""


@dataclass(frozen=True, slots=True, eq=False)
class Document:
    """A document, read: with its plans, or with the errors that forbid its execution."""

    ast: DocumentNode | None
    plans: Plans | None = None
    errors: tuple[GraphQLError, ...] = ()
    code: str = ""

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation to run; None where the name does not pick exactly one."""
        definitions = self.ast.definitions if self.ast else ()
        operations = [d for d in definitions if isinstance(d, OperationDefinitionNode)]
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((o for o in operations if o.name and o.name.value == name), None)


@dataclass
class Result:
    """`executed` is False where the request was refused before any field ran: there is no `data` then."""

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    executed: bool = False
    calls: list[Call] = field(default_factory=list)

    @cached_property
    def json(self) -> bytes:
        """The response, written once for all who share it."""
        body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
        if self.executed:
            body["data"] = self.data
        return orjson.dumps(body)


class Executor:
    """With `planned`, documents run by their plans; else all by graphql-core, which is slower and the judge."""

    def __init__(
        self, schema: GraphQLSchema, open_context: OpenContext, timeout_s: float, *, planned: bool = True
    ) -> None:
        self._schema = schema
        self._open_context = open_context
        self._timeout_s = timeout_s
        self._planned = planned
        self.fallbacks: Counter[str] = Counter()
        """How often an operation went to graphql-core because plans do not cover it, by the reason."""
        self._short = lru_cache(DOCUMENTS_KEPT)(self._read)
        self._long = lru_cache(LONG_DOCUMENTS_KEPT)(self._read)
        self._mutations: set[asyncio.Task[Result]] = set()
        self._flights = Flights()

    async def execute(self, request: GraphQLRequest, actor: Actor, request_id: str) -> Result:
        """Runs one query or mutation. Never raises but for cancellation; faults are errors in the result.

        A mutation that began is finished, even where its caller is cancelled.
        """
        document = self._document(request.query)
        if document.plans is None or document.errors:
            return Result(errors=shown(document.errors, request_id, document.code))
        operation = document.operation(request.operation_name)
        if operation is None:
            return _refused("Say by `operationName` which operation of the document to run.")
        if operation.operation is OperationType.MUTATION:
            return await self._mutate(document.plans, request, actor, request_id)
        return await self._query(document.plans, request, actor, request_id)

    async def _query(self, plans: Plans, request: GraphQLRequest, actor: Actor, request_id: str) -> Result:
        """Identical queries of one actor at the same moment are one execution."""
        variables = orjson.dumps(request.variables, option=orjson.OPT_SORT_KEYS)
        same = (plans, request.operation_name, variables, actor)
        ends = time.monotonic() + self._timeout_s + 2 * GRACE_S
        flight = self._flights.board(same, lambda _: self._execute(plans, request, actor, request_id), ends)
        return await flight.landed(ends)

    async def _mutate(self, plans: Plans, request: GraphQLRequest, actor: Actor, request_id: str) -> Result:
        running = asyncio.ensure_future(self._execute(plans, request, actor, request_id))
        self._mutations.add(running)
        running.add_done_callback(self._mutations.discard)
        running.add_done_callback(lambda _: self._flights.seal())
        return await asyncio.shield(running)

    async def finish(self) -> None:
        """Waits for the mutations whose callers have gone; each has its deadline."""
        await asyncio.gather(*self._mutations)

    def kind(self, request: GraphQLRequest) -> OperationType | None:
        """Query, mutation or subscription; None where the request cannot be executed anyway."""
        operation = self._document(request.query).operation(request.operation_name)
        return operation.operation if operation else None

    async def _execute(self, plans: Plans, request: GraphQLRequest, actor: Actor, request_id: str) -> Result:
        run = plans.execute if self._planned else plans.judge
        with calls.collected() as made, self._open_context(actor) as context:
            try:
                with deadline(self._timeout_s):
                    async with asyncio.timeout(self._timeout_s + GRACE_S):
                        result = await run(context, request.variables, request.operation_name)
            except TimeoutError:
                return Result(errors=[_timed_out(self._timeout_s)], executed=True, calls=made)
        errors = result.errors or ()
        executed = result.data is not None or any(error.path for error in errors)
        return Result(result.data, shown(errors, request_id), executed, made)

    def _document(self, query: str) -> Document:
        return (self._short if len(query) <= LONG else self._long)(query)

    def _read(self, query: str) -> Document:
        try:
            ast = parse(query, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_TOKENS)
        except GraphQLError as error:
            return Document(None, None, (error,), PARSE_FAILED)
        errors = validate(self._schema, ast, max_errors=MAX_ERRORS)
        return Document(ast, Plans(self._schema, ast, self.fallbacks), tuple(errors), VALIDATION_FAILED)


def _refused(message: str) -> Result:
    return Result(errors=[{"message": message, "extensions": {"code": BAD_USER_INPUT}}])


def _timed_out(after_s: float) -> dict[str, Any]:
    message = f"The operation took longer than {after_s:g} s and was stopped; ask for less at a time."
    return {"message": message, "extensions": {"code": TIMED_OUT}}
