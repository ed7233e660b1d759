"""What differs from a released schema, and whom it concerns: by graphql-core's rules, and those of `@access`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from graphql import (
    BreakingChange,
    BreakingChangeType,
    DangerousChange,
    DangerousChangeType,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLSchema,
    find_schema_changes,
    get_directive_values,
)

from schema.access import INHERITED, PUBLIC, SIGNED_IN

Guard = tuple[str | None, str | None] | None
"""The scope and the policy of an `@access`; None where there is none."""

_EXECUTABLE = {
    *("QUERY", "MUTATION", "SUBSCRIPTION", "FIELD", "VARIABLE_DEFINITION"),
    *("FRAGMENT_DEFINITION", "FRAGMENT_SPREAD", "INLINE_FRAGMENT"),
}
"""Where documents hold directives."""
_COORDINATE = re.compile(r"@\w+(\(\w+:\))?|\w+\.\w+(\(\w+:\))?")
_OF_THE_LAST = {DangerousChangeType.TYPE_ADDED_TO_UNION, DangerousChangeType.IMPLEMENTED_INTERFACE_ADDED}
"""Changes that concern whoever uses the type that their description ends with."""
_OF_THE_WHOLE = {
    BreakingChangeType.REQUIRED_INPUT_FIELD_ADDED,
    BreakingChangeType.REQUIRED_ARG_ADDED,
    BreakingChangeType.REQUIRED_DIRECTIVE_ARG_ADDED,
    DangerousChangeType.VALUE_ADDED_TO_ENUM,
}
"""Additions that concern whoever uses what they are added to."""


@dataclass(frozen=True, slots=True)
class Change:
    """`concerns` is the coordinate whose users are concerned."""

    what: str
    breaking: bool
    concerns: str


def changes(released: GraphQLSchema, current: GraphQLSchema) -> list[Change]:
    """What breaks clients of the released schema or is dangerous for them; both were built from SDL."""
    found = [
        Change(change.description, isinstance(change, BreakingChange), concerned_by(change))
        for change in find_schema_changes(released, current)
        if isinstance(change, BreakingChange | DangerousChange)
    ]
    return [*(change for change in found if not _unseen(change, released)), *_lost(released, current)]


def concerned_by(change: BreakingChange | DangerousChange) -> str:
    """The coordinate that a document uses if the change concerns it; graphql-core says it in its description alone."""
    words = change.description.rstrip(".").split()
    if change.type in _OF_THE_LAST:
        return words[-1]
    coordinate = _COORDINATE.search(change.description)
    if coordinate is None:
        return words[2] if words[:2] == ["Standard", "scalar"] else words[0]
    if change.type in _OF_THE_WHOLE:
        return re.sub(r"(\(\w+:\)|\.\w+)$", "", coordinate[0])
    return coordinate[0]


def _unseen(change: Change, released: GraphQLSchema) -> bool:
    """Whether it is about a directive that no document can hold."""
    directive = released.get_directive(change.concerns[1:].partition("(")[0]) if change.concerns[0] == "@" else None
    return directive is not None and _EXECUTABLE.isdisjoint(location.name for location in directive.locations)


def _lost(released: GraphQLSchema, current: GraphQLSchema) -> Iterator[Change]:
    """Where some lose a right that they had."""
    before, now = dict(_guards(released)), dict(_guards(current))
    for coordinate, was in before.items():
        becomes = now.get(coordinate, was)
        if becomes != was and (_openness(becomes) < _openness(was) or _openness(was) == _openness(becomes) == 0):
            yield Change(f"Access to {coordinate} changed from {_told(was)} to {_told(becomes)}.", False, coordinate)


def _guards(schema: GraphQLSchema) -> Iterator[tuple[str, Guard]]:
    for name, type in schema.type_map.items():
        if isinstance(type, GraphQLObjectType | GraphQLInterfaceType) and not name.startswith("__"):
            yield name, _guard(schema, type)
            yield from ((f"{name}.{field}", _guard(schema, of)) for field, of in type.fields.items())


def _guard(schema: GraphQLSchema, of: GraphQLNamedType | GraphQLField) -> Guard:
    directive = schema.get_directive("access")
    values = get_directive_values(directive, of.ast_node) if directive and of.ast_node else None
    return None if values is None else (values.get("scope"), values.get("policy"))


def _openness(guard: Guard) -> int:
    """0 for scopes and policies: nobody can tell which of two lets more people pass."""
    if guard is None or guard[1] in (PUBLIC.policy, INHERITED.policy):
        return 2
    return 1 if guard[1] == SIGNED_IN.policy else 0


def _told(guard: Guard) -> str:
    if guard is None:
        return "that of what it is in"
    scope, policy = guard
    return f"scope {scope}" if scope else f"'{policy}'"
