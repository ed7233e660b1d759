"""The stores of a domain, each made when an operation first asks for it: most ask for few."""

from collections.abc import Callable
from functools import cached_property
from typing import Any, ClassVar, Generic, TypeVar, overload

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.domain import DomainSources
from datasources.events import EventLog
from datasources.idempotency import Once

S = TypeVar("S")
Sources = TypeVar("Sources", bound=DomainSources)


class DomainStores(Generic[Sources]):
    """A domain as one actor sees it: every store of it, with the actor's row policies in each read."""

    keys: ClassVar[sa.Table]
    """Of idempotency."""

    def __init__(self, sources: Sources, actor: Actor) -> None:
        self.sources = sources
        self.actor = actor

    @cached_property
    def events(self) -> EventLog:
        return self.sources.events(self.actor)

    def once(self, key: str, operation: str, request: Any) -> Once:
        """A keyed request of this actor: `await commerce.once(key, "placeOrder", input).do(database, effect)`."""
        return Once(self.keys, self.actor, self.sources.clock, key, operation, request)


class store(Generic[S]):
    """`orders = store(Orders)`: made of the sources, for the actor."""

    def __init__(self, make: Callable[[Any, Any], S]) -> None:
        self._make = make

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, domain: None, _: type) -> "store[S]": ...
    @overload
    def __get__(self, domain: object, _: type) -> S: ...
    def __get__(self, domain: Any, _: type) -> Any:
        if domain is None:
            return self
        made = domain.__dict__[self._name] = self._make(domain.sources, domain.actor)
        return made
