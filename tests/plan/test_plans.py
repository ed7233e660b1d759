"""What plans are made of documents, how many, how fast, and what is left to graphql-core."""

import sys
from collections import Counter
from collections.abc import Iterator

import pytest
import strawberry
from graphql import parse
from strawberry.types.nodes import SelectedField

from gateway.plan import PLANS_KEPT, Plans, Unplanned
from gateway.plan.compile import MAX_DEPTH, MAX_FIELDS, compile_plan
from gateway.plan.completion import Objects
from gateway.plan.selection import Selection
from gateway.plan.show import described
from tests.plan.example import GRAPHQL
from tests.plan.judged import both
from tests.plan.test_sets import answered, plans
from tests.plan.world import Context, good_rows

CHAIN = "{ person { ...F0 } } fragment F999 on Person { id } " + " ".join(
    f"fragment F{level} on Person {{ boss {{ ...F{level + 1} }} }}" for level in range(999)
)


def test_a_plan_can_be_read() -> None:
    document = """query ($deep: Boolean!) {
        people { a: name shout best { id } boss { nick } price secret greeting
            same @include(if: $deep) { id ... on Robot { model } } scores }
    }"""
    assert described(GRAPHQL, document, {"deep": True}).splitlines() == [
        "people                         resolver",
        "  a                            attribute name",
        "  shout                        computed from name",
        "  greeting                     resolver",
        "  scores                       attribute scores",
        "  best                         load example.person_by_id by best_id",
        "    id                         attribute id",
        "  boss                         load example.person_by_id by boss_id, in the same call",
        "    nick                       attribute nick",
        "  same                         load example.person_by_id by id, in the same call",
        "    ... on Person",
        "      id                       attribute id",
        "    ... on Robot",
        "      id                       attribute id",
        "      model                    attribute model",
        "  price                        load example.price_by_id by id",
        "  secret                       load example.price_by_id by id, in the same call",
        "It costs 368 at most.",
    ]
    assert "Robot" not in described(GRAPHQL, document, {"deep": False})


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ("{ __schema { queryType { name } } }", "introspection"),
        ("{ answer @unknown }", "@unknown"),
        ("query @custom { answer }", "directives on the operation"),
        ("{ person " + "{ boss " * (MAX_DEPTH + 1) + "{ id }" + "}" * (MAX_DEPTH + 1) + "}", "deep nesting"),
        (CHAIN, "deep nesting"),
    ],
)
def test_what_plans_do_not_cover_has_a_reason(document: str, reason: str) -> None:
    assert unplanned(document) == reason


def test_hints_for_answers_in_parts_change_no_plan() -> None:
    hinted = "{ people @stream(initialCount: 1) { id ... @defer { nick } } }"
    assert described(GRAPHQL, hinted, {}) == described(GRAPHQL, "{ people { id nick } }", {})


def unplanned(document: str) -> str:
    with pytest.raises(Unplanned) as refused:
        compile_plan(GRAPHQL, parse(document), None, {})
    return str(refused.value)


async def test_graphql_core_answers_what_has_no_plan_and_it_is_counted() -> None:
    counted: Counter[str] = Counter()
    made = Plans(
        GRAPHQL,
        parse('query Q($on: Boolean = true) { answer @include(if: $on) __type(name: "Robot") { name } }'),
        counted,
    )
    result = await made.execute(Context(good_rows()), {}, None)
    assert result.data == {"answer": 42, "__type": {"name": "Robot"}}
    result = await made.execute(Context(good_rows()), {"on": None}, None)
    assert result.errors
    assert counted == {"introspection": 1, "a condition that is null": 1}


