"""A small graph with one of everything, over data that can be wrong: people and robots, their friends and moods."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any, ClassVar, NamedTuple

import strawberry
from strawberry.schema.config import StrawberryConfig

from schema.access import INHERITED, PUBLIC, scope
from schema.fields import computed, edge, root
from schema.node import Named, Node
from tests.plan.world import Batches, Later, Mood, Shade, name_of

strawberry.enum(Mood)
strawberry.enum(Shade)


@strawberry.enum
class How(Enum):
    WELL = "well"
    NULL = "null"
    RAISED = "raised"
    RETURNED = "returned"
    LATE = "late"


def in_currency(currency: str = "EUR") -> dict[str, Any]:
    if currency == "refused":
        raise ValueError("no such currency")
    return {"currency": currency}


@strawberry.type(directives=[INHERITED])
class Name:
    first: str
    last: str | None


class Called(NamedTuple):
    first: Any
    last: Any


def answered(how: How, value: Any, id: Any) -> Any:
    """The value in one of the ways in which resolvers answer; a failure for every third."""
    failure = ValueError(f"nothing for {id}")
    match how:
        case How.NULL:
            return None
        case How.RAISED if id % 3:
            raise failure
        case How.RETURNED if id % 3:
            return failure
        case How.LATE:
            return Later(value if id % 3 else failure)
    return value


def greeting(root: strawberry.Parent[Any], to: str = "you", times: int = 1) -> str | None:
    if times < 0:
        raise ValueError(f"cannot greet {times} times")
    return f"{root.name} greets {to}" if times else None


async def mentor(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    return await info.context.loaders.load(Batches.person_by_id, root.best_id or 1)


async def sure_mentor(root: strawberry.Parent[Any], info: strawberry.Info) -> Any:
    return await info.context.loaders.load(Batches.person_by_id, root.best_id or 99)


def team(root: strawberry.Parent[Any], info: strawberry.Info, how: How = How.WELL) -> Any:
    return answered(how, [row for row in info.context.world.rows.values() if row.id < root.id], root.id)


@strawberry.interface
class Being:
    id: int
    name: str

    is_type_of: ClassVar[Any] = vars(Node)["is_type_of"]


PersonLater = Annotated["Person", strawberry.lazy("tests.plan.example")]
BeingLater = Annotated["Being", strawberry.lazy("tests.plan.example")]


@strawberry.type
class Person(Being):
    nick: str | None
    age: int
    token: strawberry.ID | None
    tall: bool | None
    height: float | None
    mood: Mood | None
    shade: Shade | None
    born: date | None
    wealth: Decimal | None
    scores: list[list[int | None]] | None
    sure_scores: list[list[int]] | None = computed(lambda scores: scores, "scores")
    names: list[Name | None] | None
    sure_names: list[Name] = computed(lambda names: names, "names")
    full_name: Name = computed(name_of, "name")
    called: Name = computed(Called, "name", "nick")
    shout: str | None = computed(str.upper, "name")
    sum: int = computed(lambda age, id: age + id, "age", "id")
    best: PersonLater | None = edge(Batches.person_by_id, key="best_id")
    boss: PersonLater = edge(Batches.person_by_id, key="boss_id")
    same: BeingLater | None = edge(Batches.person_by_id, key="id")
    friends: list[PersonLater] = edge(Batches.friends_by_person, key="id")
    best_friends: list[PersonLater] | None = edge(Batches.friends_by_person, key="best_id")
    price: str | None = edge(Batches.price_by_id, key="id", arguments=in_currency)
    sure_price: str = edge(Batches.price_by_id, key="id", arguments=in_currency)
    note: str | None = edge(Batches.note_by_id, key="id")
    sure_note: str = edge(Batches.note_by_id, key="id")
    secret: str | None = edge(Batches.price_by_id, key="id", arguments=in_currency, access=scope("secrets"))
    sure_secret: str = edge(Batches.price_by_id, key="id", arguments=in_currency, access=scope("secrets"))
    greeting: str | None = strawberry.field(resolver=greeting)
    mentor: PersonLater | None = strawberry.field(resolver=mentor)
    sure_mentor: PersonLater = strawberry.field(resolver=sure_mentor)
    team: list[PersonLater] | None = strawberry.field(resolver=team)


@strawberry.type
class Robot(Being):
    model: str | None
    maker: PersonLater | None = edge(Batches.person_by_id, key="boss_id")


Found = Annotated[Person | Robot, strawberry.union("Found")]


@strawberry.input
class Wanted:
    ids: list[int]
    upside_down: bool = False


async def person(info: strawberry.Info, id: int = 1) -> Any:
    return await info.context.loaders.load(Batches.person_by_id, id)


async def people(info: strawberry.Info, wanted: Wanted | None = None) -> Any:
    rows: Mapping[int, Any] = info.context.world.rows
    ids = wanted.ids if wanted else sorted(rows)
    return [rows.get(id) for id in (reversed(ids) if wanted and wanted.upside_down else ids)]


def sure_people(info: strawberry.Info) -> Any:
    return info.context.world.rows.values()


async def circles(info: strawberry.Info) -> Any:
    """Loads by itself what the edges below load again."""
    load = info.context.loaders.load
    return await asyncio.gather(*(load(Batches.friends_by_person, id) for id in sorted(info.context.world.rows)))


def beings(info: strawberry.Info) -> Any:
    return [Named("Robot" if row.id % 2 else row.kind, row) for row in info.context.world.rows.values()] + [None]


async def found(info: strawberry.Info, id: int = 2) -> Any:
    row = info.context.world.rows.get(id)
    return Named(row.kind, row) if row else None


def number(id: int = 1) -> int:
    if id < 0:
        raise ValueError("ids begin with 0")
    return id


def anybody(id: int | None = None) -> int | None:
    return id


async def broken() -> Any:
    raise ValueError("broken")


@strawberry.type
class Query:
    one: Person | None = root(Batches.person_by_id, PUBLIC, "By id.", key=number)
    sure_one: Person = root(Batches.person_by_id, PUBLIC, "By id.", key=number)
    secret_one: Person | None = root(Batches.person_by_id, scope("secrets"), "For few.", key=number)
    circle: list[Person] | None = root(Batches.friends_by_person, PUBLIC, "Of somebody.", key=anybody)
    person: Person | None = strawberry.field(resolver=person)
    people: list[Person | None] | None = strawberry.field(resolver=people)
    sure_people: list[Person] = strawberry.field(resolver=sure_people)
    circles: list[list[Person]] = strawberry.field(resolver=circles)
    beings: list[Being | None] | None = strawberry.field(resolver=beings)
    found: Found | None = strawberry.field(resolver=found)
    broken: str | None = strawberry.field(resolver=broken)
    answer: int = strawberry.field(resolver=lambda: 42)


async def rename(info: strawberry.Info, id: int = 1, name: str = "New") -> Any:
    info.context.world.written.append(f"{id} {name}")
    row = info.context.world.rows.get(id)
    return SimpleNamespace(**{**vars(row), "name": name}) if row else None


async def sure_rename(info: strawberry.Info, id: int = 1, name: str | None = None) -> Any:
    info.context.world.written.append(f"{id} {name}")
    return SimpleNamespace(**{**vars(info.context.world.rows[id]), "name": name})


@strawberry.type
class Mutation:
    rename: Person | None = strawberry.mutation(resolver=rename)
    sure_rename: Person = strawberry.mutation(resolver=sure_rename)


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def person_changed(self, info: strawberry.Info) -> AsyncGenerator[Person | None, None]:
        for row in info.context.world.rows.values():
            yield row

    @strawberry.subscription
    async def sure_person_changed(self, info: strawberry.Info) -> AsyncGenerator[Person, None]:
        for row in info.context.world.rows.values():
            yield row


CONFIG = StrawberryConfig(enable_experimental_incremental_execution=True)
SCHEMA = strawberry.Schema(Query, Mutation, Subscription, types=[Person, Robot], config=CONFIG)
GRAPHQL = SCHEMA._schema
