"""Fields, declared: an edge follows a key to records, a root field begins with one, a computed field is a pure function
of its row.

The declaration stays on the field as metadata, where execution, cost and checks read it; no code is written per edge.
What no edge can say is loaded by a function that reaches loaders alone, which make one call for many rows.
"""

import inspect
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import strawberry

from datasources.pages import EVERYTHING, PageArguments
from loaders.batch import Batch, Loaders, page_by
from schema.access import INHERITED, Access
from schema.cost import USUAL, Cost

_PARENT: Any = strawberry.Parent
Unpack = Callable[..., dict[str, Any]]
"""From an edge's GraphQL arguments, as in its signature, to its batch's arguments: hashable values."""


@dataclass(frozen=True, slots=True)
class Edge:
    """`key` names attributes of the row; several make a tuple. A key of None has no record."""

    batch: Batch
    key: tuple[str, ...]
    unpack: Unpack | None
    access: Access


@dataclass(frozen=True, slots=True)
class Root:
    """A root field that loads: `seek` makes a key and its batch's arguments of the field's arguments."""

    batch: Batch
    seek: Callable[..., tuple[Hashable, dict[str, Any]]]
    access: Access


@dataclass(frozen=True, slots=True)
class Computed:
    function: Callable[..., Any]
    columns: tuple[str, ...]


def edge(
    batch: Batch,
    *,
    key: str | tuple[str, ...],
    arguments: Unpack | None = None,
    access: Access = INHERITED,
    cost: Cost = USUAL,
    description: str = "",
) -> Any:
    """A field whose value is what `batch` has for the row's key; with `access`, for those who pass only."""
    keys = (key,) if isinstance(key, str) else key
    key_of = attrgetter(*keys)

    async def resolve(root: Any, info: strawberry.Info, **given: Any) -> Any:
        access.check(info.context.actor)
        found = key_of(root)
        if found is None:
            return None
        return await info.context.loaders.load(batch, found, **(arguments(**given) if arguments else {}))

    return _field(resolve, Edge(batch, keys, arguments, access), arguments, cost, description)


def edge_page(
    batch: page_by, *, key: str, arguments: Unpack | None = None, access: Access = INHERITED, description: str = ""
) -> Any:
    """An edge to a connection: takes `first` and `after`, and the arguments of its own."""
    return edge(batch, key=key, arguments=_paged(arguments), access=access, description=description)


def root(batch: Batch, access: Access, description: str, *, key: Callable[..., Hashable]) -> Any:
    """A root field for those who pass `access`: what `batch` has for the key that `key` makes of the arguments.

    Null where it makes None of them.
    """

    def seek(**given: Any) -> tuple[Hashable, dict[str, Any]]:
        return key(**given), {}

    return _root(Root(batch, seek, access), inspect.signature(key), description)


def root_page(batch: page_by, access: Access, description: str, *, arguments: Unpack | None = None) -> Any:
    """A root field for those who pass `access`: a connection of everything, by `first` and `after`."""
    unpack = _paged(arguments)

    def seek(**given: Any) -> tuple[Hashable, dict[str, Any]]:
        return EVERYTHING, unpack(**given)

    return _root(Root(batch, seek, access), inspect.signature(unpack), description)


def _root(declared: Root, signature: inspect.Signature, description: str) -> Any:
    async def resolve(info: strawberry.Info, **given: Any) -> Any:
        declared.access.check(info.context.actor)
        key, arguments = declared.seek(**given)
        if key is None:
            return None
        return await info.context.loaders.load(declared.batch, key, **arguments)

    signed(resolve, {"info": inspect.signature(resolve).parameters["info"], **signature.parameters})
    return strawberry.field(
        resolver=resolve,
        description=description,
        directives=[declared.access],
        metadata={"access": declared.access, "declared": declared},
    )


def computed(function: Callable[..., Any], *columns: str, cost: Cost = USUAL, description: str = "") -> Any:
    """A field whose value is `function(*columns of the row)`."""

    def resolve(root: Any) -> Any:
        return function(*(getattr(root, column) for column in columns))

    return _field(resolve, Computed(function, columns), None, cost, description)


def loaded(load: Callable[[Any, Loaders], Awaitable[Any]], *, description: str = "") -> Any:
    """A field whose value is `load(row, loaders)`: for what leads to records by more than a key of the row."""

    async def resolve(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
        return await load(root, info.context.loaders)

    return strawberry.field(resolver=resolve, description=description or None, metadata={"loads": load})


def page_arguments(first: int = 20, after: str | None = None) -> dict[str, Any]:
    """What every connection takes. Raises: InvalidInput."""
    asked = PageArguments(first, after)
    return {"first": asked.first, "after": asked.after}


def _paged(own: Unpack | None) -> Unpack:
    if own is None:
        return page_arguments

    def unpack(first: int = 20, after: str | None = None, **given: Any) -> dict[str, Any]:
        return page_arguments(first, after) | own(**given)

    page = inspect.signature(page_arguments).parameters
    signed(unpack, {**inspect.signature(own).parameters, **page})
    return unpack


def _field(
    resolve: Callable[..., Any], declared: Edge | Computed, arguments: Unpack | None, cost: Cost, description: str
) -> Any:
    parameters = dict(inspect.signature(resolve).parameters)
    parameters.pop("given", None)
    parameters["root"] = parameters["root"].replace(annotation=_PARENT[Any])
    signed(resolve, {**parameters, **(inspect.signature(arguments).parameters if arguments else {})})
    access = declared.access if isinstance(declared, Edge) else INHERITED
    return strawberry.field(
        resolver=resolve,
        description=description or None,
        directives=[directive for directive in (access, cost) if directive not in (INHERITED, USUAL)],
        metadata={"declared": declared},
    )


def signed(function: Callable[..., Any], parameters: dict[str, inspect.Parameter]) -> None:
    """Gives `function` the parameters that Strawberry is to show as the field's arguments."""
    keyword = [
        p if p.name in ("root", "info") else p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in parameters.values()
    ]
    function.__signature__ = inspect.Signature(keyword)  # type: ignore[attr-defined]
    function.__annotations__ = {p.name: p.annotation for p in parameters.values()}