def test_fragments_that_are_spread_again_at_each_level_stay_as_small_as_they_are_written() -> None:
    levels = 20
    fragments = " ".join(
        f"fragment F{level} on Person {{ a: boss {{ ...{below} }} b: boss {{ id ...{below} }} boss {{ ...{below} }} }}"
        for level, below in ((level, f"F{level + 1}") for level in range(levels))
    )
    document = parse(f"{{ person {{ ...F0 }} }} {fragments} fragment F{levels} on Person {{ id }}")
    selections = set(below(compile_plan(GRAPHQL, document, None, {}).root))
    assert len(selections) == 3 * levels + 2


def below(selection: Selection) -> Iterator[Selection]:
    """The selection and all below it, each once."""
    seen = {selection}
    waiting = [selection]
    while waiting:
        yield (one := waiting.pop())
        completers = (branch.completer for step in one.steps for branch in step.branches)
        new = {completer.rows for completer in completers if isinstance(completer, Objects)} - seen
        seen |= new
        waiting += new


def test_a_document_whose_merged_fields_grow_without_bound_has_no_plan() -> None:
    """`a` at a level adds a fragment to all levels below, so that each path ends at another set of fragments."""
    levels = 14
    kept = "a: boss {{ ...{0} }} b: boss {{ ...{0} }}"
    fragments = ["fragment X14 on Person { id }", *(f"fragment Z14_{of} on Person {{ id }}" for of in range(levels))]
    for level in range(levels):
        next_level = level + 1
        added = f"a: boss {{ ...X{next_level} ...Z{next_level}_{level} }} b: boss {{ ...X{next_level} }}"
        fragments.append(f"fragment X{level} on Person {{ {added} }}")
        for of in range(level):
            fragments.append(f"fragment Z{level}_{of} on Person {{ {kept.format(f'Z{next_level}_{of}')} }}")
    assert 2**levels > MAX_FIELDS
    assert unplanned("{ person { ...X0 } } " + " ".join(fragments)) == "too many fields"


async def test_a_document_keeps_a_bounded_number_of_plans() -> None:
    names = [f"v{i}" for i in range(8)]
    asked = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: answer @include(if: ${name})" for name in names)
    made = plans(f"query ({asked}) {{ {fields} }}")
    for bits in range(2 ** len(names)):
        variables = {name: bool(bits >> i & 1) for i, name in enumerate(names)}
        result = await made.execute(Context(good_rows()), variables, None)
        assert result.data == {name: 42 for name in names if variables[name]}
    assert made._plan.cache_info().currsize == PLANS_KEPT


async def test_many_fields_are_no_trouble() -> None:
    document = "{ person { " + " ".join(f"a{i}: name" for i in range(1500)) + " } }"
    result = await answered(document, Context(good_rows()))
    assert result.data == {"person": {f"a{i}": "Person 1" for i in range(1500)}}


@pytest.mark.parametrize("depth", [10, MAX_DEPTH - 2])
async def test_deep_nesting_runs_within_the_limit_of_recursion(depth: int) -> None:
    planned, context = await both("{ person " + "{ boss " * depth + "{ id }" + "}" * depth + "}")
    assert not planned.errors
    assert sys.getrecursionlimit() == 1000
    assert set(context.world.asked.values()) == {1}


@strawberry.type
class Item:
    name: str

    @strawberry.field
    def place(self, info: strawberry.Info) -> list[str]:
        return [info.field_name, *map(str, info.path.as_list())]


@strawberry.type
class Shelf:
    @strawberry.field
    def items(self, info: strawberry.Info) -> list[Item]:
        (field,) = info.selected_fields
        return [Item(name=selected.name) for selected in field.selections if isinstance(selected, SelectedField)]


async def test_resolvers_see_what_is_selected_and_their_own_key_as_the_path() -> None:
    document = parse("{ items { name other: place ...F } } fragment F on Item { place }")
    made = Plans(strawberry.Schema(Shelf)._schema, document)
    result = await made.execute(None, {}, None)
    assert result.data == {
        "items": [
            {"name": name, "other": ["place", "other"], "place": ["place", "place"]} for name in ("name", "place")
        ]
    }
    assert not made.fallbacks
