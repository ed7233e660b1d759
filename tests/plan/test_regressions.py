"""Differences between the plan and graphql-core that were found once, and corners that are rarely generated."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from graphql import parse

from gateway.plan import Plans
from tests.plan.example import GRAPHQL
from tests.plan.judged import both
from tests.plan.test_equal import Mischief, rows_with
from tests.plan.world import Context, Rows, World, good_rows

CASES: dict[str, tuple[str, Mischief]] = {
    "a null where none may be takes its object": ("{ people { name age } }", [(2, "age", "null")]),
    "and on up to the root": ("{ surePeople { boss { boss { age } } } }", [(2, "age", "null")]),
    "of several failures in one object the first is told": (
        '{ person { age surePrice(currency: "dead") fullName { first } boss { name } } }',
        [(1, "age", "text"), (1, "name", "missing"), (1, "boss_id", "nobody")],
    ),
    "an error below a null is not told": ('{ people { price(currency: "dead") age } }', [(1, "age", "null")]),
    "a failed item takes a list of what may not be null": (
        "{ people { sureScores } }",
        [(1, "scores", "wrong inside")],
    ),
    "and leaves one of what may": ("{ people { scores } }", [(1, "scores", "wrong inside")]),
    "a key that no dict can hold": (
        "{ people { best { id } boss { id } } }",
        [(1, "best_id", "list"), (2, "boss_id", "list")],
    ),
    "a key that is not there": ("{ people { best { id } } }", [(3, "best_id", "missing")]),
    "no key where one must be": ("{ people { boss { id } } }", [(3, "boss_id", "null")]),
    "a key that a batch has no word of": ("{ people { note sureNote } }", []),
    "a root that leads nowhere": ("{ circle { id } other: circle(id: 2) { id } }", []),
    "no record where one must be": ("{ people { boss { id } } }", [(3, "boss_id", "nobody")]),
    "an attribute that is not there": ("{ people { nick shout } }", [(3, "nick", "missing"), (4, "name", "missing")]),
    "an awaitable in place of a value": (
        "{ people { nick age mood } }",
        [(1, "nick", "late"), (2, "age", "late failure"), (3, "mood", "late null")],
    ),
    "awaitables in lists": (
        "{ people { names { first } scores } }",
        [(1, "names", "names"), (2, "scores", "late list")],
    ),
    "lists that are none": (
        "{ people { names { first } scores } }",
        [(1, "names", "text"), (2, "scores", "mapping"), (3, "scores", "one")],
    ),
    "iterables of other kinds": (
        "{ people { names { first } scores } }",
        [(1, "names", "generator"), (2, "scores", "iterable"), (3, "scores", "tuple")],
    ),
    "an iterable that fails on its way": ("{ people { names { first } } }", [(1, "names", "failing")]),
    "an asynchronous iterable": ("{ people { names { first } } }", [(1, "names", "streamed")]),
    "an enum's member, value, and neither": (
        "{ people { mood } }",
        [
            (1, "mood", "member"),
            (2, "mood", "its value"),
            (3, "mood", "no value"),
            (4, "mood", "foreign member"),
            (5, "mood", "list"),
        ],
    ),
    "an enum whose values no dict can hold": ("{ people { shade } }", [(1, "shade", "list")]),
    "numbers of other kinds": (
        "{ people { age height token tall } }",
        [
            (1, "age", "true"),
            (2, "age", "whole float"),
            (3, "age", "own number"),
            (4, "height", "one"),
            (5, "tall", "one"),
            (6, "token", "own number"),
        ],
    ),
    "a number too large": ("{ people { age sum } }", [(1, "age", "huge")]),
    "no number": ("{ people { height } }", [(1, "height", "nan"), (2, "height", "infinite")]),
    "undefined is null": ("{ people { nick age best { id } } }", [(1, "nick", "undefined"), (2, "age", "undefined")]),
    "an exception as a value": (
        "{ people { nick mood names { first } } }",
        [(1, "nick", "exception"), (2, "mood", "exception"), (3, "names", "exception")],
    ),
    "a record of another type": (
        "{ people { best { id } same { id } } beings { id } found { __typename } }",
        [(2, "kind", "robot"), (3, "kind", "unknown type")],
    ),
}


@pytest.mark.parametrize("case", CASES)
async def test_the_plan_answers_as_graphql_core_does(case: str) -> None:
    document, mischief = CASES[case]
    await both(document, rows=rows_with(mischief))


async def test_an_edge_whose_arguments_are_refused_fails_for_the_rows_that_have_a_key() -> None:
    planned, context = await both('{ people { price(currency: "refused") name } }')
    assert len(planned.errors or ()) == 7
    assert context.world.calls == []


async def test_a_variable_may_be_wrong_where_it_is_used() -> None:
    document = "query Asked($by: Boolean, $ids: [Int!] = [1]) { people(wanted: {ids: $ids, upsideDown: $by}) { id } }"
    planned, _ = await both(document, {"by": None}, "Asked")
    assert planned.data == {"people": None}
    planned, _ = await both(document, {}, "Asked")
    assert planned.data == {"people": [{"id": 1}]}


async def test_a_record_is_completed_once_and_an_error_told_in_each_of_its_places() -> None:
    planned, context = await both('{ people { boss { best { id } price(currency: "dead") } } }', rows=all_under(3))
    assert len(planned.errors or ()) == 7
    assert context.world.asked == {("by_ids", 3): 1, ("by_ids", 4): 1, ("prices_of dead", 3): 1}


async def test_a_failure_that_is_shared_takes_each_of_its_places() -> None:
    def rows() -> Rows:
        made = all_under(3)()
        made[3].age = None
        return made

    planned, _ = await both("{ people { boss { age } } }", rows=rows)
    assert planned.data == {"people": [None] * 7}
    assert [error.path for error in planned.errors or ()] == [["people", i, "boss", "age"] for i in range(7)]


def all_under(boss: int) -> Callable[[], Rows]:
    def rows() -> Rows:
        made = good_rows()
        for row in made.values():
            row.boss_id = boss
        return made

    return rows


async def test_the_lists_that_rows_hold_are_left_as_they_are() -> None:
    held: list[Any] = [SimpleNamespace(first="A", last=None), None, ValueError("one")]

    def rows() -> Rows:
        made = good_rows()
        made[1].names = held
        return made

    before = list(held)
    planned, _ = await both("{ person { names { first } } }", rows=rows)
    assert held == before
    assert planned.data == {"person": {"names": [{"first": "A"}, None, None]}}


async def test_who_has_no_key_has_no_record_whatever_a_store_has_without_one() -> None:
    class Ownerless(World):
        def _answer(self, rows: list[Any]) -> Sequence[Any]:
            key = "owner" if hasattr(rows[0], "owner") else "id"
            return super()._answer([*rows, SimpleNamespace(**{**vars(rows[0]), key: None})])

    plans = Plans(GRAPHQL, parse("{ one(id: 4) { best { id } bestFriends { id } } people { best { id } } }"))
    told = []
    for run in (plans.execute, plans.judge):
        context = Context(good_rows())
        context.world = Ownerless(good_rows(), tables=True)
        told.append(await run(context, {}, None))
    assert told[0] == told[1]
    assert told[0].data
    assert told[0].data["one"] == {"best": None, "bestFriends": None}


async def test_who_has_no_key_has_no_list() -> None:
    """Of rows that are a table, one without a key had an empty list."""
    planned, _ = await both("{ people { id bestFriends { id } } }")
    assert planned.data
    assert {person["id"]: person["bestFriends"] for person in planned.data["people"]}[4] is None
