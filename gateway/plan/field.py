"""One field of a plan: where it stands, and what Strawberry and the schema say about it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from graphql import FieldNode, GraphQLField, GraphQLObjectType, default_field_resolver
from strawberry.types.field import StrawberryField

from gateway.plan.arguments import Arguments
from schema.feeds import Feed
from schema.fields import Computed, Edge, Root
from schema.sharing import is_shared


class Unplanned(Exception):
    """The operation uses what plans leave to graphql-core; the message says what."""


class TooLarge(Unplanned):
    """It grows without bound: nobody looks at it to the end."""


@dataclass(frozen=True, eq=False)
class Field:
    """A field of a selection, with all the places in the document that ask for it under this key."""

    key: str
    parent: GraphQLObjectType
    definition: GraphQLField
    nodes: list[FieldNode]

    def __str__(self) -> str:
        return f"{self.parent.name}.{self.nodes[0].name.value}"

    @cached_property
    def arguments(self) -> Arguments:
        return Arguments(self.definition, self.nodes[0])

    @property
    def resolve(self) -> Callable[..., Any]:
        return self.definition.resolve or default_field_resolver

    @property
    def introspects(self) -> bool:
        """Whether it tells of the schema."""
        return self.parent.name.startswith("__") or self.nodes[0].name.value.startswith("__")

    @property
    def shared(self) -> bool:
        """Whether identical queries of one actor at one moment may have the same value."""
        return all(is_shared(_directives_of(one)) for one in (self.definition, self.parent))

    @property
    def strawberry(self) -> StrawberryField:
        """Raises: Unplanned."""
        known: StrawberryField | None = self.definition.extensions.get("strawberry-definition")
        if known is None:
            raise Unplanned(f"{self} is not Strawberry's")
        return known

    @property
    def declared(self) -> Root | Edge | Computed | str | None:
        """What was declared, the name of an attribute, or None where there is a resolver. Raises: Unplanned."""
        if self.strawberry.extensions:
            raise Unplanned(f"extensions of {self}")
        declared: Root | Edge | Computed | Feed | None = self.strawberry.metadata.get("declared")
        if isinstance(declared, Feed):
            return None  # its events come from elsewhere
        if declared is not None:
            return declared
        return None if self.strawberry.base_resolver else self.strawberry.python_name


def _directives_of(declared: GraphQLField | GraphQLObjectType) -> Sequence[object]:
    """Those that its declaration has in Strawberry; foreign ones have none."""
    return getattr(declared.extensions.get("strawberry-definition"), "directives", None) or ()
