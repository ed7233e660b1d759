"""From a document to its plan: fields collected and merged once, each with its step."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLAbstractType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
    visit,
)
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.plan.completion import Abstracts, Completer, Leaves, Lists, Objects
from gateway.plan.run import Field, Run
from gateway.plan.steps import Attribute, Branch, Calculation, Load, Resolution, Selection, Step
from schema.fields import Computed, Edge

STRAWBERRY = "strawberry-definition"


class Unplanned(Exception):
    """The document uses what plans leave to graphql-core; the message says what."""


@dataclass(frozen=True, slots=True)
class Plan:
    root: Selection
    serial: bool


Flags = Mapping[str, bool]
"""The values of the variables that `@skip` and `@include` ask for: each combination has its own plan."""


def flags_of(document: DocumentNode) -> frozenset[str]:
    """The variables that decide which fields are there."""
    names: set[str] = set()

    class Conditions(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            if node.name.value in ("defer", "stream"):
                raise Unplanned(f"@{node.name.value}")
            if node.name.value in ("skip", "include"):
                names.update(a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode))

    visit(document, Conditions())
    return frozenset(names)


def compile_plan(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, flags: Flags
) -> Plan:
    """The plan of a valid operation. Raises: Unplanned."""
    if operation.operation is OperationType.SUBSCRIPTION:
        raise Unplanned("subscriptions")
    root = schema.get_root_type(operation.operation)
    if root is None or operation.directives:
        raise Unplanned("directives on the operation")
    compiler = _Compiler(schema, document, flags)
    return Plan(compiler.selection(root, [operation.selection_set]), operation.operation is OperationType.MUTATION)


class _Compiler:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, flags: Flags) -> None:
        self._schema = schema
        self._flags = flags
        fragments = (d for d in document.definitions if isinstance(d, FragmentDefinitionNode))
        self._fragments = {fragment.name.value: fragment for fragment in fragments}
        self._selections: dict[tuple[Any, ...], Selection] = {}

    def selection(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        """Made once for each type and place in the document: nested fragments stay as small as they are written."""
        name = (parent, *map(id, sets))
        if name not in self._selections:
            self._selections[name] = self._selection(parent, sets)
        return self._selections[name]

    def _selection(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        collected: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for one in sets:
            self._collect(parent, one.selections, collected, seen)
        constants = {key: parent.name for key, nodes in collected.items() if nodes[0].name.value == "__typename"}
        steps: list[Step] = []
        edges: dict[tuple[Any, ...], list[Branch]] = {}
        for key, nodes in collected.items():
            if key in constants:
                continue
            definition = parent.fields.get(nodes[0].name.value)
            if definition is None:
                raise Unplanned("introspection")
            field = Field(key, parent, definition, nodes)
            declared = _declared(field)
            completer = self._completer(definition.type, field)
            nullable = not is_non_null_type(definition.type)
            if isinstance(declared, Edge):
                group = (declared.batch, *sorted(print_ast(argument) for argument in nodes[0].arguments or ()))
                edges.setdefault(group, []).append(Branch(field, declared, nullable, completer))
            elif isinstance(declared, Computed):
                steps.append(Calculation(field, declared, completer))
            elif declared is None:
                steps.append(Resolution(field, nullable, completer))
            else:
                steps.append(Attribute(field, declared, completer))
        steps += [Load(branches, self._unpack) for branches in edges.values()]
        return Selection(steps, list(collected), constants)

    def _collect(
        self,
        parent: GraphQLObjectType,
        selections: Sequence[SelectionNode],
        into: dict[str, list[FieldNode]],
        seen: set[str],
    ) -> None:
        for node in selections:
            if not self._included(node.directives or ()):
                continue
            if isinstance(node, FieldNode):
                into.setdefault((node.alias or node.name).value, []).append(node)
            elif isinstance(node, InlineFragmentNode):
                if self._applies(node, parent):
                    self._collect(parent, node.selection_set.selections, into, seen)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in seen:
                seen.add(node.name.value)
                fragment = self._fragments[node.name.value]
                if self._applies(fragment, parent):
                    self._collect(parent, fragment.selection_set.selections, into, seen)

    def _included(self, directives: Sequence[DirectiveNode]) -> bool:
        for directive in directives:
            if directive.name.value in ("skip", "include"):
                (argument,) = directive.arguments or ()
                value = argument.value
                if isinstance(value, VariableNode):
                    on = self._flags[value.name.value]
                else:
                    on = isinstance(value, BooleanValueNode) and value.value
                if on is (directive.name.value == "skip"):
                    return False
        return True

    def _applies(self, fragment: InlineFragmentNode | FragmentDefinitionNode, parent: GraphQLObjectType) -> bool:
        if fragment.type_condition is None:
            return True
        condition = type_from_ast(self._schema, fragment.type_condition)
        return condition is parent or (is_abstract_type(condition) and self._schema.is_sub_type(condition, parent))

    def _completer(self, type: GraphQLOutputType, field: Field) -> Completer:
        nullable = not is_non_null_type(type)
        inner: Any = type if nullable else type.of_type  # type: ignore[union-attr]
        if is_list_type(inner):
            return Lists(self._completer(inner.of_type, field), nullable)
        if is_leaf_type(inner):
            return Leaves(inner, nullable, field)
        if is_abstract_type(inner):
            return self._abstract(inner, nullable, field)
        return self._objects(inner, nullable, field)

    def _objects(self, type: GraphQLObjectType, nullable: bool, field: Field) -> Objects:
        sets = [node.selection_set for node in field.nodes if node.selection_set]
        return Objects(type, self.selection(type, sets), nullable, field)

    def _abstract(self, type: GraphQLAbstractType, nullable: bool, field: Field) -> Abstracts:
        types = self._schema.get_possible_types(type)
        return Abstracts({one: self._objects(one, nullable, field) for one in types}, nullable, field)

    def _unpack(self, run: Run, field: Field) -> dict[str, Any]:
        """An edge's arguments, as its batch takes them. Raises: GraphQLError, Refusal."""
        strawberry_field = field.definition.extensions[STRAWBERRY]
        declared = strawberry_field.metadata["declared"]
        if declared.unpack is None:
            return {}
        converter = self._schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]
        given = convert_arguments(
            run.arguments(field),
            strawberry_field.arguments,
            scalar_registry=converter.scalar_registry,
            config=converter.config,
        )
        unpacked: dict[str, Any] = declared.unpack(**given)
        return unpacked


def _declared(field: Field) -> Edge | Computed | str | None:
    """What a field does: an edge, a calculation, the name of an attribute, or None for a resolver."""
    known: StrawberryField | None = field.definition.extensions.get(STRAWBERRY)
    if known is None:
        raise Unplanned("a field that Strawberry does not know")
    if known.extensions:
        raise Unplanned(f"extensions of {field.parent.name}.{field.name}")
    declared: Edge | Computed | None = known.metadata.get("declared")
    if declared is not None:
        return declared
    return None if known.base_resolver else known.python_name
