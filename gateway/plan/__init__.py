"""Plans: a document is compiled once into steps over sets of rows, and executed a set at a time.

compile.py      from a document to its plan
field.py        a field of a plan, and what is declared about it
arguments.py    its arguments, worked out once or for each execution
variables.py    the variables of an operation
cost.py         what an operation will cost, by its plan
steps.py        the steps: attributes, calculations, resolvers
load.py         the step that loads
selection.py    the steps of one object type together
records.py      objects whose attributes are read a column at a time
generated.py    what is done for each row
completion.py   values of a type become JSON, a set at a time
leaves.py       scalars and enums among them
run.py          one execution
values.py       what stands in the place of a value that failed
show.py         a plan as text
"""

from asyncio import CancelledError
from collections import Counter
from collections.abc import AsyncIterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, TypeVar, cast

from graphql import (
    BooleanValueNode,
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    VariableDefinitionNode,
    create_source_event_stream,
    get_operation_ast,
    located_error,
)

from datasources.statements import Columns
from gateway.acyclic import Acyclic
from gateway.errors import let_go
from gateway.incremental import Delivering, Delivery
from gateway.metrics import FALLBACKS
from gateway.plan.compile import MAX_FIELDS, Plan, compile_plan, conditions_of
from gateway.plan.field import TooLarge, Unplanned
from gateway.plan.records import Given
from gateway.plan.run import Run, together
from gateway.plan.steps import Branch
from gateway.plan.values import Failure
from gateway.plan.variables import Values, Variables, used_below
from loaders.batch import Batch

__all__ = ["Plan", "Plans", "Unplanned"]

PLANS_KEPT = 32
Flags = tuple[tuple[str, bool | None], ...]
E = TypeVar("E", bound=Executor[Any])


@dataclass(frozen=True, slots=True)
class _Operation:
    """What is known of an operation before it is executed; `conditions` are the variables that include and skip."""

    variables: Variables
    conditions: Sequence[VariableDefinitionNode]
    below: frozenset[str]
    """The variables that are used anywhere but in arguments of the root fields."""


