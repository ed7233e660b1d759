"""Who asks: every store is made for one actor, and puts its row policies into every read."""

from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from datasources.errors import Forbidden, Unauthenticated

T = TypeVar("T")
EVERYTHING = "*"
"""The scope that includes all others."""


@dataclass(frozen=True, slots=True)
class Actor:
    """A person or service with its scopes. `id` is a customer's or a staff member's; None is nobody."""

    id: UUID | None
    scopes: frozenset[str] = frozenset()

    def may(self, scope: str) -> bool:
        return scope in self.scopes or EVERYTHING in self.scopes

    def require(self, scope: str) -> None:
        if self.id is None:
            raise Unauthenticated
        if not self.may(scope):
            raise Forbidden(scope)

    @property
    def signed_in(self) -> UUID:
        """The actor's id; Unauthenticated where there is nobody."""
        if self.id is None:
            raise Unauthenticated
        return self.id


class Watched(Actor):
    """An actor that notes what it is asked: what came of it counts for everybody who would have said the same."""

    __slots__ = ("_actor", "_said")
    _actor: Actor
    _said: dict[str, object]

    def __init__(self, actor: Actor) -> None:
        object.__setattr__(self, "_actor", actor)
        object.__setattr__(self, "_said", {})

    @property
    def id(self) -> UUID | None:
        return self._noted("id", self._actor.id)

    @property
    def scopes(self) -> frozenset[str]:
        return self._noted("scopes", self._actor.scopes)

    @property
    def personal(self) -> bool:
        """Whether it was asked who it is."""
        return "id" in self._said

    def may(self, scope: str) -> bool:
        return self._noted(f"may {scope}", self._actor.may(scope))

    def require(self, scope: str) -> None:
        self._noted("is somebody", self._actor.id is not None)
        self._noted(f"may {scope}", self._actor.may(scope))
        self._actor.require(scope)

    def counts_for(self, actor: Actor) -> bool:
        return all(said == _says(actor, what) for what, said in self._said.items())

    def _noted(self, what: str, said: T) -> T:
        self._said[what] = said
        return said


def _says(actor: Actor, what: str) -> object:
    if what == "is somebody":
        return actor.id is not None
    if what in ("id", "scopes"):
        return getattr(actor, what)
    return actor.may(what.removeprefix("may "))


ANONYMOUS = Actor(None)
SYSTEM = Actor(UUID(int=0), frozenset({EVERYTHING}))
"""The gateway itself: settling payments, consuming events."""
