"""A walk that looks at who may see each part of a graph: whether it is said, shown, and kept to."""

from collections.abc import Iterator
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, GraphQLSchema

from schema.access import INHERITED, Access
from schema.fields import Computed, Edge


def wrongs(schema: GraphQLSchema) -> list[str]:
    """What of the graph does not say who may see it, or says it where nobody checks; each with its coordinate."""
    roots = {root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root}
    objects = [
        kind
        for kind in schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
    ]
    return [
        f"{where} {wrong}"
        for kind in objects
        for where, wrong in (_of_root(kind, schema) if kind in roots else [*_of_type(kind), *_of_fields(kind)])
    ]


def declared_of(part: Any) -> Any:
    """As Strawberry was told."""
    return part.extensions["strawberry-definition"]


def shown_of(part: Any) -> list[Access]:
    """What the SDL says."""
    return [directive for directive in declared_of(part).directives or () if isinstance(directive, Access)]


def root_access(field: Any) -> Access | None:
    """What is checked before a root field's resolver."""
    access = declared_of(field).metadata.get("access")
    return access if isinstance(access, Access) else None


def _of_root(root: GraphQLObjectType, schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for name, field in root.fields.items():
        where, access = f"{root.name}.{name}", root_access(field)
        if access is None:
            yield where, "does not say who may ask"
        elif shown_of(field) != [access]:
            yield where, "shows another access than it checks"
        elif access is INHERITED:
            yield where, "has no parent that its access could be of"
        if isinstance(field.type, GraphQLNonNull) and root is not schema.subscription_type:
            yield where, "may not be null, so that its refusal would take the whole answer along"


def _of_type(kind: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    shown = shown_of(kind)
    if len(shown) != 1:
        yield kind.name, "does not say who may see it"
    elif bool(shown[0].scope) == bool(shown[0].policy):
        yield kind.name, "says neither one scope nor one policy"
    elif shown[0] == INHERITED and any(interface.name == "Node" for interface in kind.interfaces):
        yield kind.name, "can be reached by its id, past its parent"


def _of_fields(kind: GraphQLObjectType) -> Iterator[tuple[str, str]]:
    for name, field in kind.fields.items():
        where, strawberry_field = f"{kind.name}.{name}", declared_of(field)
        declared = strawberry_field.metadata.get("declared")
        access = declared.access if isinstance(declared, Edge) and declared.access != INHERITED else None
        if shown_of(field) != ([access] if access else []):
            yield where, "shows another access than it checks"
        if access and isinstance(field.type, GraphQLNonNull):
            yield where, "may not be null, so that its refusal would take its siblings along"
        if strawberry_field.base_resolver and not isinstance(declared, Edge | Computed) and name != "totalCount":
            yield where, "is neither column, edge nor computed"
