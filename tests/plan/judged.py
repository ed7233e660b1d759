"""The plan and graphql-core side by side: one document, one world each, and what must be equal."""

import gc
import re
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from graphql import (
    ConstDirectiveNode,
    DocumentNode,
    ExecutionResult,
    NameNode,
    OperationDefinitionNode,
    Visitor,
    parse,
    validate,
    visit,
)
from graphql.pyutils import inspect

from datasources.actor import ANONYMOUS, Actor
from gateway.plan import Plans
from tests.plan.example import GRAPHQL
from tests.plan.world import Context, Rows, good_rows

Told = tuple[str, tuple[Any, ...], tuple[Any, ...]]
"""Message, path, locations of an error."""


async def both(
    document: str,
    variables: dict[str, Any] | None = None,
    operation: str | None = None,
    rows: Callable[[], Rows] = good_rows,
    actor: Actor = ANONYMOUS,
) -> tuple[ExecutionResult, Context]:
    """Runs the document by its plan, over rows and over tables, and by graphql-core, and compares.

    What the plan said of rows, and its context.
    """
    ast = parse(document)
    assert validate(GRAPHQL, ast) == []
    by_core, lenient = (Context(rows(), actor) for _ in range(2))
    with no_word_of_coroutines():
        judged = await Plans(GRAPHQL, ast).judge(by_core, variables or {}, operation)
        possible = await Plans(GRAPHQL, _without_propagation(ast)).judge(lenient, variables or {}, operation)
    for tables in (True, False):
        by_plan = Context(rows(), actor, tables=tables)
        plans = Plans(GRAPHQL, ast)
        planned = await plans.execute(by_plan, variables or {}, operation)
        assert not plans.fallbacks
        assert _text(planned.data) == _text(judged.data)
        _assert_errors(planned, judged, possible)
        _assert_loads(by_plan, by_core, lenient, judged)
    return planned, by_plan


@contextmanager
def no_word_of_coroutines() -> Iterator[None]:
    """graphql-core drops coroutines of fields whose sibling failed; Python warns when it collects them."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine .* was never awaited", RuntimeWarning)
        yield
        gc.collect()  # all that there is: what lived through a collection before is not seen by a smaller one


def _assert_errors(planned: ExecutionResult, judged: ExecutionResult, possible: ExecutionResult) -> None:
    """The same errors; of several below one null any one may be told, and one alone."""
    ours, theirs = _by_null(planned), _by_null(judged)
    assert ours.keys() == theirs.keys()
    all_possible = Counter(map(_told, possible.errors or ()))
    for null, told in ours.items():
        if told != theirs[null]:
            assert len(told) == 1
            assert told[0] in all_possible
            assert any(len(path) > len(null) for _, path, _ in theirs[null])


def _by_null(result: ExecutionResult) -> dict[tuple[Any, ...], list[Told]]:
    """The errors at each null that they made."""
    nulls: dict[tuple[Any, ...], list[Told]] = {}
    for error in result.errors or ():
        nulls.setdefault(_null_above(result.data, tuple(error.path or ())), []).append(_told(error))
    return nulls


def _text(value: Any) -> str:
    """With the order of keys and the types of numbers, without the addresses of objects."""
    return re.sub(" at 0x[0-9a-f]+", "", repr(value))


def _told(error: Any) -> Told:
    return _text(error.message), tuple(error.path or ()), tuple(error.locations or ())


def _null_above(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[key]
    return path


def _assert_loads(by_plan: Context, by_core: Context, lenient: Context, judged: ExecutionResult) -> None:
    """The same keys, each once; graphql-core may give up what is beside a failure before it has loaded."""
    assert set(by_plan.world.asked.values()) <= {1}
    ours, theirs, most = (
        {(name, inspect(key)) for name, key in context.world.asked} for context in (by_plan, by_core, lenient)
    )
    assert theirs <= ours <= most
    assert judged.errors or ours == theirs
    assert by_plan.world.written == by_core.world.written


def _without_propagation(document: DocumentNode) -> DocumentNode:
    """The document for which graphql-core tells every error, and leaves each null where it began."""
    directive = ConstDirectiveNode(name=NameNode(value="experimental_disableErrorPropagation"), arguments=())

    class Lenient(Visitor):
        def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> OperationDefinitionNode:
            return OperationDefinitionNode(
                operation=node.operation,
                name=node.name,
                variable_definitions=node.variable_definitions,
                directives=(directive,),
                selection_set=node.selection_set,
                loc=node.loc,
            )

    lenient: DocumentNode = visit(document, Lenient())
    return lenient
