"""Whether fields that share a place in the answer agree, decided in time that grows with the fields.

graphql-core compares each two of them, so that a hundred fragments with an `id` each take a tenth of a second, and some
documents of 8 KB a whole one. Here all fields of one place are compared with the first of them. What they select is
merged then, as execution merges it, and looked at the same way.
"""

from collections.abc import Hashable, Iterable, Iterator
from typing import Any, NamedTuple

from graphql import (
    SKIP,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLOutputType,
    InlineFragmentNode,
    ListValueNode,
    NullValueNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    StringValueNode,
    ValidationRule,
    ValueNode,
    VariableNode,
    VisitorAction,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
    type_from_ast,
)
from graphql.validation.validate import ValidationAbortedError

from gateway.limits.refusals import LimitExceeded

MAX_MERGED = 10_000
"""Fields that are looked at: merged sets of fragments can be exponentially many."""


class Selected(NamedTuple):
    """A field where it stands: `parent` is the type that it is selected of, None where it is unknown.

    `definition` is None too for the fields of introspection, as in graphql-core.
    """

    parent: Any
    node: FieldNode
    definition: GraphQLField | None


Scope = tuple[tuple[Any, SelectionSetNode], ...]
"""Selections that fill one object of the answer, each with the type that it selects of."""


class FieldsMerge(ValidationRule):
    """In the place of graphql-core's `OverlappingFieldsCanBeMergedRule`."""

    def __init__(self, context: Any) -> None:
        super().__init__(context)
        self._merged = 0

    def enter_operation_definition(self, node: OperationDefinitionNode, *_: Any) -> VisitorAction:
        root = self.context.schema.get_root_type(node.operation)
        self._seen: set[tuple[bool, frozenset[int]]] = set()
        self._check(((root, node.selection_set),), shapes=True)
        self._check(((root, node.selection_set),), shapes=False)
        return SKIP

    def enter_fragment_definition(self, *_: Any) -> VisitorAction:
        return SKIP

    def _check(self, scope: Scope, *, shapes: bool) -> None:
        """Either the shapes of all fields, or the names and arguments of those that one object can have together."""
        known = shapes, frozenset(id(selections) for _, selections in scope)
        if known in self._seen:
            return
        self._seen.add(known)
        for fields in self._by_place(scope).values():
            for together in [fields] if shapes else _of_one_object(fields):
                self._agree(together, _shape_conflict if shapes else _field_conflict)
                below = tuple(
                    (get_named_type(one.definition.type) if one.definition else None, one.node.selection_set)
                    for one in together
                    if one.node.selection_set
                )
                if below:
                    self._check(below, shapes=shapes)

    def _agree(self, fields: list[Selected], conflict: Any) -> None:
        first = next((field for field in fields if field.definition), fields[0])
        for other in fields:
            if other is not first and (reason := conflict(first, other)):
                place = (first.node.alias or first.node.name).value
                message = f"Fields '{place}' conflict: {reason}. Give one of them an alias of its own."
                self.report_error(GraphQLError(message, [first.node, other.node]))
                return

    def _by_place(self, scope: Scope) -> dict[str, list[Selected]]:
        """All fields, by their key in the answer."""
        places: dict[str, list[Selected]] = {}
        fragments: set[str] = set()
        for parent, selections in scope:
            for field in self._fields(parent, selections, fragments):
                self._merged += 1
                places.setdefault((field.node.alias or field.node.name).value, []).append(field)
        if self._merged > MAX_MERGED:
            error = LimitExceeded("mergedFields", None, MAX_MERGED)
            raise ValidationAbortedError(str(error), original_error=error)
        return places

    def _fields(self, parent: Any, selections: SelectionSetNode, fragments: set[str]) -> Iterator[Selected]:
        for node in selections.selections:
            if isinstance(node, FieldNode):
                yield Selected(parent, node, getattr(parent, "fields", {}).get(node.name.value))
            elif isinstance(node, InlineFragmentNode):
                yield from self._fields(self._narrowed(parent, node), node.selection_set, fragments)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in fragments:
                fragments.add(node.name.value)
                if fragment := self.context.get_fragment(node.name.value):
                    yield from self._fields(self._narrowed(parent, fragment), fragment.selection_set, fragments)

    def _narrowed(self, parent: Any, fragment: Any) -> Any:
        condition = fragment.type_condition
        return type_from_ast(self.context.schema, condition) if condition else parent


def _of_one_object(fields: list[Selected]) -> Iterable[list[Selected]]:
    """Fields of different object types never meet; those of interfaces and unions may meet any."""
    objects = {id(field.parent): field.parent for field in fields if is_object_type(field.parent)}
    if len(objects) < 2:
        return [fields]
    return [[f for f in fields if f.parent is one or not is_object_type(f.parent)] for one in objects.values()]


def _field_conflict(one: Selected, other: Selected) -> str | None:
    if one.node.name.value != other.node.name.value:
        return f"'{one.node.name.value}' and '{other.node.name.value}' are different fields"
    if (one.node.arguments or other.node.arguments) and _said(one.node) != _said(other.node):
        return "they have different arguments"
    return None


def _shape_conflict(one: Selected, other: Selected) -> str | None:
    if _streams(one.node) or _streams(other.node):
        return "what is streamed is selected once"
    if one.definition and other.definition and not _alike(one.definition.type, other.definition.type):
        return f"one is '{one.definition.type}', the other '{other.definition.type}'"
    return None


def _alike(one: GraphQLOutputType, other: GraphQLOutputType) -> bool:
    if one is other:
        return True
    for wraps in (is_non_null_type, is_list_type):
        if wraps(one) or wraps(other):
            return wraps(one) and wraps(other) and _alike(one.of_type, other.of_type)  # type: ignore[union-attr]
    return not (is_leaf_type(one) or is_leaf_type(other))


def _streams(node: FieldNode) -> bool:
    return any(directive.name.value == "stream" for directive in node.directives or ())


def _said(node: FieldNode) -> frozenset[tuple[str, Hashable]]:
    return frozenset((argument.name.value, _value(argument.value)) for argument in node.arguments or ())


def _value(node: ValueNode) -> Hashable:
    """The same for the same value: the order of an object's fields does not matter."""
    match node:
        case ObjectValueNode():
            return frozenset((field.name.value, _value(field.value)) for field in node.fields)
        case ListValueNode():
            return tuple(map(_value, node.values))
        case VariableNode():
            return "$", node.name.value
        case NullValueNode():
            return None
        case StringValueNode():
            return "string", node.value, bool(node.block)
        case _:
            return node.kind, node.value  # type: ignore[attr-defined]  # of an enum, a number or a truth