class Plans:
    """One document's plans: for each operation and choice of `@skip` and `@include` one, made when first asked for.

    What plans do not cover goes to graphql-core, and is counted in `fallbacks` by its reason. With `suggests`, errors
    of variables tell the names that are close to a wrong one.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        document: DocumentNode,
        fallbacks: Counter[str] | None = None,
        *,
        suggests: bool = True,
    ) -> None:
        self.fallbacks: Counter[str] = Counter() if fallbacks is None else fallbacks
        self.compiled = 0
        """How many fields were compiled so far: with every choice of `@skip` and `@include` it may be all again."""
        self._suggests = suggests
        self.schema = schema
        self._document = document
        self._operation = lru_cache(PLANS_KEPT)(self._read)
        self._plan = lru_cache(PLANS_KEPT)(self._made)
        self._foreseen = lru_cache(PLANS_KEPT)(self._sketched)

    async def execute(self, context: Any, variables: dict[str, Any], operation_name: str | None) -> ExecutionResult:
        """As graphql-core's `execute`."""
        operation = self._operation(operation_name)
        if operation is None:
            return await self.judge(context, variables, operation_name)  # says what is wrong with the name
        values = operation.variables.values(variables)
        if isinstance(values, list):
            return ExecutionResult(None, values)
        try:
            plan = self.plan(operation_name, values.coerced)
        except Unplanned as reason:
            self._fall_back(str(reason))
            return await self.judge(context, variables, operation_name)

        def build() -> Executor[Any]:
            return cast(Executor[Any], self._executor(Acyclic, context, variables, operation_name))

        run = Run(context, self.schema, values, build, apart=plan.apart)
        if plan.serial:
            data = await plan.root.run_serially(run, None)
        else:
            (data,) = await plan.root.run(run, Given([None]))
        return _results([data])[0] if run.failed else ExecutionResult(data, None)

    async def hydrate(
        self, context: Any, variables: dict[str, Any], operation_name: str | None, events: Sequence[Any]
    ) -> list[ExecutionResult]:
        """What a subscription tells of each of these events, loaded for all of them together."""
        values = self._known(operation_name).variables.values(variables)
        if isinstance(values, list):
            return [ExecutionResult(None, values)] * len(events)
        try:
            branch = self.subscribed(operation_name, values.coerced)
        except Unplanned as reason:
            self._fall_back(str(reason))
            return await self.judged(context, variables, operation_name, events)

        def build() -> Executor[Any]:
            return cast(Executor[Any], self._executor(Acyclic, context, variables, operation_name))

        run = Run(context, self.schema, values, build)
        key, completer = branch.field.key, branch.completer
        completed = completer.quick(list(events)) or await completer.complete(run, list(events))
        if not run.failed:
            return [ExecutionResult({key: one}, None) for one in completed]
        return _results([_object(key, one, completer.nullable) for one in completed])

    async def judged(
        self, context: Any, variables: dict[str, Any], operation_name: str | None, events: Sequence[Any]
    ) -> list[ExecutionResult]:
        """As `hydrate`, by graphql-core."""
        return await together([self.judge(context, variables, operation_name, event) for event in events])

    async def source(
        self, context: Any, variables: dict[str, Any], operation_name: str | None
    ) -> AsyncIterable[Any] | ExecutionResult:
        """The events of a subscription that is a generator of the graph; or why there are none."""
        executor = self._executor(Acyclic, context, variables, operation_name)
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        source = create_source_event_stream(executor)
        return await source if executor.is_awaitable(source) else cast(AsyncIterable[Any] | ExecutionResult, source)

    def read_of(self, batch: Batch, operation_name: str | None, variables: Mapping[str, Any]) -> Columns:
        """The columns that a plan reads of the records of this batch: who asks for the same ones has them from it."""
        try:
            loads = self.plan(operation_name, variables).loads
        except Unplanned:
            return None
        return next((load.wanted for load in loads if load.batch is batch), frozenset())

    def shares(self, operation_name: str | None, variables: Mapping[str, Any]) -> bool:
        """Whether one execution may do for several who ask; never where no plan knows."""
        try:
            return self.plan(operation_name, variables).shared
        except Unplanned:
            return False

    def values(self, variables: dict[str, Any], operation_name: str | None) -> Values | list[GraphQLError]:
        """The variables, coerced; or what is wrong with them."""
        return self._known(operation_name).variables.values(variables)

    def subscribed(self, operation_name: str | None, variables: Mapping[str, Any]) -> Branch:
        """The root field of a subscription. Raises: Unplanned."""
        steps = self.plan(operation_name, variables).root.steps
        if not steps:
            raise Unplanned("a subscription to nothing")
        return steps[0].branches[0]

    def foreseen(self, operation: OperationDefinitionNode, variables: dict[str, Any]) -> Plan:
        """What is known before it runs, of an operation that plans do not cover too: not to be executed.

        `variables` are not yet coerced; those that include and skip count. Raises: TooLarge.
        """
        name = operation.name.value if operation.name else None
        conditions = self._known(name).conditions
        plan = self._foreseen(name, tuple([(_name(one), _flag(one, variables)) for one in conditions]))
        if isinstance(plan, Unplanned):
            raise type(plan)(*plan.args)
        return plan

    def plan(self, operation_name: str | None, variables: Mapping[str, Any]) -> Plan:
        """The plan for these values of the variables that include and skip. Raises: Unplanned."""
        conditions = self._known(operation_name).conditions
        plan = self._plan(operation_name, tuple([(_name(one), variables.get(_name(one))) for one in conditions]))
        if isinstance(plan, Unplanned):
            raise Unplanned(*plan.args)
        return plan

    def below(self, operation_name: str | None, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Those of the variables that are used anywhere but in arguments of the root fields."""
        used = self._known(operation_name).below
        return {name: value for name, value in variables.items() if name in used}

    def _read(self, name: str | None) -> _Operation | None:
        """None where the name does not pick one."""
        node = get_operation_ast(self._document, name)
        if node is None:
            return None
        conditions = conditions_of(self._document)
        asked = [definition for definition in node.variable_definitions or () if _name(definition) in conditions]
        return _Operation(
            Variables(self.schema, node, suggests=self._suggests), asked, used_below(self._document, node)
        )

    def _known(self, name: str | None) -> _Operation:
        known = self._operation(name)
        if known is None:
            raise Unplanned("no such operation")
        return known

    def _sketched(self, operation_name: str | None, flags: Flags) -> Plan | Unplanned:
        plan = self._plan(operation_name, flags)
        if isinstance(plan, Unplanned) and not isinstance(plan, TooLarge):
            return self._compiled(operation_name, flags, loosely=True)
        return plan

    def _made(self, operation_name: str | None, flags: Flags) -> Plan | Unplanned:
        return self._compiled(operation_name, flags, loosely=False)

    def _compiled(self, operation_name: str | None, flags: Flags, *, loosely: bool) -> Plan | Unplanned:
        try:
            plan = compile_plan(self.schema, self._document, operation_name, dict(flags), loosely=loosely)
        except Unplanned as reason:
            self.compiled += MAX_FIELDS if isinstance(reason, TooLarge) else 0
            return type(reason)(*reason.args)
        self.compiled += plan.fields
        return plan

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        FALLBACKS.labels(reason).inc()

    async def judge(
        self, context: Any, variables: dict[str, Any], operation_name: str | None, event: Any = None
    ) -> ExecutionResult:
        """graphql-core's own execution: for what plans do not cover, and to compare with."""
        executor = self._executor(Whole, context, variables, operation_name, event)
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        try:
            result: Any = executor.execute_operation()
            return cast(ExecutionResult, await result if executor.is_awaitable(result) else result)
        except CancelledError:
            for error in executor.collected_errors.errors:  # that nobody will be told
                let_go(error)
            raise

    async def deliver(
        self, delivery: Delivery, context: Any, variables: dict[str, Any], operation_name: str | None
    ) -> ExecutionResult:
        """By graphql-core, with what `@defer` and `@stream` put off in the parts of `delivery`."""
        self._fall_back("in parts")
        executor = self._executor(Delivering, context, variables, operation_name)
        return ExecutionResult(None, executor) if isinstance(executor, list) else await delivery.run(executor)

    def _executor(
        self, kind: type[E], context: Any, variables: dict[str, Any], operation_name: str | None, event: Any = None
    ) -> E | list[GraphQLError]:
        """graphql-core's, ready to execute; or what is wrong with the variables."""
        executor = kind.build(
            self.schema,
            self._document,
            root_value=event,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
            hide_suggestions=not self._suggests,
        )
        return cast(E | list[GraphQLError], executor)


class Whole(Acyclic[None]):
    """Answers as a whole: `@defer` and `@stream` are hints, and not taken."""

    def get_stream_usage(self, *_: Any) -> None:
        return None


def _name(definition: VariableDefinitionNode) -> str:
    return definition.variable.name.value


def _flag(definition: VariableDefinitionNode, variables: dict[str, Any]) -> bool | None:
    """The value of a Boolean variable; None where it has none."""
    value = variables.get(_name(definition), definition.default_value)
    if isinstance(value, BooleanValueNode):
        return value.value
    return value if isinstance(value, bool) else None


def _results(answers: list[Any]) -> list[ExecutionResult]:
    """Nulls in the places of failures, and an error for each place. Answers may have parts in common."""
    found = list(_failures(answers, []))
    for holder, key, _, _ in found:
        holder[key] = None
    errors: list[list[GraphQLError]] = [[] for _ in answers]
    for _, _, failure, (place, *path) in found:
        errors[cast(int, place)].append(located_error(failure.error, failure.nodes, path))
    return [ExecutionResult(data, of_data or None) for data, of_data in zip(answers, errors, strict=True)]


def _object(key: str, value: Any, nullable: bool) -> Any:
    return value.within(key) if type(value) is Failure and not nullable else {key: value}


def _failures(value: Any, path: list[str | int]) -> Iterator[tuple[Any, Any, Failure, list[str | int]]]:
    """Each failure with what holds it, its key there, and the path to where it began."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if type(one) is Failure:
            yield value, key, one, [*path, key, *one.path]
        elif isinstance(one, dict | list):
            yield from _failures(one, [*path, key])
