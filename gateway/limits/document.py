"""What a document may be, counted in one pass over it, before validation: that takes longer the more there is of it.

Fragments are counted once, wherever they are spread: counting takes no longer than reading.
"""

from collections import Counter
from collections.abc import Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSyntaxError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    ValueNode,
    parse,
)

from gateway.limits.refusals import LimitExceeded

Fragments = Mapping[str, FragmentDefinitionNode]

MAX_CHARACTERS = 50_000
"""Long names, texts and comments are read character by character."""
MAX_TOKENS = 1_500
"""Validation takes some 30 µs for each."""
MAX_COMMENTS = 500
MAX_VARIABLE_VALUES = 10_000
MAX_ROOT_FIELDS = 50
MOST: Mapping[str, int] = {
    "aliases": 100,
    "fragments": 100,
    "spreads": 200,
    "directives": 200,
    "directivesInOnePlace": 5,
    "operations": 20,
    "variables": 100,
    "valueDepth": 10,
    "valueSize": 200,
    "digits": 100,
}
"""How much of each a document may have; the depth is for the operator to choose."""


def parsed(query: str) -> DocumentNode:
    """The document, parsed. Raises: LimitExceeded, GraphQLSyntaxError."""
    _bounded("characters", len(query), MAX_CHARACTERS)
    try:
        return parse(query, max_lexical_tokens=MAX_TOKENS, max_comments=MAX_COMMENTS)
    except GraphQLSyntaxError as error:
        for limit, most in (("tokens", MAX_TOKENS), ("comments", MAX_COMMENTS)):
            if f"contains more than {most} {limit}" in error.message:
                raise LimitExceeded(limit, None, most) from None
        raise


def check(document: DocumentNode, max_depth: int) -> None:
    """Raises: LimitExceeded."""
    fragments = [d for d in document.definitions if isinstance(d, FragmentDefinitionNode)]
    operations = [d for d in document.definitions if isinstance(d, OperationDefinitionNode)]
    figures = Counter({"fragments": len(fragments), "operations": len(operations)})
    definitions: list[OperationDefinitionNode | FragmentDefinitionNode] = [*operations, *fragments]
    for definition in definitions:
        _count(definition, figures)
    for limit, most in MOST.items():
        _bounded(limit, figures[limit], most)
    by_name = {fragment.name.value: fragment for fragment in fragments}
    depths = _Depths(by_name)
    for operation in operations:
        _bounded("rootFields", len(_places(operation.selection_set, by_name, set())), MAX_ROOT_FIELDS)
        try:
            _bounded("depth", depths.of(operation.selection_set), max_depth)
        except RecursionError:
            raise LimitExceeded("depth", None, max_depth) from None


def check_variables(variables: dict[str, Any]) -> None:
    """Raises: LimitExceeded. A list of a megabyte takes long to coerce, only to be found too long then."""
    waiting: list[Any] = [variables]
    found = 0
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict | list):
            found += len(value)
            _bounded("variableValues", found, MAX_VARIABLE_VALUES)
            waiting += value.values() if isinstance(value, dict) else value


def _bounded(limit: str, found: int, most: int) -> None:
    if found > most:
        raise LimitExceeded(limit, found, most)


def _count(definition: OperationDefinitionNode | FragmentDefinitionNode, figures: Counter[str]) -> None:
    """Adds what stands in the definition itself; of values and directives in one place, the most."""
    variables = definition.variable_definitions or ()
    figures["variables"] = max(figures["variables"], len(variables))
    places: list[Any] = [definition, *variables]
    waiting = list(definition.selection_set.selections)
    while waiting:
        node = waiting.pop()
        places.append(node)
        figures["aliases"] += isinstance(node, FieldNode) and node.alias is not None
        figures["spreads"] += isinstance(node, FragmentSpreadNode)
        if selections := getattr(node, "selection_set", None):
            waiting += selections.selections
    for place in places:
        directives = place.directives or ()
        figures["directives"] += len(directives)
        figures["directivesInOnePlace"] = max(figures["directivesInOnePlace"], len(directives))
        for holder in (place, *directives):
            for argument in getattr(holder, "arguments", None) or ():
                _measure(argument.value, figures)
        if default := getattr(place, "default_value", None):
            _measure(default, figures)


def _measure(value: ValueNode, figures: Counter[str]) -> None:
    waiting = [(value, 1)]
    while waiting:
        value, depth = waiting.pop()
        items = value.values if isinstance(value, ListValueNode) else ()
        if isinstance(value, ObjectValueNode):
            items = tuple(field.value for field in value.fields)
        if isinstance(value, IntValueNode | FloatValueNode):
            figures["digits"] = max(figures["digits"], len(value.value))
        if items:
            figures["valueDepth"] = max(figures["valueDepth"], depth)
            figures["valueSize"] = max(figures["valueSize"], len(items))
        waiting += [(item, depth + 1) for item in items]


def _places(selections: SelectionSetNode, fragments: Fragments, seen: set[str]) -> set[str]:
    """The keys of the fields of one object of the answer."""
    found: set[str] = set()
    for node in selections.selections:
        if isinstance(node, FieldNode):
            found.add((node.alias or node.name).value)
        elif isinstance(node, InlineFragmentNode):
            found |= _places(node.selection_set, fragments, seen)
        elif isinstance(node, FragmentSpreadNode) and node.name.value in fragments and node.name.value not in seen:
            seen.add(node.name.value)
            found |= _places(fragments[node.name.value].selection_set, fragments, seen)
    return found


def _introspects(node: SelectionNode) -> bool:
    """What looks at the schema itself has a bound of its own in validation."""
    return isinstance(node, FieldNode) and node.name.value in ("__schema", "__type")


class _Depths:
    """How many fields lie below one another; that of a fragment is found once."""

    def __init__(self, fragments: Fragments) -> None:
        self._fragments = fragments
        self._known: dict[str, int] = {}

    def of(self, selections: SelectionSetNode) -> int:
        return max((self._of(node) for node in selections.selections), default=0)

    def _of(self, node: SelectionNode) -> int:
        if isinstance(node, FragmentSpreadNode):
            return self._of_fragment(node.name.value)
        selections = getattr(node, "selection_set", None)
        below = self.of(selections) if selections and not _introspects(node) else 0
        return below + isinstance(node, FieldNode)

    def _of_fragment(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = 0  # where fragments spread one another in a circle, validation says so
            fragment = self._fragments.get(name)
            self._known[name] = self.of(fragment.selection_set) if fragment else 0
        return self._known[name]
