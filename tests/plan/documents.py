"""Any document in other dress: with variables, conditions, fragments, aliases and fields that are to be merged."""

from random import Random
from typing import Any

from graphql import (
    ArgumentNode,
    BooleanValueNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLSchema,
    InlineFragmentNode,
    NamedTypeNode,
    NameNode,
    OperationDefinitionNode,
    SelectionSetNode,
    TypeInfo,
    TypeInfoVisitor,
    ValueNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    value_from_ast_untyped,
    visit,
)
from graphql.language import parse_type, parse_value

SAMPLES: dict[str, list[str]] = {
    "currency": ['"EUR"', '"dead"', '"refused"', '"USD"'],
    "id": ["1", "2", "3", "9"],
    "ids": ["[1, 2, 3, 9, 2]", "[]", "4"],
    "times": ["-1", "0", "2"],
}
"""Values of arguments that lead somewhere, which arbitrary ones hardly ever do."""


class Dress:
    """Made for one document; `variables` are the values to send with it."""

    def __init__(self, schema: GraphQLSchema, random: Random) -> None:
        self.variables: dict[str, Any] = {}
        self._schema = schema
        self._random = random
        self._definitions: list[VariableDefinitionNode] = []
        self._fragments: list[FragmentDefinitionNode] = []
        self._splits = 5

    def on(self, document: DocumentNode) -> str:
        types = TypeInfo(self._schema)
        sampled = visit(document, TypeInfoVisitor(types, _Arguments(types, self)))
        wrapped = visit(sampled, TypeInfoVisitor(types, _Selections(types, self)))
        (operation,) = wrapped.definitions
        named = OperationDefinitionNode(
            operation=operation.operation,
            name=NameNode(value="Asked"),
            selection_set=operation.selection_set,
            variable_definitions=tuple(self._definitions),
            directives=(),
        )
        (other,) = parse("query Other($unused: Boolean = true) { answer @include(if: $unused) }").definitions
        return print_ast(DocumentNode(definitions=(named, other, *self._fragments)))

    def sometimes(self, share: float) -> bool:
        return self._random.random() < share

    def value(self, name: str, type: Any, value: Any) -> ValueNode:
        """The value, or a sample, as a literal, or in a variable, or as a variable's default."""
        if name in SAMPLES and self.sometimes(0.8):
            value = parse_value(self._random.choice(SAMPLES[name]))
        return self._variable(str(type), value) if self.sometimes(0.5) else value

    def conditions(self) -> tuple[DirectiveNode, ...]:
        chosen = [name for name in ("skip", "include") if self.sometimes(0.12)]
        return tuple(self._condition(name, self.sometimes(0.3) is (name == "skip")) for name in chosen)

    def fragment(self, type: str, selections: tuple[Any, ...]) -> Any:
        """A fragment around the selections: inline, with a type or without one, or by its name."""
        inner = SelectionSetNode(selections=selections)
        condition = NamedTypeNode(name=NameNode(value=type))
        if self.sometimes(0.5):
            typed = None if self.sometimes(0.3) else condition
            return InlineFragmentNode(type_condition=typed, selection_set=inner, directives=self.conditions())
        name = NameNode(value=f"Fragment{len(self._fragments)}")
        self._fragments.append(
            FragmentDefinitionNode(name=name, type_condition=condition, selection_set=inner, directives=())
        )
        return FragmentSpreadNode(name=name, directives=self.conditions())

    def split(self, selections: tuple[Any, ...]) -> tuple[tuple[Any, ...], tuple[Any, ...]]:
        """Two parts, of which some selections are in both: they are merged again. A few times in a document."""
        self._splits -= 1
        if self._splits < 0:
            return selections, ()
        one = tuple(s for s in selections if self.sometimes(0.7))
        return one, tuple(s for s in selections if s not in one or self.sometimes(0.3))

    def _condition(self, name: str, on: bool) -> DirectiveNode:
        value: Any = BooleanValueNode(value=on)
        if self.sometimes(0.6):
            value = self._variable("Boolean!", value)
        return DirectiveNode(
            name=NameNode(value=name), arguments=(ArgumentNode(name=NameNode(value="if"), value=value),)
        )

    def _variable(self, type: str, value: Any) -> VariableNode:
        name = f"v{len(self._definitions)}"
        variable = VariableNode(name=NameNode(value=name))
        by_default = self.sometimes(0.4)
        if not by_default:
            self.variables[name] = value_from_ast_untyped(value)
        self._definitions.append(
            VariableDefinitionNode(
                variable=variable,
                type=parse_type(type),
                default_value=value if by_default else None,
                directives=(),
            )
        )
        return variable


class _Arguments(Visitor):
    def __init__(self, types: TypeInfo, dress: Dress) -> None:
        super().__init__()
        self._types = types
        self._dress = dress

    def leave_argument(self, node: ArgumentNode, *_: Any) -> ArgumentNode:
        argument = self._types.get_argument()
        name = node.name.value
        return ArgumentNode(
            name=node.name, value=self._dress.value(name, argument.type if argument else "", node.value)
        )


class _Selections(Visitor):
    def __init__(self, types: TypeInfo, dress: Dress) -> None:
        super().__init__()
        self._types = types
        self._dress = dress

    def leave_selection_set(self, node: SelectionSetNode, *_: Any) -> SelectionSetNode:
        type = str(self._types.get_parent_type())
        selections = tuple(dressed for one in node.selections for dressed in self._dressed(one))
        if self._dress.sometimes(0.4):
            one, two = self._dress.split(selections)
            parts = (self._dress.fragment(type, one),) if one else ()
            selections = (*parts, *two) if self._dress.sometimes(0.5) else (*two, *parts)
        return SelectionSetNode(selections=selections)

    def _dressed(self, node: Any) -> tuple[Any, ...]:
        """The selection with conditions; a field with fields of its own sometimes twice, with a part of them each."""
        if not isinstance(node, FieldNode):
            return (node,)
        conditions = self._dress.conditions()
        whole = node.selection_set
        parts = self._dress.split(whole.selections) if whole and self._dress.sometimes(0.2) else ()
        sets: list[SelectionSetNode | None] = [SelectionSetNode(selections=part) for part in parts if part]
        return tuple(
            FieldNode(
                alias=node.alias,
                name=node.name,
                arguments=node.arguments or (),
                directives=conditions,
                selection_set=one,
            )
            for one in sets or [whole]
        )
