"""Events are hydrated together by a plan as graphql-core executes a subscription for each of them."""

from collections.abc import Sequence
from typing import Any

import pytest
from graphql import ExecutionResult, parse, validate

from gateway.plan import Plans
from tests.plan.example import GRAPHQL
from tests.plan.judged import _assert_errors, _text, no_word_of_coroutines
from tests.plan.test_equal import Mischief, rows_with
from tests.plan.test_regressions import CASES
from tests.plan.world import Context, good_rows

PEOPLE = "{ people {"
OF_PEOPLE = {name: case for name, case in CASES.items() if case[0].startswith(PEOPLE) and case[0].count("beings") == 0}


def plans_of(document: str) -> Plans:
    ast = parse(document)
    assert validate(GRAPHQL, ast) == []
    return Plans(GRAPHQL, ast)


@pytest.mark.parametrize("field", ["personChanged", "surePersonChanged"])
@pytest.mark.parametrize(("document", "mischief"), OF_PEOPLE.values(), ids=OF_PEOPLE)
async def test_irregular_events_are_told_alike(field: str, document: str, mischief: Mischief) -> None:
    plans = plans_of(document.replace(PEOPLE, f"subscription {{ {field} {{"))
    rows = rows_with(mischief)
    planned = await hydrated(plans, rows())
    for ours, theirs in zip(planned, await judged(plans, rows()), strict=True):
        assert _text(ours.data) == _text(theirs.data)
        _assert_errors(ours, theirs, theirs)
    assert not plans.fallbacks


async def test_edges_of_all_events_are_loaded_together() -> None:
    context = Context(good_rows())
    plans = plans_of("subscription { personChanged { name boss { name friends { id } } } }")
    events = list(context.world.rows.values())
    answers = await plans.hydrate(context, {}, None, events)
    assert [name for name, _ in context.world.calls] == ["by_ids", "friends_of"]
    assert answers == await plans.judged(Context(good_rows()), {}, None, events)


async def test_a_failure_that_events_share_is_told_to_each() -> None:
    """They have the same record, which is completed once."""
    plans = plans_of('subscription { personChanged { boss { price(currency: "dead") } } }')
    world = good_rows()
    for row in world.values():
        row.boss_id = 1
    answers = await plans.hydrate(Context(world), {}, None, list(world.values()))
    assert [answer.data for answer in answers] == [{"personChanged": {"boss": {"price": None}}}] * len(world)
    assert [[error.path for error in answer.errors or ()] for answer in answers] == [
        [["personChanged", "boss", "price"]]
    ] * len(world)


async def test_what_plans_do_not_cover_goes_to_graphql_core() -> None:
    plans = plans_of("subscription { personChanged { __typename id } }")
    one = good_rows()[1]
    assert await plans.hydrate(Context(good_rows()), {}, None, [one]) == [
        ExecutionResult({"personChanged": {"__typename": "Person", "id": 1}}, None)
    ]
    foreign = Plans(GRAPHQL, parse("subscription @custom { personChanged { id } }"))
    assert await foreign.hydrate(Context(good_rows()), {}, None, [one]) == [
        ExecutionResult({"personChanged": {"id": 1}}, None)
    ]
    assert foreign.fallbacks == {"directives on the operation": 1}


def test_variables_of_the_root_field_alone_do_not_tell_subscribers_apart() -> None:
    plans = plans_of(
        "subscription ($a: String!, $b: String!, $c: Boolean!) { personChanged { "
        "price(currency: $a) ...more @include(if: $c) } } fragment more on Person { boss { price(currency: $b) } }"
    )
    given = {"a": "EUR", "b": "USD", "c": True, "after": "x"}
    assert plans.below(None, given) == {"a": "EUR", "b": "USD", "c": True}


async def hydrated(plans: Plans, rows: Any) -> Sequence[ExecutionResult]:
    return await plans.hydrate(Context(rows), {}, None, list(rows.values()))


async def judged(plans: Plans, rows: Any) -> Sequence[ExecutionResult]:
    with no_word_of_coroutines():
        return await plans.judged(Context(rows), {}, None, list(rows.values()))
