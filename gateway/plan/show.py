"""A plan as text: what each field does, and what is loaded with what."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLError, GraphQLSchema, get_operation_ast, parse, validate

from gateway.plan import Plans, Unplanned
from gateway.plan.completion import Abstracts, Completer, Lists, Objects
from gateway.plan.load import Load
from gateway.plan.selection import Selection
from gateway.plan.steps import Attribute, Calculation, Step
from gateway.plan.variables import Variables
from schema.fields import Edge


def described(schema: GraphQLSchema, query: str, variables: dict[str, Any]) -> str:
    """The plan of a document with one operation, and its cost in rows. Raises: GraphQLError."""
    document = parse(query)
    for error in validate(schema, document):
        raise error
    operation = get_operation_ast(document)
    if operation is None:
        raise GraphQLError("Write one operation.")
    values = Variables(schema, operation).values(variables)
    if isinstance(values, list):
        raise values[0]
    plans = Plans(schema, document)
    try:
        plan = plans.plan(operation.name.value if operation.name else None, values.coerced)
    except Unplanned as reason:
        return f"graphql-core answers this: {reason}"
    cost = plans.foreseen(operation, variables).cost.of(variables)
    return "\n".join([*shown(plan.root), f"It costs {cost:,.0f} at most."])


def shown(selection: Selection, indent: str = "") -> Iterator[str]:
    """One line a field, in the order in which steps are written; edges that share a call stand in one line.

    products                 resolver
      nodes                  attribute nodes
        category             load commerce.category_by_id by category_id
    """
    for step in selection.steps:
        yield from _step(step, indent)


def _step(step: Step, indent: str) -> Iterator[str]:
    for branch, does in zip(step.branches, _does(step), strict=True):
        yield f"{indent + branch.field.key:<30} {does}"
        yield from _below(branch.completer, indent + "  ")


def _does(step: Step) -> Iterator[str]:
    """What a step does for each of its fields."""
    if isinstance(step, Load):
        for place, one in enumerate(step.declared):
            by = f" by {', '.join(one.key)}" if isinstance(one, Edge) else ""
            yield f"load {one.batch.name}{by}{', in the same call' if place else ''}"
    elif isinstance(step, Attribute):
        yield f"attribute {step.attribute}"
    elif isinstance(step, Calculation):
        yield f"computed from {', '.join(step.computed.columns)}"
    else:
        yield "resolver"


def _below(completer: Completer, indent: str) -> Iterator[str]:
    if isinstance(completer, Lists):
        yield from _below(completer.items, indent)
    elif isinstance(completer, Objects):
        yield from shown(completer.rows, indent)
    elif isinstance(completer, Abstracts):
        for name, objects in completer.types.items():
            if objects.rows.steps:
                yield f"{indent}... on {name}"
                yield from shown(objects.rows, indent + "  ")
