"""Plans: a document is compiled once into steps over sets of rows, and executed a set at a time.

compile.py      from a document to its plan
steps.py        the steps: attributes, calculations, loads, resolvers, and the selection over them
completion.py   values of a type become JSON, a set at a time
run.py          one execution
values.py       what stands in the place of a value that failed
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    Executor,
    GraphQLError,
    GraphQLResolveInfo,
    GraphQLSchema,
    OperationDefinitionNode,
    execute,
    located_error,
)

from gateway.plan.compile import Plan, Unplanned, compile_plan, flags_of
from gateway.plan.run import Run
from gateway.plan.values import Failure, Irregular

__all__ = ["Plan", "Plans", "Unplanned", "compile_plan"]


class Plans:
    """One document's plans: for each operation and choice of `@skip` and `@include` one, made when first asked for.

    What plans do not cover goes to graphql-core.
    """

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._made: dict[tuple[Any, ...], Plan | None] = {}

    async def execute(self, context: Any, variables: dict[str, Any], operation_name: str | None) -> ExecutionResult:
        """As graphql-core's `execute`."""
        executor = Executor.build(
            self._schema,
            self._document,
            context_value=context,
            raw_variable_values=variables,
            operation_name=operation_name,
        )
        if isinstance(executor, list):
            return ExecutionResult(None, executor)
        plan = self.plan(executor.operation, executor.variable_values.coerced)
        if plan is None:
            return await self.judge(context, variables, operation_name)
        run = Run(executor)
        try:
            (data,) = await plan.root.run(run, [None], serially=plan.serial)
        except Irregular:
            return await self._finished(run, context, variables, operation_name)
        return ExecutionResult(data, _errors(data) if run.failed else None)

    def plan(self, operation: OperationDefinitionNode, variables: Mapping[str, Any]) -> Plan | None:
        """The plan for these values of the variables that include and skip; None where there is none."""
        if self._flags is None:
            return None
        flags = {name: bool(variables.get(name)) for name in self._flags}
        key = (operation.name and operation.name.value, *flags.values())
        if key not in self._made:
            try:
                self._made[key] = compile_plan(self._schema, self._document, operation, flags)
            except Unplanned:
                self._made[key] = None
        return self._made[key]

    @cached_property
    def _flags(self) -> Sequence[str] | None:
        try:
            return sorted(flags_of(self._document))
        except Unplanned:
            return None

    async def _finished(
        self, run: Run, context: Any, variables: dict[str, Any], operation_name: str | None
    ) -> ExecutionResult:
        """graphql-core's answer from what the plan has loaded and resolved: nothing is asked or written twice."""

        def replay(resolve: Any, source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
            known = run.resolved.get((info.parent_type.name, str(info.path.key), id(source)))
            if known is None:
                return resolve(source, info, **arguments)
            if isinstance(known[1], Exception):
                raise known[1]
            return known[1]

        return await self.judge(context, variables, operation_name, [replay])

    async def judge(
        self, context: Any, variables: dict[str, Any], operation_name: str | None, middleware: Sequence[Any] = ()
    ) -> ExecutionResult:
        """graphql-core's own execution: for what plans do not cover, and to compare with."""
        result = execute(
            self._schema,
            self._document,
            context_value=context,
            variable_values=variables,
            operation_name=operation_name,
            middleware=list(middleware) or None,
        )
        return result if isinstance(result, ExecutionResult) else await result


def _errors(data: dict[str, Any]) -> list[GraphQLError]:
    """Nulls in the places of failures, and an error for each place."""
    found = list(_failures(data, []))
    for holder, key, _, _ in found:
        holder[key] = None
    return [located_error(failure.error, failure.nodes, path) for _, _, failure, path in found]


def _failures(value: Any, path: list[str | int]) -> Iterator[tuple[Any, Any, Failure, list[str | int]]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    for key, one in items:
        if isinstance(one, Failure):
            yield value, key, one, [*path, key]
        elif isinstance(one, dict | list):
            yield from _failures(one, [*path, key])
