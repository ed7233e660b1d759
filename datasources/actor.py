"""Who asks: every store is made for one actor, and puts its row policies into every read."""

from dataclasses import dataclass
from uuid import UUID

from datasources.errors import Forbidden, Unauthenticated

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
    """An actor that notes whether it is asked who it is: if not, what came of it counts for all with its scopes."""

    __slots__ = ("_id", "asked")
    _id: UUID | None
    asked: bool

    def __init__(self, actor: Actor) -> None:
        object.__setattr__(self, "_id", actor.id)
        object.__setattr__(self, "scopes", actor.scopes)
        object.__setattr__(self, "asked", False)

    @property
    def id(self) -> UUID | None:
        object.__setattr__(self, "asked", True)
        return self._id

    def require(self, scope: str) -> None:
        """Whether it is anybody at all is no question of who it is."""
        Actor(self._id, self.scopes).require(scope)


ANONYMOUS = Actor(None)
SYSTEM = Actor(UUID(int=0), frozenset({EVERYTHING}))
"""The gateway itself: settling payments, consuming events."""
