"""What an operation says of its variables, read once; and their values, for each execution."""

from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLBoolean,
    GraphQLError,
    GraphQLID,
    GraphQLInt,
    GraphQLSchema,
    GraphQLString,
    Node,
    OperationDefinitionNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    get_variable_values,
    visit,
)
from graphql.execution.get_variable_signature import get_variable_signature
from graphql.execution.values import VariableValues, VariableValueSource

MAX_ERRORS = 50

_PLAIN: dict[Any, type] = {GraphQLID: str, GraphQLString: str, GraphQLBoolean: bool, GraphQLInt: int}
"""Types whose values are what they are in JSON."""
_INT = range(-(2**31), 2**31)

Values = VariableValues
NO_VALUES = VariableValues({}, {})


class Variables:
    def __init__(self, schema: GraphQLSchema, operation: OperationDefinitionNode, *, suggests: bool = True) -> None:
        self._hides = not suggests
        self._schema = schema
        self._definitions = operation.variable_definitions or ()
        signatures = [get_variable_signature(schema, definition) for definition in self._definitions]
        known = [one for one in signatures if not isinstance(one, GraphQLError)]
        plain = [(one.name, one, _PLAIN.get(get_nullable_type(one.type))) for one in known]
        self._plain = [(name, one, kind) for name, one, kind in plain if kind] if len(known) == len(signatures) else []

    def values(self, given: dict[str, Any]) -> VariableValues | list[GraphQLError]:
        """The values as graphql-core coerces them, or what is wrong with them."""
        if not self._definitions:
            return NO_VALUES
        quick = self._quick(given) if len(self._plain) == len(self._definitions) else None
        return quick or get_variable_values(self._schema, self._definitions, given, MAX_ERRORS, self._hides)

    def _quick(self, given: dict[str, Any]) -> VariableValues | None:
        """The values where each is given, and is of a plain type already."""
        sources, coerced = {}, {}
        for name, signature, kind in self._plain:
            value = given.get(name)
            if type(value) is not kind or (kind is int and value not in _INT):
                return None
            sources[name] = VariableValueSource(signature, value)
            coerced[name] = value
        return VariableValues(sources, coerced)


def used_below(document: DocumentNode, operation: OperationDefinitionNode) -> frozenset[str]:
    """The variables that are used in the document, except by this operation in arguments of its root fields alone."""
    used: set[str] = set()

    class Uses(Visitor):
        def enter_variable(self, node: VariableNode, *_: Any) -> None:
            used.add(node.name.value)

    parts: list[Node] = [one for one in document.definitions if isinstance(one, FragmentDefinitionNode)]
    for root in operation.selection_set.selections:
        if not isinstance(root, FieldNode):
            parts.append(root)
            continue
        parts += root.directives or ()
        parts += [root.selection_set] if root.selection_set else []
    for part in parts:
        visit(part, Uses())
    return frozenset(used)
