"""What a domain brings: its sources, its stores, and its part of the graph."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any

from starlette.routing import BaseRoute

from datasources.actor import Actor
from datasources.settings import SettingsPart
from resolvers.background import Background
from resolvers.consumers import Consumer
from resolvers.context import Dossier, OpenContext


def no_routes(open_context: OpenContext) -> Sequence[BaseRoute]:
    return ()


@dataclass(frozen=True, slots=True)
class Sample:
    """What development begins with: `fill(sources, scale=, sandbox_url=, progress=)` fills the domain if it is empty.

    `people` are email addresses to ask as, and `query` is for the first of them to try.
    """

    fill: Callable[..., Awaitable[bool]]
    people: Sequence[str]
    query: str


@dataclass(frozen=True, slots=True)
class AuditLog:
    """The domain's log of who did and saw what: `verify(sources)` says the `lines` that are good, the `head`, which is
    the hash of the last, and `broken_at`, the number of the first that is not; `export(sources)` gives JSON, by line.
    """

    verify: Callable[[Any], Awaitable[Any]]
    export: Callable[[Any], AsyncIterator[bytes]]


@dataclass(frozen=True, slots=True)
class Domain:
    """`open(settings, own_settings)` opens the sources, with `migrating=False` as they are; `stores(sources, actor)` is
    the domain as one actor sees it.

    `types` are those that only interfaces lead to. `routes(open_context)` are HTTP endpoints beside the graph;
    `background` is work that the house does again and again, one worker of all at a time, and
    `consumers` what it does about events; then its sources have `offsets`. `person(sources, email)` is
    whom development tokens are made for; `webhook(own_settings)` the path and the signing secret of the events that its
    services send; `reseal(sources, progress)` encrypts anew what it keeps, and gives for each column what became of it;
    `wrong_key(sources)` names the setting whose key does not fit what is kept, if one does not;
    `dossier` is what it adds where another domain tells a person all that is held of them.
    """

    name: str
    settings: type[SettingsPart]
    open: Callable[..., AbstractAsyncContextManager[Any]]
    stores: type
    query: type
    mutation: type
    subscription: type
    types: Sequence[type] = ()
    routes: Callable[[OpenContext], Sequence[BaseRoute]] = no_routes
    background: Sequence[Background] = ()
    consumers: Sequence[Consumer] = ()
    sample: Sample | None = None
    person: Callable[[Any, str], Awaitable[Actor | None]] | None = None
    webhook: Callable[[Any], tuple[str, str]] | None = None
    reseal: Callable[..., Awaitable[Sequence[Any]]] | None = None
    wrong_key: Callable[[Any], Awaitable[str | None]] | None = None
    dossier: Dossier | None = None
    audit: AuditLog | None = None


@dataclass(frozen=True, slots=True)
class Links:
    """What the domains `between` have together: root fields, sample data; the edges are on their types already.

    `fill(sources, sandbox_url=, progress=)` takes the sources of all domains, after each filled its own.
    """

    between: tuple[str, ...]
    fill: Callable[..., Awaitable[bool]] | None = None
    query: type | None = None
    mutation: type | None = None
