"""One field of a plan: where it stands, and what Strawberry and the schema say about it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, GraphQLSchema, default_field_resolver
from strawberry.types.arguments import convert_arguments
from strawberry.types.field import StrawberryField

from schema.fields import Computed, Edge


class Unplanned(Exception):
    """The operation uses what plans leave to graphql-core; the message says what."""


@dataclass(frozen=True, slots=True, eq=False)
class Field:
    """A field of a selection, with all the places in the document that ask for it under this key."""

    key: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]

    def __str__(self) -> str:
        return f"{self.parent.name}.{self.nodes[0].name.value}"

    @property
    def resolve(self) -> Callable[..., Any]:
        return self.definition.resolve or default_field_resolver

    @property
    def introspects(self) -> bool:
        """Whether it tells of the schema."""
        return self.parent.name.startswith("__") or self.nodes[0].name.value.startswith("__")

    @property
    def strawberry(self) -> StrawberryField:
        """Raises: Unplanned."""
        known: StrawberryField | None = self.definition.extensions.get("strawberry-definition")
        if known is None:
            raise Unplanned(f"{self} is not Strawberry's")
        return known

    @property
    def declared(self) -> Edge | Computed | str | None:
        """An edge, a calculation, the name of an attribute, or None where there is a resolver. Raises: Unplanned."""
        if self.strawberry.extensions:
            raise Unplanned(f"extensions of {self}")
        declared: Edge | Computed | None = self.strawberry.metadata.get("declared")
        if declared is not None:
            return declared
        return None if self.strawberry.base_resolver else self.strawberry.python_name

    def unpacked(self, edge: Edge, schema: GraphQLSchema, arguments: dict[str, Any]) -> dict[str, Any]:
        """An edge's arguments, as its batch takes them. Raises: what the edge's `unpack` raises."""
        if edge.unpack is None:
            return {}
        converter = schema._strawberry_schema.schema_converter  # type: ignore[attr-defined]
        registry, config = converter.scalar_registry, converter.config
        given = convert_arguments(arguments, self.strawberry.arguments, scalar_registry=registry, config=config)
        return edge.unpack(**given)
