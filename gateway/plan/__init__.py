"""Plans: a document is compiled once into steps over sets of rows, and executed a set at a time.

compile.py      from a document to its plan
field.py        a field of a plan, and what is declared about it
arguments.py    its arguments, worked out once or for each execution
variables.py    the variables of an operation
cost.py         what an operation will cost, by its plan
steps.py        the steps: attributes, calculations, resolvers
load.py         the step that loads
selection.py    the steps of one object type together
generated.py    what is done for each row
completion.py   values of a type become JSON, a set at a time
run.py          one execution
values.py       what stands in the place of a value that failed
show.py         a plan as text
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
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
    get_operation_ast,
    located_error,
)

from gateway.incremental import Delivering, Delivery
from gateway.metrics import FALLBACKS
from gateway.plan.compile import MAX_FIELDS, Plan, compile_plan, conditions_of
from gateway.plan.cost import Cost
from gateway.plan.field import TooLarge, Unplanned
from gateway.plan.run import Run
from gateway.plan.values import Failure
from gateway.plan.variables import Variables

__all__ = ["Plan", "Plans", "Unplanned"]

PLANS_KEPT = 32
Flags = tuple[tuple[str, bool | None], ...]
E = TypeVar("E", bound=Executor[Any])


@dataclass(frozen=True, slots=True)
class _Operation:
    """What is known of an operation before it is executed; `conditions` are the variables that include and skip."""

    variables: Variables
    conditions: Sequence[VariableDefinitionNode]


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
        self._schema = schema
        self._document = document
        self._operation = lru_cache(PLANS_KEPT)(self._read)
        self._plan = lru_cache(PLANS_KEPT)(self._made)
        self._costs = lru_cache(PLANS_KEPT)(self._cost)

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
            return cast(Executor[Any], self._executor(Executor, context, variables, operation_name))

        run = Run(context, self._schema, values, build)
        if plan.serial:
            data = await plan.root.run_serially(run, None)
        else:
            (data,) = await plan.root.run(run, [None])
        return _result(data) if run.failed else ExecutionResult(data, None)

    def cost(self, operation: OperationDefinitionNode, variables: dict[str, Any]) -> Cost:
        """What it costs for these values, not yet coerced, of the variables that include and skip. Raises: TooLarge."""
        name = operation.name.value if operation.name else None
        conditions = self._known(name).conditions
        cost = self._costs(name, tuple([(_name(one), _flag(one, variables)) for one in conditions]))
        if isinstance(cost, Unplanned):
            raise type(cost)(*cost.args)
        return cost

    def plan(self, operation_name: str | None, variables: Mapping[str, Any]) -> Plan:
        """The plan for these values of the variables that include and skip. Raises: Unplanned."""
        conditions = self._known(operation_name).conditions
        plan = self._plan(operation_name, tuple([(_name(one), variables.get(_name(one))) for one in conditions]))
        if isinstance(plan, Unplanned):
            raise Unplanned(*plan.args)
        return plan

    def _read(self, name: str | None) -> _Operation | None:
        """None where the name does not pick one."""
        node = get_operation_ast(self._document, name)
        if node is None:
            return None
        conditions = conditions_of(self._document)
        asked = [definition for definition in node.variable_definitions or () if _name(definition) in conditions]
        return _Operation(Variables(self._schema, node, suggests=self._suggests), asked)

    def _known(self, name: str | None) -> _Operation:
        known = self._operation(name)
        if known is None:
            raise Unplanned("no such operation")
        return known

    def _cost(self, operation_name: str | None, flags: Flags) -> Cost | Unplanned:
        plan = self._plan(operation_name, flags)
        if isinstance(plan, Unplanned) and not isinstance(plan, TooLarge):
            plan = self._compiled(operation_name, flags, loosely=True)
        return plan.cost if isinstance(plan, Plan) else plan

    def _made(self, operation_name: str | None, flags: Flags) -> Plan | Unplanned:
        return self._compiled(operation_name, flags, loosely=False)

    def _compiled(self, operation_name: str | None, flags: Flags, *, loosely: bool) -> Plan | Unplanned:
        try:
            plan = compile_plan(self._schema, self._document, operation_name, dict(flags), loosely=loosely)
        except Unplanned as reason:
            self.compiled += MAX_FIELDS if isinstance(reason, TooLarge) else 0
            return type(reason)(*reason.args)
        self.compiled += plan.fields
        return plan

    def _fall_back(self, reason: str) -> None:
        self.fallbacks[reason] += 1
        FALLBACKS.labels(reason).inc()

    async def judge(self, context: Any, variables: dict[str, Any], operation_name: str | None) -> ExecutionResult:
        """graphql-core's own execution: for what plans do not cover, and to compare with."""
        executor = self._executor(Whole, context, variables, operation_name)
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        result: Any = executor.execute_operation()
        return cast(ExecutionResult, await result if executor.is_awaitable(result) else result)

    async def deliver(
        self, delivery: Delivery, context: Any, variables: dict[str, Any], operation_name: str | None
    ) -> ExecutionResult:
        """By graphql-core, with what `@defer` and `@stream` put off in the parts of `delivery`."""
        self._fall_back("in parts")
        executor = self._executor(Delivering, context, variables, operation_name)
        return ExecutionResult(None, executor) if isinstance(executor, list) else await delivery.run(executor)

    def _executor(
        self, kind: type[E], context: Any, variables: dict[str, Any], operation_name: str | None
    ) -> E | list[GraphQLError]:
        """graphql-core's, ready to execute; or what is wrong with the variables."""
        executor = kind.build(
            self._schema,
            self._document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
            hide_suggestions=not self._suggests,
        )
        return cast(E | list[GraphQLError], executor)


class Whole(Executor[None]):
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


def _result(data: Any) -> ExecutionResult:
    """Nulls in the places of failures, and an error for each place."""
    whole = [data]
    found = list(_failures(whole, []))
    for holder, key, _, _ in found:
        holder[key] = None
    errors = [located_error(failure.error, failure.nodes, path[1:]) for _, _, failure, path in found]
    return ExecutionResult(whole[0], errors)


def _failures(value: Any, path: list[str | int]) -> Iterator[tuple[Any, Any, Failure, list[str | int]]]:
    """Each failure with what holds it, its key there, and the path to where it began."""
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if type(one) is Failure:
            yield value, key, one, [*path, key, *one.path]
        elif isinstance(one, dict | list):
            yield from _failures(one, [*path, key])
