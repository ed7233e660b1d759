"""What a document uses of a schema, as coordinates: `Query.products`, `Query.products(first:)`, `Currency.EUR`."""

from collections.abc import Iterator

from graphql import (
    DirectiveNode,
    DocumentNode,
    EnumValueNode,
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    NamedTypeNode,
    ObjectFieldNode,
    TypeInfo,
    TypeInfoVisitor,
    VariableDefinitionNode,
    Visitor,
    get_named_type,
    visit,
)


def used_by(document: DocumentNode, schema: GraphQLSchema) -> frozenset[str]:
    """The coordinates of all that it asks for, names or may send; what the schema does not know is left out.

    A variable may hold anything of its type.
    """
    info = TypeInfo(schema)
    usage = _Usage(schema, info)
    visit(document, TypeInfoVisitor(info, usage))
    return frozenset(usage.found)


class _Usage(Visitor):
    def __init__(self, schema: GraphQLSchema, info: TypeInfo) -> None:
        super().__init__()
        self._schema = schema
        self._info = info
        self.found: set[str] = set()

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent, definition = self._info.get_parent_type(), self._info.get_field_def()
        if parent and definition:
            field = f"{parent.name}.{node.name.value}"
            self.found |= {parent.name, field, get_named_type(definition.type).name, *_given(field, node)}

    def enter_directive(self, node: DirectiveNode, *_: object) -> None:
        directive = f"@{node.name.value}"
        self.found |= {directive, *_given(directive, node)}

    def enter_object_field(self, node: ObjectFieldNode, *_: object) -> None:
        if type := get_named_type(self._info.get_parent_input_type()):
            self.found |= {type.name, f"{type.name}.{node.name.value}"}

    def enter_enum_value(self, node: EnumValueNode, *_: object) -> None:
        if type := get_named_type(self._info.get_input_type()):
            self.found |= {type.name, f"{type.name}.{node.value}"}

    def enter_named_type(self, node: NamedTypeNode, *_: object) -> None:
        self.found.add(node.name.value)

    def enter_variable_definition(self, _: VariableDefinitionNode, *__: object) -> None:
        if type := get_named_type(self._info.get_input_type()):
            self.found |= set(_sendable(type, set()))


def _given(to: str, node: FieldNode | DirectiveNode) -> Iterator[str]:
    return (f"{to}({argument.name.value}:)" for argument in node.arguments or ())


def _sendable(type: GraphQLNamedType, seen: set[str]) -> Iterator[str]:
    if type.name in seen:
        return
    seen.add(type.name)
    yield type.name
    if isinstance(type, GraphQLEnumType):
        yield from (f"{type.name}.{value}" for value in type.values)
    elif isinstance(type, GraphQLInputObjectType):
        for name, field in type.fields.items():
            yield f"{type.name}.{name}"
            yield from _sendable(get_named_type(field.type), seen)
