"""Plans work set at a time: what is loaded, in how many calls, when, and by how many tasks."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import date
from types import SimpleNamespace
from typing import Any
from weakref import WeakSet

import orjson
import pytest
from graphql import ExecutionResult, parse, validate

from datasources.actor import ANONYMOUS
from datasources.deadline import deadline
from datasources.table import Shape, Table
from gateway.execution import Executor
from gateway.plan import Plans
from gateway.plan.load import MANY
from gateway.request import Caller, GraphQLRequest
from tests.plan.example import GRAPHQL
from tests.plan.world import Context, Rows, World, good_rows

WEB = "{ people { name best { name boss { id } } boss { id nick } friends { name price } price secret mood } }"


def plans(document: str) -> Plans:
    ast = parse(document)
    assert validate(GRAPHQL, ast) == []
    return Plans(GRAPHQL, ast)


async def answered(document: str, context: Context, **variables: Any) -> ExecutionResult:
    made = plans(document)
    result = await made.execute(context, variables, None)
    assert not made.fallbacks
    return result


@asynccontextmanager
async def counted_tasks() -> AsyncIterator[list[str]]:
    """Every task that is made inside, by what it runs."""
    made: list[str] = []
    loop = asyncio.get_running_loop()

    def factory(loop: asyncio.AbstractEventLoop, work: Any, **kwargs: Any) -> Any:
        made.append(work.__qualname__)
        return asyncio.Task(work, loop=loop, **kwargs)

    before = loop.get_task_factory()
    loop.set_task_factory(factory)
    try:
        yield made
    finally:
        loop.set_task_factory(before)


async def test_as_many_tasks_and_calls_for_a_thousand_rows_as_for_ten() -> None:
    calls, tasks = [], []
    for count in (10, 1000):
        context = Context(good_rows(count))
        async with counted_tasks() as made:
            await answered(WEB, context)
        calls.append(Counter(name for name, _ in context.world.calls))
        tasks.append(sorted(made))
    # Two edges to people share one call, and what is below them is known by then; batches are of 500 keys.
    assert calls[0] == {"by_ids": 1, "friends_of": 1, "prices_of EUR": 1}
    assert calls[1] == {"by_ids": 2, "friends_of": 2, "prices_of EUR": 2}
    assert tasks[0] == tasks[1]


@pytest.mark.parametrize("tables", [True, False])
async def test_many_rows_are_let_go_while_they_are_written(tables: bool) -> None:
    """As JSON that is the same as that of the objects."""
    document = "{ people { id friends { name called { first last } } } }"
    result = await answered(document, Context(good_rows(MANY), tables=tables))
    judged = await plans(document).judge(Context(good_rows(MANY)), {}, None)
    assert result.data
    assert {type(person["friends"]) for person in result.data["people"]} == {orjson.Fragment}
    assert orjson.loads(orjson.dumps(result.data)) == judged.data


@pytest.mark.parametrize("tables", [True, False])
async def test_what_is_wrong_among_many_rows_is_told_as_ever(tables: bool) -> None:
    document = "{ people { id friends { name } } }"
    told = []
    for run in ("execute", "judge"):
        rows = good_rows(MANY)
        rows[7].name = None
        result = await getattr(plans(document), run)(Context(rows, tables=tables), {}, None)
        data = orjson.loads(orjson.dumps(result.data))
        told.append((data, sorted(str(error.formatted) for error in result.errors)))
    assert told[0] == told[1]
    assert told[0][1]


@pytest.mark.parametrize("tables", [True, False])
async def test_a_resolver_keeps_what_it_loaded_where_an_edge_lets_many_rows_go(tables: bool) -> None:
    document = "{ circles { name friends { nick name } } }"
    result = await answered(document, Context(all_friends(), tables=tables))
    judged = await plans(document).judge(Context(all_friends()), {}, None)
    assert orjson.loads(orjson.dumps(result.data)) == judged.data


@pytest.mark.parametrize("tables", [True, False])
async def test_of_many_rows_those_that_are_written_make_room(tables: bool) -> None:
    alive: WeakSet[str] = WeakSet()
    counts: list[int] = []

    class Name(str):
        __hash__ = object.__hash__  # each is one of its own

        def partition(self, by: str) -> tuple[str, str, str]:
            counts.append(len(alive))
            return super().partition(by)

    class Fresh(World):
        def _answer(self, rows: list[Any]) -> Sequence[Any]:
            made = [SimpleNamespace(**{**vars(row), "name": Name(row.name)}) for row in rows]
            alive.update(row.name for row in made)
            return super()._answer(made)

    context = Context(all_friends())
    context.world = Fresh(all_friends(), tables=tables)
    await answered("{ people { friends { fullName { first } } } }", context)
    assert counts[0] > MANY
    assert counts[-1] < MANY / 2


async def test_a_value_that_cannot_be_read_is_a_failure_of_its_field_alone() -> None:
    class Broken(World):
        def _answer(self, rows: list[Any]) -> Sequence[Any]:
            names = list(vars(rows[0]))
            readers: dict[str, Callable[[Any], Any]] = {"born": date.fromisoformat, "best_id": int}
            columns = [
                ["odd"] * len(rows) if name in readers else [getattr(row, name) for row in rows] for name in names
            ]
            return Table(Shape([(name, readers.get(name), False) for name in names]), columns)

    context = Context(good_rows())
    context.world = Broken(good_rows(), tables=True)
    result = await answered("{ one(id: 2) { name born best { id } mentor { id } friends { id born } } }", context)
    friends = [{"id": id, "born": None} for id in good_rows()[2].friend_ids]
    assert result.data == {"one": {"name": "Person 2", "born": None, "best": None, "mentor": None, "friends": friends}}
    assert [(error.message, error.path) for error in result.errors or ()] == [
        ("ValueError in column 'born'", ["one", "born"]),
        ("ValueError in column 'born'", ["one", "best"]),
        ("ValueError in column 'born'", ["one", "mentor"]),
        *(("ValueError in column 'born'", ["one", "friends", place, "born"]) for place in range(len(friends))),
    ]


def all_friends() -> Rows:
    """People who make more than MANY rows of friends."""
    rows = good_rows(46)
    for row in rows.values():
        row.friend_ids = list(rows)
    return rows


async def test_sources_that_answer_at_once_get_no_tasks_and_hold_up_nobody_when_they_are_slow() -> None:
    made = plans('{ people { price(currency: "USD") friends { nick } } }')
    tasks = []
    for _ in range(2):
        async with counted_tasks() as begun:
            await made.execute(Context(good_rows()), {}, None)
        tasks.append(len(begun))
    assert tasks == [2, 0]
    context = Context(good_rows())
    world = context.world
    world.holds["prices_of USD"] = asyncio.Event()
    world.started["friends_of"] = asyncio.Event()
    running = asyncio.create_task(made.execute(context, {}, None))
    await asyncio.wait_for(world.started["friends_of"].wait(), 5)
    world.holds["prices_of USD"].set()
    assert (await running).data == (await made.judge(Context(good_rows()), {}, None)).data


async def test_a_key_is_asked_for_once_wherever_it_comes_up() -> None:
    context = Context(good_rows())
    await answered(
        "{ people { best { boss { best { boss { id } } } } boss { best { id } } } person(id: 3) { id } }", context
    )
    assert set(context.world.asked.values()) == {1}


async def test_edges_with_other_arguments_or_another_reading_of_them_do_not_share() -> None:
    context = Context(good_rows())
    result = await answered(
        '{ person(id: 2) { a: price b: price(currency: "EUR") c: price(currency: "USD") surePrice } }', context
    )
    assert result.data == {"person": {"a": "2 EUR", "b": "2 EUR", "c": "2 USD", "surePrice": "2 EUR"}}
    assert context.world.asked == {("by_ids", 2): 1, ("prices_of EUR", 2): 1, ("prices_of USD", 2): 1}


async def test_a_slow_batch_holds_up_nothing_but_what_is_below_it() -> None:
    context = Context(good_rows())
    world = context.world
    world.holds["prices_of USD"] = asyncio.Event()
    world.started["friends_of"] = asyncio.Event()
    document = '{ people { price(currency: "USD") best { friends { nick } } } }'
    running = asyncio.ensure_future(answered(document, context))
    await asyncio.wait_for(world.started["friends_of"].wait(), 5)
    assert not running.done()
    world.holds["prices_of USD"].set()
    result = await running
    assert result.errors
    assert {name for name, _ in world.calls} == {"prices_of USD", "by_ids", "friends_of"}


async def test_mutations_are_one_after_the_other_and_end_with_a_failure_that_takes_all() -> None:
    context = Context(good_rows())
    document = """mutation {
        a: rename(name: "A") { name } b: sureRename(name: "B") { name best { id } }
        c: sureRename { name } d: rename { name }
    }"""
    result = await answered(document, context)
    assert result.data is None
    assert [(error.message, error.path) for error in result.errors or ()] == [
        ("Cannot return null for non-nullable field Person.name.", ["c", "name"])
    ]
    assert context.world.written == ["1 A", "1 B", "1 None"]


async def test_a_cancelled_operation_stops_its_loads() -> None:
    context = Context(good_rows())
    world = context.world
    world.holds["by_ids"] = asyncio.Event()
    world.started["by_ids"] = asyncio.Event()
    running = asyncio.ensure_future(answered("{ people { best { id } price } }", context))
    await world.started["by_ids"].wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    context.loaders.close()
    await asyncio.sleep(0)
    assert world.cancelled == ["by_ids"]


async def test_what_is_too_late_is_a_typed_hole_and_the_rest_is_there() -> None:
    context = Context(good_rows())
    context.world.holds["prices_of EUR"] = asyncio.Event()
    with deadline(0.05):
        result = await answered("{ person(id: 2) { name price best { name } } }", context)
    assert result.data == {"person": {"name": "Person 2", "price": None, "best": {"name": "Mono3"}}}
    assert [(error.path, type(error.original_error).__name__) for error in result.errors or ()] == [
        (["person", "price"], "SourceTimeout")
    ]


async def test_a_dead_service_is_a_null_and_an_error_in_each_place_and_is_called_once() -> None:
    context = Context(good_rows(400))
    result = await answered(
        '{ people { price(currency: "dead") again: price(currency: "dead") best { price(currency: "dead") } } }',
        context,
    )
    assert result.data == {
        "people": [{"price": None, "again": None, "best": {"price": None} if id != 4 else None} for id in range(1, 401)]
    }
    places = [tuple(error.path or ()) for error in result.errors or ()]
    expected = [("people", i, *below) for i in range(400) for below in [("price",), ("again",), ("best", "price")]]
    expected.remove(("people", 3, "best", "price"))
    assert sorted(places, key=str) == sorted(expected, key=str)
    assert [name for name, _ in context.world.calls].count("prices_of dead") == 1


async def test_what_an_actor_may_not_follow_is_not_loaded() -> None:
    context = Context(good_rows())
    result = await answered("{ people { secret } }", context)
    assert result.data == {"people": [{"secret": None}] * 7}
    assert {type(error.original_error).__name__ for error in result.errors or ()} == {"Unauthenticated"}
    assert context.world.calls == []


async def test_the_executor_counts_what_plans_do_not_cover() -> None:
    class Opened(Context):
        def __enter__(self) -> Context:
            return self

        def __exit__(self, *_: object) -> None:
            self.loaders.close()

    executor = Executor(GRAPHQL, lambda actor: Opened(good_rows(), actor), 5)
    for query in (
        "{ __schema { queryType { name } } }",
        "{ __typename answer }",
        "{ __schema { queryType { name } } }",
    ):
        result = await executor.execute(GraphQLRequest(query), Caller(ANONYMOUS))
        assert not result.errors
    assert executor.documents.fallbacks == {"introspection": 2}
