"""N+1 shapes: edges and resolvers that load one by one what a list has many of, found in the declarations."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from types import CodeType, FunctionType, MethodType
from typing import Any

from graphql import (
    GraphQLNamedType,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLSchema,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_list_type,
)
from strawberry.types.field import StrawberryField

from datasources.actor import SYSTEM
from datasources.rest import RestService
from loaders.batch import Batch
from schema.fields import Edge

ASKS_EACH = RestService.get_many.__name__


@dataclass(frozen=True, slots=True)
class Shape:
    """`field` is a coordinate, `path` how a query gets to many of its type, `why` what is wrong, with the remedy."""

    field: str
    path: str
    why: str


def shapes(schema: GraphQLSchema) -> list[Shape]:
    """The fields of types that lists lead to which load for one row at a time."""
    return [
        Shape(f"{type.name}.{name}", path, why)
        for type, path in _many(schema).items()
        for name, field in type.fields.items()
        if (why := _why(field.extensions.get("strawberry-definition")))
    ]


def _many(schema: GraphQLSchema) -> dict[GraphQLObjectType, str]:
    """The object types of which an answer can hold many, each with the shortest path there."""
    roots = [root for root in (schema.query_type, schema.mutation_type, schema.subscription_type) if root]
    waiting = deque((root, root.name, False) for root in roots)
    seen: set[tuple[GraphQLNamedType, bool]] = set()
    found: dict[GraphQLObjectType, str] = {}
    while waiting:
        type, path, many = waiting.popleft()
        if (type, many) in seen:
            continue
        seen.add((type, many))
        if many:
            found.setdefault(type, path)
        for name, field in type.fields.items():
            for below in _objects(schema, field.type):
                waiting.append((below, f"{path}.{name}", many or _is_list(field.type)))
    return found


def _objects(schema: GraphQLSchema, type: GraphQLOutputType) -> Iterator[GraphQLObjectType]:
    named = get_named_type(type)
    if is_abstract_type(named):
        yield from schema.get_possible_types(named)
    elif isinstance(named, GraphQLObjectType):
        yield named


def _is_list(type: GraphQLOutputType) -> bool:
    return is_list_type(get_nullable_type(type))


def _why(field: StrawberryField | None) -> str | None:
    if field is None:
        return None
    declared = field.metadata.get("declared")
    if isinstance(declared, Edge):
        return _why_batch(declared.batch)
    if declared is None and "loads" not in field.metadata and field.base_resolver and field.is_async:
        return "its resolver runs for each row and may load for it alone; declare an `edge`, or `loaded`"
    return None


def _why_batch(batch: Batch) -> str | None:
    if batch.max_batch == 1:
        return f"{batch.name} takes one key at a time; let it take more"
    if not batch.one_by_one and _asks_each(batch):
        return (
            f"{batch.name} asks its service for each key apart; ask for many at once, or, where the service cannot, "
            "say so by `one_by_one`"
        )
    return None


class _Unopened:
    """Stands for sources that are not open: all that is asked of it is itself."""

    def __getattr__(self, _: str) -> "_Unopened":
        return self

    def __call__(self, *_: object, **__: object) -> "_Unopened":
        return self


def _asks_each(batch: Batch) -> bool:
    """Whether the function that answers for many keys names `get_many`, or one of ours that it names does."""
    stores: Any = batch.stores
    return _mentions(batch.fetch(stores(_Unopened(), SYSTEM)), ASKS_EACH, set())


def _mentions(function: Any, name: str, seen: set[CodeType]) -> bool:
    if not isinstance(function, FunctionType | MethodType) or function.__code__ in seen:
        return False
    seen.add(function.__code__)
    names = set(_names(function.__code__))
    owner = getattr(function, "__self__", None)
    held = [owner, *(value for name, value in getattr(owner, "__dict__", {}).items() if name in names)]
    methods = (getattr(one, called, None) for one in held for called in names)
    return name in names or any(_mentions(method, name, seen) for method in methods)


def _names(code: CodeType) -> Iterator[str]:
    """What a function names, and those inside of it."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
