"""What one operation carries: who asks, what it may reach, and what time it is."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any, TypeVar
from uuid import UUID

from datasources.actor import Actor
from datasources.ids import Clock
from loaders.batch import Loaders

S = TypeVar("S")
Dossier = Callable[["Context", UUID], Awaitable[Any]]
"""All that a domain holds of this person, as JSON values."""
Dossiers = Mapping[str, Dossier]
NO_DOSSIERS: Dossiers = MappingProxyType({})


class Stores:
    """Every domain's stores as one actor sees them, each made when it is first asked for."""

    def __init__(self, sources: Mapping[type, Any], actor: Actor) -> None:
        self._sources = sources
        self._actor = actor
        self._made: dict[type, Any] = {}

    def of(self, stores: type[S]) -> S:
        made: S | None = self._made.get(stores)
        if made is None:
            make: Callable[[Any, Actor], S] = stores
            made = self._made[stores] = make(self._sources[stores], self._actor)
        return made


class Context:
    """Fresh for every operation, and closed at its end: `with Context(…) as context`.

    `sources` are the opened sources of each domain, by its class of stores; `dossiers` tell what is held of a person,
    by the name of the domain that holds it. Who asks decides whether the actor may know.
    """

    def __init__(
        self, actor: Actor, sources: Mapping[type, Any], clock: Clock, dossiers: Dossiers = NO_DOSSIERS
    ) -> None:
        self.actor = actor
        self.clock = clock
        self.dossiers = dossiers
        self._stores = Stores(sources, actor)
        self.loaders = Loaders(self._stores.of)  # not of this context: in a circle, it would wait for the collector

    def __enter__(self) -> "Context":
        return self

    def __exit__(self, *_: object) -> None:
        self.loaders.close()

    def of(self, stores: type[S]) -> S:
        """A domain's stores as this operation's actor sees them: `context.of(Commerce).orders`."""
        return self._stores.of(stores)

    async def fresh(self, loader: Any, key: Any) -> Any:
        """What is there after a write: nothing of what this operation loaded before."""
        self.loaders.forget()
        return await self.loaders.load(loader, key)


OpenContext = Callable[[Actor], AbstractContextManager[Context]]
"""Opens a context for an actor, and closes it with the block."""
