"""From a document to its plan: fields collected and merged once, each with its step."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import (
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationType,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    Visitor,
    get_nullable_type,
    get_operation_ast,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    print_ast,
    type_from_ast,
    visit,
)

from gateway.plan.completion import Abstracts, Completer, Lists, Objects
from gateway.plan.cost import Cost
from gateway.plan.field import Field, TooLarge, Unplanned
from gateway.plan.leaves import Leaves
from gateway.plan.load import Load, united
from gateway.plan.selection import Selection
from gateway.plan.steps import Attribute, Branch, Calculation, Resolution, Step
from schema.fields import Computed, Edge, Root

MAX_DEPTH = 50
MAX_FIELDS = 2_000
"""Of all selections, each made for each of its types. Merged fields make selections of their own, and fragments are
spread wherever they are asked for, so that a short document can ask for exponentially many."""


@dataclass(frozen=True)
class Plan:
    root: Selection
    serial: bool
    cost: Cost
    loads: Sequence[Load]
    fields: int
    """How many were compiled: there may be more than are written."""
    shared: bool
    """Whether one execution may serve identical operations of one actor at one moment."""

    @cached_property
    def apart(self) -> bool:
        """Whether it is known that each step loads by a batch of its own."""
        return bool(self.loads) and all(load.alone for load in self.loads)


def conditions_of(document: DocumentNode) -> frozenset[str]:
    """The variables that `@skip` and `@include` ask for: each combination of their values has its own plan."""
    names: set[str] = set()

    class Conditions(Visitor):
        def enter_directive(self, node: DirectiveNode, *_: Any) -> None:
            if node.name.value in ("skip", "include"):
                names.update(a.value.name.value for a in node.arguments or () if isinstance(a.value, VariableNode))

    visit(document, Conditions())
    return frozenset(names)


def compile_plan(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation_name: str | None,
    flags: Mapping[str, bool | None],
    *,
    loosely: bool = False,
) -> Plan:
    """The plan of one operation of a valid document. Raises: Unplanned.

    With `loosely`, what plans do not cover is taken for a resolver, or left out: that says what it costs.
    """
    operation = get_operation_ast(document, operation_name)
    root = schema.get_root_type(operation.operation) if operation else None
    if operation is None or root is None:
        raise Unplanned("no such operation")
    if operation.directives and not loosely:
        raise Unplanned("directives on the operation")
    compiler = _Compiler(schema, document, flags, loosely)
    try:
        selection = compiler.selection(root, [operation.selection_set])
    except RecursionError:
        raise TooLarge("deep nesting") from None
    loads = compiler.project(selection, operation.operation)
    serial = operation.operation is OperationType.MUTATION
    return Plan(selection, serial, Cost(selection, operation), loads, compiler.fields, compiler.shared and not serial)


def _several_times(root: Selection) -> set[Step]:
    """The steps that may run more than once: fragments that are spread twice are the same selections."""
    visits: Counter[Selection] = Counter()

    def visit(selection: Selection) -> None:
        visits[selection] += 1
        if visits[selection] <= 2:  # then all below is known to run again
            for step in selection.steps:
                for branch in step.branches:
                    for below in _selections_of(branch.completer):
                        visit(below)

    visit(root)
    return {step for selection, times in visits.items() if times > 1 for step in selection.steps}


def _selections_of(completer: Completer) -> Iterable[Selection]:
    if isinstance(completer, Lists):
        return _selections_of(completer.items)
    if isinstance(completer, Abstracts):
        return [objects.rows for objects in completer.types.values()]
    return [completer.rows] if isinstance(completer, Objects) else []


class _Compiler:
    def __init__(
        self, schema: GraphQLSchema, document: DocumentNode, flags: Mapping[str, bool | None], loosely: bool
    ) -> None:
        self._schema = schema
        self._flags = flags
        self._loosely = loosely
        fragments = (d for d in document.definitions if isinstance(d, FragmentDefinitionNode))
        self._fragments = {fragment.name.value: fragment for fragment in fragments}
        self._selections: dict[tuple[Any, ...], Selection] = {}
        self.fields = 0
        self.shared = True

    def selection(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        """Made once for each type and place in the document: nested fragments stay as small as they are written."""
        name = (parent, *map(id, sets))
        if name not in self._selections:
            made = self._selections[name] = self._selection(parent, sets)
            if made.depth > MAX_DEPTH:
                raise TooLarge("deep nesting")
        return self._selections[name]

    def project(self, root: Selection, kind: OperationType) -> Sequence[Load]:
        """Tells each load the columns that are read of its records, wherever in the plan: so they are read once.

        Where resolvers beside the first may load the same records, all is read, so that it is read once as well.
        """
        steps = [step for selection in self._selections.values() for step in selection.steps]
        loads = [step for step in steps if isinstance(step, Load)]
        resolvers = sum(type(step) is Resolution for step in steps)
        if resolvers > 1:
            return loads
        several = _several_times(root)
        # A resolver that all is below has ended by then; of events, it is asked of the same records who may see them.
        apart = resolvers == 0 or (type(root.steps[0]) is Resolution and len(root.steps) == 1)
        apart = apart and kind is not OperationType.SUBSCRIPTION
        for load in loads:
            others = [other for other in loads if other.batch is load.batch]
            load.wanted = united(other.needed for other in others)
            load.ahead = resolvers > 0 or any(other.looks_ahead for other in others)
            load.alone = len(others) == 1
            load.once = load.alone and load not in several and apart
        return loads

    def _selection(self, parent: GraphQLObjectType, sets: Sequence[SelectionSetNode]) -> Selection:
        collected: dict[str, list[FieldNode]] = {}
        seen: set[str] = set()
        for one in sets:
            self._collect(parent, one.selections, collected, seen)
        self.fields += len(collected)
        if self.fields > MAX_FIELDS:
            raise TooLarge("too many fields")
        constants = {key: parent.name for key, nodes in collected.items() if nodes[0].name.value == "__typename"}
        steps: list[Step] = []
        loads: dict[tuple[Any, ...], list[tuple[Branch, Edge | Root]]] = {}
        for key, nodes in collected.items():
            if key not in constants:
                field = self._field(key, parent, nodes)
                self.shared = self.shared and field.shared
                completer = self._completer(field.definition.type, field)
                declared = self._declared(field)
                if isinstance(declared, Root):
                    loads[(key,)] = [(Branch(field, completer), declared)]
                elif isinstance(declared, Edge):
                    arguments = sorted(print_ast(argument) for argument in nodes[0].arguments or ())
                    group = (declared.batch, declared.unpack, *arguments)
                    loads.setdefault(group, []).append((Branch(field, completer), declared))
                elif isinstance(declared, Computed):
                    steps.append(Calculation(field, declared, completer))
                elif declared is None:
                    steps.append(Resolution(field, completer))
                else:
                    steps.append(Attribute(field, declared, completer))
        steps += [Load(*zip(*load, strict=True)) for load in loads.values()]
        return Selection(steps, list(collected), constants)

    def _field(self, key: str, parent: GraphQLObjectType, nodes: list[FieldNode]) -> Field:
        definition: Any = self._schema.get_field(parent, nodes[0].name.value)  # none is missing: the document is valid
        field = Field(key, parent, definition, nodes)
        if field.introspects and not self._loosely:
            raise Unplanned("introspection")
        return field

    def _declared(self, field: Field) -> Root | Edge | Computed | str | None:
        try:
            return field.declared
        except Unplanned:
            if self._loosely:
                return None
            raise

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
            if directive.name.value in ("defer", "stream"):
                continue  # hints, for those who take answers in parts
            if directive.name.value not in ("skip", "include"):
                if self._loosely:
                    continue
                raise Unplanned(f"@{directive.name.value}")
            (argument,) = directive.arguments or ()
            condition = argument.value
            if isinstance(condition, VariableNode):
                on = self._flags[condition.name.value]
            else:
                on = isinstance(condition, BooleanValueNode) and condition.value
            if on is None and not self._loosely:
                raise Unplanned("a condition that is null")
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
        inner: Any = get_nullable_type(type)
        if is_list_type(inner):
            return Lists(self._completer(inner.of_type, field), field, nullable)
        if is_leaf_type(inner):
            return Leaves(inner, field, nullable)
        if is_abstract_type(inner):
            types = self._schema.get_possible_types(inner)
            return Abstracts(inner, [self._objects(one, field) for one in types], field, nullable)
        return self._objects(inner, field, nullable)

    def _objects(self, type: GraphQLObjectType, field: Field, nullable: bool = True) -> Objects:
        sets = [node.selection_set for node in field.nodes if node.selection_set]
        return Objects(type, self.selection(type, sets), field, nullable)
