"""Writing events, each in the transaction of the change that it tells of."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import Actor
from datasources.ids import Clock
from datasources.sql import Transaction

E = TypeVar("E", bound=StrEnum)


def types_of(types: type[E], *subjects: str) -> frozenset[E]:
    """Those of a domain's types that are about these subjects, the word before the dot."""
    return frozenset(one for one in types if one.partition(".")[0] in subjects)


@dataclass(frozen=True, slots=True)
class NewEvent:
    """`type` is like `order.placed`, `subject` the id of the record; `data` holds ids, states and amounts.

    Never personal data: the log outlives an erasure.
    """

    type: str
    subject: UUID
    owner: UUID | None = None
    data: dict[str, Any] = field(default_factory=dict)


class EventLog:
    """Writes events of one domain on behalf of one actor; `wake` tells those who follow, once they are committed."""

    def __init__(self, table: sa.Table, actor: Actor, clock: Clock, wake: Callable[[], None]) -> None:
        self._table = table
        self._actor = actor
        self._clock = clock
        self._wake = wake

    async def append(
        self, transaction: Transaction, type: str, subject: UUID, *, owner: UUID | None = None, **data: Any
    ) -> None:
        await self.extend(transaction, [NewEvent(type, subject, owner, data)])

    async def extend(self, transaction: Transaction, events: Sequence[NewEvent]) -> None:
        """In their order."""
        common = {"actor": self._actor.id, "at": self._clock()}
        rows = [{"type": e.type, "subject": e.subject, "owner": e.owner, "data": e.data, **common} for e in events]
        await transaction.write(sa.insert(self._table), rows)
        transaction.after_commit(self._wake)
