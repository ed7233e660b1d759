"""A plan as text: what each field does, and what is loaded with what."""

from collections.abc import Iterator

from gateway.plan.completion import Abstracts, Completer, Lists, Objects
from gateway.plan.steps import Attribute, Calculation, Load, Resolution, Selection, Step


def shown(selection: Selection, indent: str = "") -> Iterator[str]:
    """One line a field, in the order in which steps are written; edges that share a call stand in one line.

    products                 resolver
      nodes                  attribute nodes
        category             load commerce.category_by_id by category_id
    """
    for step in selection.steps:
        yield from _step(step, indent)


def _step(step: Step, indent: str) -> Iterator[str]:
    if isinstance(step, Load):
        for branch in step.branches:
            shared = "" if branch is step.branches[0] else ", in the same call"
            key = ", ".join(branch.edge.key)
            yield _line(indent, branch.field.key, f"load {step.batch.name} by {key}{shared}")
            yield from _below(branch.completer, indent)
    elif isinstance(step, Attribute):
        yield _line(indent, step.fields[0].key, f"attribute {step.attribute}")
        yield from _below(step.completer, indent)
    elif isinstance(step, Calculation):
        yield _line(indent, step.fields[0].key, f"computed from {', '.join(step.computed.columns)}")
        yield from _below(step.completer, indent)
    elif isinstance(step, Resolution):
        yield _line(indent, step.fields[0].key, "resolver")
        yield from _below(step.completer, indent)


def _below(completer: Completer, indent: str) -> Iterator[str]:
    if isinstance(completer, Lists):
        yield from _below(completer.items, indent)
    elif isinstance(completer, Objects):
        yield from shown(completer.rows, indent + "  ")
    elif isinstance(completer, Abstracts):
        for type, objects in completer.types.items():
            if objects.rows.steps:
                yield f"{indent}  ... on {type.name}"
                yield from shown(objects.rows, indent + "    ")


def _line(indent: str, key: str, does: str) -> str:
    return f"{indent + key:<30} {does}"
