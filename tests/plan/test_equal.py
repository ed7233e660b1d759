"""A plan answers as graphql-core does: the same data, the same errors, the same loads, whatever is asked and wrong."""

import asyncio
import os
from collections import Counter
from typing import Any


from graphql import ExecutionResult, parse, validate
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import mutations, queries

from gateway.plan import Plans
from tests.plan.example import SCHEMA, Context, Rows, good_rows

N = int(os.environ.get("EXAMPLES", "300"))
GRAPHQL = SCHEMA._schema
WRONG = [None, "odd", 3.5, 2**40, True, [], "", -1, object(), ValueError("wrong"), [1], 99, float("nan")]
ATTRIBUTES = ["name", "nick", "age", "height", "mood", "born", "wealth", "scores", "best_id", "boss_id"]
MISCHIEF = st.lists(st.tuples(st.integers(1, 7), st.sampled_from(ATTRIBUTES), st.sampled_from(WRONG)), max_size=3)


def rows_with(mischief: list[tuple[int, str, Any]]) -> Rows:
    rows = good_rows()
    for id, attribute, value in mischief:
        setattr(rows[id], attribute, value)
    return rows


Told = tuple[str, tuple[Any, ...], tuple[Any, ...]]


def errors_by_place(result: ExecutionResult) -> dict[tuple[Any, ...], Counter[Told]]:
    """The errors at each null that they made; a null that came up from below may stand for several."""
    places: dict[tuple[Any, ...], Counter[Told]] = {}
    for error in result.errors or ():
        path = tuple(error.path or ())
        told = (error.message, path, tuple(error.locations or ()))
        places.setdefault(_null_above(result.data, path), Counter())[told] += 1
    return places


def _null_above(data: Any, path: tuple[Any, ...]) -> tuple[Any, ...]:
    for depth, key in enumerate(path):
        if data is None:
            return path[:depth]
        data = data[key]
    return path


def assert_equal(planned: ExecutionResult, judged: ExecutionResult) -> None:
    assert planned.data == judged.data
    ours, theirs = errors_by_place(planned), errors_by_place(judged)
    assert ours.keys() == theirs.keys()
    for place, told in theirs.items():
        if all(path == place for _, path, _ in told):
            assert ours[place] == told
        else:  # which of several errors below a null are told is a matter of who was first
            assert ours[place] & told


async def both(document: str, variables: dict[str, Any] | None = None, mischief: Any = ()) -> tuple[Context, Context]:
    """Runs the document by its plan and by graphql-core, and compares; returns both contexts."""
    ast = parse(document)
    assert not validate(GRAPHQL, ast)
    by_plan, by_core = Context(rows_with(mischief)), Context(rows_with(mischief))
    planned = await Plans(GRAPHQL, ast).execute(by_plan, variables or {}, None)
    judged = await Plans(GRAPHQL, ast).judge(by_core, variables or {}, None)
    assert_equal(planned, judged)
    if judged.errors:  # graphql-core gives up siblings of what failed; a plan has asked for them at once
        assert set(by_plan.world.asked) >= set(by_core.world.asked), document
    else:
        assert set(by_plan.world.asked) == set(by_core.world.asked), document
    assert all(times == 1 for (_, what), times in by_plan.world.asked.items() if what != "calls"), document
    assert by_plan.world.written == by_core.world.written
    return by_plan, by_core


@settings(max_examples=N, deadline=None, suppress_health_check=list(HealthCheck))
@given(queries(GRAPHQL), MISCHIEF)
def test_any_query_over_any_data(document: str, mischief: list[tuple[int, str, Any]]) -> None:
    asyncio.run(both(document, mischief=mischief))


@settings(max_examples=N // 3, deadline=None, suppress_health_check=list(HealthCheck))
@given(mutations(GRAPHQL), MISCHIEF)
def test_any_mutation_over_any_data(document: str, mischief: list[tuple[int, str, Any]]) -> None:
    asyncio.run(both(document, mischief=mischief))
