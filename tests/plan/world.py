"""What the example's graph stands on: rows that can be made wrong, and batches that can be held up and counted."""

import asyncio
from collections import Counter
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Any

from datasources import deadline
from datasources.actor import ANONYMOUS, Actor
from datasources.errors import SourceTimeout, SourceUnavailable
from datasources.statements import Columns
from datasources.table import Shape, Table
from loaders.batch import Batch, Loaders, LoaderSet, many_by, one_by, value_by
from schema.node import Named

Rows = dict[int, Any]


class World:
    """The stores: answers from `rows`, and keeps what was asked of it, in order.

    `holds` are events that a batch waits for, by its name, until the deadline of the operation at most. With `tables`
    it answers with tables, as databases do, where all rows have the same attributes.
    """

    def __init__(self, rows: Rows, *, tables: bool = False) -> None:
        self.rows = rows
        self._tables = tables
        self.calls: list[tuple[str, Sequence[Any]]] = []
        self.written: list[str] = []
        self.holds: dict[str, asyncio.Event] = {}
        self.started: dict[str, asyncio.Event] = {}
        self.cancelled: list[str] = []

    @property
    def asked(self) -> Counter[tuple[str, Any]]:
        return Counter((name, key) for name, keys in self.calls for key in keys)

    async def by_ids(self, ids: Sequence[int], *, columns: Columns = None) -> Sequence[Any]:
        await self._called("by_ids", ids)
        return self._answer([seen(self.rows[id]) for id in reversed(ids) if id in self.rows])

    async def friends_of(self, ids: Sequence[int], *, columns: Columns = None) -> Sequence[Any]:
        await self._called("friends_of", ids)
        wanted = [(owner, friend) for owner in ids if owner in self.rows for friend in self.rows[owner].friend_ids]
        return self._answer([SimpleNamespace(**vars(self.rows[friend]), owner=owner) for owner, friend in wanted])

    def _answer(self, rows: list[Any]) -> Sequence[Any]:
        names = {tuple(vars(row)) if isinstance(row, SimpleNamespace) else None for row in rows}
        (one,) = names if len(names) == 1 else [None]
        if not self._tables or one is None:
            return rows
        return Table(
            Shape([(name, None, False) for name in one]), [[getattr(row, name) for row in rows] for name in one]
        )

    async def prices_of(self, ids: Sequence[int], *, currency: str) -> dict[int, Any]:
        await self._called(f"prices_of {currency}", ids)
        if currency == "dead":
            raise SourceUnavailable("prices")
        failed = SourceUnavailable("prices", "for one")
        return {id: failed if id % 3 == 0 else f"{id} {currency}" for id in ids if id % 4}

    async def notes_of(self, ids: Sequence[int]) -> dict[int, str]:
        await self._called("notes_of", ids)
        return {id: f"of {id}" for id in ids if id % 3}

    async def _called(self, name: str, keys: Sequence[Any]) -> None:
        self.calls.append((name, list(keys)))
        self.started.setdefault(name, asyncio.Event()).set()
        try:
            async with asyncio.timeout(deadline.remaining_s(at_most=60)):
                await self.holds.get(name, _OPEN).wait()
        except TimeoutError:
            raise SourceTimeout(name) from None
        except asyncio.CancelledError:
            self.cancelled.append(name)
            raise


@dataclass(frozen=True, eq=False)
class Later:
    """An awaitable that nobody has to await."""

    value: Any

    def __await__(self) -> Generator[Any, None, Any]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self.value, Exception):
            raise self.value
        return self.value


class _Open(asyncio.Event):
    async def wait(self) -> bool:  # type: ignore[override]  # always open, without a turn of the loop
        return True


_OPEN = _Open()


def seen(row: Any) -> Any:
    """The row; under another name where it is not what it is taken for."""
    return Named(row.kind, row) if row.kind != "Person" else row


class left_out(Batch):
    """Has nothing for some keys, and does not say so."""

    of_records = False

    async def load(
        self, stores: Any, keys: Sequence[Any], arguments: dict[str, Any], columns: Columns = None
    ) -> dict[Any, Any]:
        notes: dict[Any, Any] = await self.fetch(stores)(keys)
        return notes


class Batches(LoaderSet):
    domain = "example"
    stores = World

    person_by_id = one_by(lambda world: world.by_ids, key="id")
    friends_by_person = many_by(lambda world: world.friends_of, key="owner")
    price_by_id = value_by(lambda world: world.prices_of)
    note_by_id = left_out(lambda world: world.notes_of)


class Context:
    def __init__(self, rows: Rows, actor: Actor = ANONYMOUS, *, tables: bool = False) -> None:
        self.world = World(rows, tables=tables)
        self.actor = actor
        self.loaders = Loaders(lambda _: self.world)


class Shade(Enum):
    """Its values are such as no dict can hold."""

    DARK = [0, 10]
    LIGHT = [90, 100]


class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"


def name_of(name: str) -> SimpleNamespace:
    first, _, last = name.partition(" ")
    return SimpleNamespace(first=first, last=last or None)


def good_rows(count: int = 7) -> Rows:
    """Beings; who is whose friend, boss and best is a small web with cycles."""
    return {id: _row(id, count) for id in range(1, count + 1)}


def _row(id: int, count: int) -> SimpleNamespace:
    return SimpleNamespace(
        id=id,
        kind="Person",
        name=f"Person {id}" if id % 3 else f"Mono{id}",
        nick=None if id % 2 else f"p{id}",
        age=20 + id,
        token=[id, f"t{id}", None][id % 3],
        tall=[True, False, None][id % 3],
        height=1.5 + id / 10 if id % 3 else None,
        shade=[[0, 10], Shade.LIGHT, None][id % 3],
        mood=[Mood.HAPPY, "sad", None][id % 3],
        born=date(1990, 1, id % 28 + 1) if id % 2 else None,
        wealth=Decimal(id) / 4,
        scores=[[id, None], [], [id * 2]] if id % 2 else None,
        names=[name_of(f"Name {id}"), None][: id % 3],
        model="R2" if id % 2 else None,
        best_id=None if id == 4 else id % count + 1,
        boss_id=(id + 2) % count + 1,
        friend_ids=[other for other in range(1, min(count, 8)) if other != id and (other * id) % 3 == 1],
    )
