"""The arguments of a field: worked out once where no variable is in them, else for each execution."""

from collections.abc import Callable, Mapping
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLSchema,
    VariableNode,
    get_argument_values,
    get_nullable_type,
    is_specified_scalar_type,
    visit,
)
from graphql.language import FieldNode, Visitor
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from gateway.plan.variables import NO_VALUES, Values

Unpack = Callable[..., Any]


class Arguments:
    """`coerced` are what a resolver gets; `unpacked` what a declared field makes of them."""

    def __init__(self, definition: GraphQLField, node: FieldNode) -> None:
        self._definition = definition
        self._node = node
        self._varied = _has_variables(node)
        self._coerced: dict[str, Any] | None = None if definition.args else {}
        self._unpacked: Any = None
        self._variables: dict[str, str] | None = None

    def coerced(self, values: Values) -> dict[str, Any]:
        """Raises: GraphQLError."""
        if self._coerced is not None:
            return self._coerced
        if self._varied:
            return get_argument_values(self._definition, self._node, values)
        self._coerced = get_argument_values(self._definition, self._node, NO_VALUES)
        return self._coerced

    def unpacked(self, unpack: Unpack, schema: GraphQLSchema, field: StrawberryField, values: Values) -> Any:
        """What `unpack`, which is pure, makes of the arguments as Strawberry has them. Raises: what it raises."""
        if self._unpacked is not None:
            return self._unpacked
        if not self._varied:
            self._unpacked = unpack(**_converted(self.coerced(values), schema, field))
            return self._unpacked
        if self._variables is None:
            self._variables = _variables(self._definition, self._node, _names(schema, field))
        given = self._from_variables(self._variables, values.coerced)
        return unpack(**(_converted(self.coerced(values), schema, field) if given is None else given))

    @staticmethod
    def _from_variables(variables: Mapping[str, str], coerced: Mapping[str, Any]) -> dict[str, Any] | None:
        """The arguments where each is a variable with a value, of a type that Strawberry leaves as it is."""
        given = {name: coerced.get(variable) for name, variable in variables.items()}
        return given if given and None not in given.values() else None


def _variables(definition: GraphQLField, node: FieldNode, names: Mapping[str, str]) -> dict[str, str]:
    """The variables by the Python names of their arguments; empty where there is more, or other than scalars."""
    given = {argument.name.value: argument.value for argument in node.arguments or ()}
    variables: dict[str, str] = {}
    for name, argument in definition.args.items():
        value = given.get(name)
        kind: Any = get_nullable_type(argument.type)
        if not isinstance(value, VariableNode) or not is_specified_scalar_type(kind):
            return {}
        variables[names[name]] = value.name.value
    return variables


def _names(schema: GraphQLSchema, field: StrawberryField) -> dict[str, str]:
    """The Python names of the arguments, by those in the graph."""
    converter = _converter(schema).config.name_converter
    return {converter.get_graphql_name(argument): argument.python_name for argument in field.arguments}


def _converted(coerced: dict[str, Any], schema: GraphQLSchema, field: StrawberryField) -> dict[str, Any]:
    if not coerced:
        return {}
    registry, config = _converter(schema).scalar_registry, _converter(schema).config
    return convert_arguments(coerced, field.arguments, scalar_registry=registry, config=config)


def _converter(schema: GraphQLSchema) -> Any:
    return schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]


def _has_variables(node: FieldNode) -> bool:
    found: list[VariableNode] = []

    class Variables(Visitor):
        def enter_variable(self, variable: VariableNode, *_: Any) -> None:
            found.append(variable)

    for argument in node.arguments or ():
        visit(argument, Variables())
    return bool(found)
