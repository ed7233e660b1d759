"""A small graph with one of everything, over data that can be wrong: people and robots, their friends and moods."""

from collections import Counter
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any

import strawberry

from datasources.actor import ANONYMOUS, Actor
from datasources.errors import SourceUnavailable
from loaders.batch import Loaders, LoaderSet, many_by, one_by, value_by
from schema.access import INHERITED, scope
from schema.fields import computed, edge
from schema.node import Named

Rows = dict[int, Any]


class World:
    """The stores: answers from `rows`, and counts what is asked of it."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.asked: Counter[tuple[str, Any]] = Counter()
        self.written: list[str] = []

    async def by_ids(self, ids: Sequence[int]) -> list[Any]:
        self._count("by_ids", ids)
        return [self.rows[id] for id in reversed(ids) if id in self.rows]

    async def friends_of(self, ids: Sequence[int]) -> list[Any]:
        self._count("friends_of", ids)
        wanted = [(owner, friend) for owner in ids if owner in self.rows for friend in self.rows[owner].friend_ids]
        return [SimpleNamespace(**vars(self.rows[friend]), owner=owner) for owner, friend in wanted]

    async def prices_of(self, ids: Sequence[int], *, currency: str) -> dict[int, Any]:
        self._count(f"prices_of {currency}", ids)
        if currency == "dead":
            raise SourceUnavailable("prices")
        failed = SourceUnavailable("prices", "for one")
        return {id: failed if id % 3 == 0 else f"{id} {currency}" for id in ids if id % 4}

    def _count(self, what: str, ids: Sequence[int]) -> None:
        self.asked.update((what, id) for id in ids)
        self.asked[what, "calls"] += 1


class Batches(LoaderSet):
    domain = "example"
    stores = World

    person_by_id = one_by(lambda world: world.by_ids, key="id")
    friends_by_person = many_by(lambda world: world.friends_of, key="owner")
    price_by_id = value_by(lambda world: world.prices_of)


class Context:
    def __init__(self, rows: Rows, actor: Actor = ANONYMOUS) -> None:
        self.world = World(rows)
        self.actor = actor
        self.loaders = Loaders(lambda _: self.world)


@strawberry.enum
class Mood(Enum):
    HAPPY = "happy"
    SAD = "sad"


def in_currency(currency: str = "EUR") -> dict[str, Any]:
    if currency == "refused":
        raise ValueError("no such currency")
    return {"currency": currency}


@strawberry.type(directives=[INHERITED])
class Name:
    first: str
    last: str | None


def name_of(name: str) -> SimpleNamespace:
    first, _, last = name.partition(" ")
    return SimpleNamespace(first=first, last=last or None)


@strawberry.interface
class Being:
    id: int
    name: str

    @classmethod
    def is_type_of(cls, record: Any, _: Any) -> bool:
        return not isinstance(record, Named) or record.type_name == cls.__name__


PersonLater = Annotated["Person", strawberry.lazy("tests.plan.example")]


@strawberry.type
class Person(Being):
    nick: str | None
    age: int
    height: float | None
    mood: Mood | None
    born: date | None
    wealth: Decimal | None
    scores: list[list[int | None]] | None
    full_name: Name = computed(name_of, "name")
    shout: str | None = computed(str.upper, "name")
    best: PersonLater | None = edge(Batches.person_by_id, key="best_id")
    boss: PersonLater = edge(Batches.person_by_id, key="boss_id")
    friends: list[PersonLater] = edge(Batches.friends_by_person, key="id")
    price: str | None = edge(Batches.price_by_id, key="id", arguments=in_currency)
    sure_price: str = edge(Batches.price_by_id, key="id", arguments=in_currency)
    secret: str | None = edge(Batches.price_by_id, key="id", arguments=in_currency, access=scope("secrets"))

    @strawberry.field
    def greeting(root: strawberry.Parent[Any], to: str = "you", times: int = 1) -> str | None:
        if times < 0:
            raise ValueError(f"cannot greet {times} times")
        return f"{root.name} greets {to}" if times else None

    @strawberry.field
    async def mentor(root: strawberry.Parent[Any], info: strawberry.Info) -> PersonLater | None:
        return await info.context.loaders.load(Batches.person_by_id, root.best_id or 1)

    @strawberry.field
    async def sure_mentor(root: strawberry.Parent[Any], info: strawberry.Info) -> PersonLater:
        return await info.context.loaders.load(Batches.person_by_id, root.best_id or 99)


@strawberry.type
class Robot(Being):
    model: str | None


Found = Annotated[Person | Robot, strawberry.union("Found")]


@strawberry.input
class Wanted:
    ids: list[int]
    upside_down: bool = False


@strawberry.type
class Query:
    @strawberry.field
    async def person(self, info: strawberry.Info, id: int = 1) -> Person | None:
        return await info.context.loaders.load(Batches.person_by_id, id)

    @strawberry.field
    async def people(self, info: strawberry.Info, wanted: Wanted | None = None) -> list[Person | None] | None:
        rows = info.context.world.rows
        ids = wanted.ids if wanted else sorted(rows)
        return [rows.get(id) for id in (reversed(ids) if wanted and wanted.upside_down else ids)]

    @strawberry.field
    def sure_people(self, info: strawberry.Info) -> list[Person]:
        return list(info.context.world.rows.values())

    @strawberry.field
    def beings(self, info: strawberry.Info) -> list[Being | None] | None:
        return [Named("Robot" if row.id % 2 else "Person", row) for row in info.context.world.rows.values()] + [None]

    @strawberry.field
    async def found(self, info: strawberry.Info, id: int = 2) -> Found | None:
        row = info.context.world.rows.get(id)
        return Named("Person", row) if row else None

    @strawberry.field
    async def broken(self) -> str | None:
        raise ValueError("broken")

    @strawberry.field
    def answer(self) -> int:
        return 42


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def rename(self, info: strawberry.Info, id: int = 1, name: str = "New") -> Person | None:
        info.context.world.written.append(f"{id} {name}")
        row = info.context.world.rows.get(id)
        return SimpleNamespace(**{**vars(row), "name": name}) if row else None

    @strawberry.mutation
    async def sure_rename(self, info: strawberry.Info, id: int = 1, name: str | None = None) -> Person:
        info.context.world.written.append(f"{id} {name}")
        return SimpleNamespace(**{**vars(info.context.world.rows[id]), "name": name})


SCHEMA = strawberry.Schema(Query, Mutation, types=[Person, Robot])


def good_rows() -> Rows:
    """Seven beings; who is whose friend, boss and best is a small web with cycles."""
    return {
        id: SimpleNamespace(
            id=id,
            name=f"Person {id}" if id % 3 else f"Mono{id}",
            nick=None if id % 2 else f"p{id}",
            age=20 + id,
            height=1.5 + id / 10 if id % 3 else None,
            mood=[Mood.HAPPY, "sad", None][id % 3],
            born=date(1990, 1, id) if id % 2 else None,
            wealth=Decimal(id) / 4,
            scores=[[id, None], [], [id * 2]] if id % 2 else None,
            model="R2" if id % 2 else None,
            best_id=None if id == 4 else id % 7 + 1,
            boss_id=(id + 2) % 7 + 1,
            friend_ids=[other for other in range(1, 8) if other != id and (other * id) % 3 == 1],
        )
        for id in range(1, 8)
    }
