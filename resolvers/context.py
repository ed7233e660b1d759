"""What one operation carries: who asks, what it may reach, and what time it is."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar, cast

from datasources.actor import Actor
from datasources.ids import Clock
from loaders.batch import Loaders

S = TypeVar("S")


class Context:
    """Fresh for every operation, and closed at its end: `with Context(…) as context`.

    `sources` are the opened sources of each domain, by its class of stores.
    """

    def __init__(self, actor: Actor, sources: Mapping[type, Any], clock: Clock) -> None:
        self.actor = actor
        self.clock = clock
        self.loaders = Loaders(self.of)
        self._sources = sources
        self._stores: dict[type, Any] = {}

    def __enter__(self) -> "Context":
        return self

    def __exit__(self, *_: object) -> None:
        self.loaders.close()

    def of(self, stores: type[S]) -> S:
        """A domain's stores as this operation's actor sees them: `context.of(Commerce).orders`."""
        made = self._stores.get(stores)
        if made is None:
            make: Callable[[Any, Actor], Any] = stores
            made = self._stores[stores] = make(self._sources[stores], self.actor)
        return cast(S, made)


OpenContext = Callable[[Actor], AbstractContextManager[Context]]
"""Opens a context for an actor, and closes it with the block."""
