"""What operations cost, worked out by hand: here an operation is a thousand, a mutation a hundred, a statement twenty,
a request fifty; a row is 1, and a value 0.1."""

from functools import partial
from typing import Annotated, Any

import pytest
import strawberry
from graphql import GraphQLSchema, get_operation_ast, parse, validate

from datasources.calls import Call
from gateway.plan import Plans, Unplanned, cost
from gateway.plan.compile import MAX_FIELDS
from gateway.plan.cost import Cost as Formula
from loaders.batch import LoaderSet, many_by, one_by, page_by, value_by
from schema.connection import Connection
from schema.cost import Cost
from schema.fields import computed, edge, edge_page
from tests.work import work


def nothing(_: Any) -> Any:
    raise AssertionError("nothing is loaded here")


class Batches(LoaderSet):
    domain = "costs"
    stores = object

    item = one_by(nothing, key="id")
    parts = many_by(nothing, key="of_id")
    pages = page_by(nothing, nothing)
    price = value_by(nothing, remote=True)


ItemLater = Annotated["Item", strawberry.lazy("tests.plan.test_cost")]


@strawberry.interface
class Being:
    id: int


@strawberry.type
class Size:
    width: int
    height: int


@strawberry.type
class Item(Being):
    name: str
    tags: list[str]
    sizes: list[Size] = computed(list, "sizes", cost=Cost(size=3))
    size: Size = computed(Size, "width", "height")
    maker: ItemLater = edge(Batches.item, key="maker_id")
    owner: ItemLater = edge(Batches.item, key="owner_id")
    parts: list[ItemLater] = edge(Batches.parts, key="id", cost=Cost(size=4))
    spares: list[ItemLater] = edge(Batches.parts, key="id")
    pages: Connection[ItemLater] = edge_page(Batches.pages, key="id")
    price: int | None = edge(Batches.price, key="id")
    cached: int | None = edge(Batches.price, key="id", cost=Cost(weight=0.5))
    free: int | None = edge(Batches.price, key="id", cost=Cost(weight=0))

    @strawberry.field
    async def near(self) -> ItemLater | None:
        raise AssertionError


@strawberry.type
class Other(Being):
    title: str
    size: Size


Either = Annotated[Item | Other, strawberry.union("Either")]


async def nodes(ids: list[strawberry.ID]) -> list[Item | None] | None:
    raise AssertionError


async def found(words: list[str] | None = None, first: int = 20) -> Connection[Item] | None:
    raise AssertionError


async def best(first: int = 5) -> list[Item]:
    raise AssertionError


@strawberry.type
class Query:
    @strawberry.field
    async def item(self) -> Item | None:
        raise AssertionError

    @strawberry.field
    async def either(self) -> Either | None:
        raise AssertionError

    @strawberry.field
    async def being(self) -> Being | None:
        raise AssertionError

    nodes: list[Item | None] | None = strawberry.field(resolver=nodes)
    found: Connection[Item] | None = strawberry.field(resolver=found)
    best: list[Item] = strawberry.field(resolver=best)
    dear: int = strawberry.field(resolver=lambda: 1, directives=[Cost(weight=7)])


@strawberry.type
class Mutation:
    @strawberry.mutation
    async def change(self) -> Item | None:
        raise AssertionError

    dear: int = strawberry.mutation(resolver=lambda: 1, directives=[Cost(weight=7)])


SCHEMA: GraphQLSchema = strawberry.Schema(Query, Mutation, types=[Item, Other])._schema
ITEM = 1_000 + 20 + 1
"""What `{ item { … } }` costs by itself."""


@pytest.fixture(autouse=True)
def round_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    figures = {"OPERATION": 1_000, "MUTATION": 100, "STATEMENT": 20, "REQUEST": 50, "ROW": 1, "VALUE": 0.1, "LIST": 10}
    for name, figure in figures.items():
        monkeypatch.setattr(cost, name, figure)


def plans(document: str) -> Plans:
    ast = parse(document)
    assert validate(SCHEMA, ast) == []
    return Plans(SCHEMA, ast)


def formula_of(document: str, **variables: Any) -> Formula:
    made, operation = plans(document), get_operation_ast(parse(document))
    assert operation
    return made.foreseen(operation, variables).cost


def cost_of(document: str, **variables: Any) -> float:
    return round(formula_of(document, **variables).of(variables), 3)


@pytest.mark.parametrize(
    ("selection", "costs"),
    [
        ("id", 0.1),
        ("id name __typename a: name", 0.4),
        ("id ... { id ...F }", 0.1),
        ("tags", 0.1 + 10 * 0.1),
        ("size { width height }", 0.1 + 2 * 0.1),
        ("sizes { width }", 0.1 + 3 * (1 + 0.1)),
        ("maker { name }", 20 + 1 + 0.1),
        ("maker { name maker { name } }", 2 * (20 + 1 + 0.1)),
        ("maker { name } owner { name }", 20 + 2 * (1 + 0.1)),
        ("parts { name }", 20 + 1 + 4 * (1 + 0.1)),
        ("parts { maker { name } }", 20 + 1 + 20 + 4 * (1 + 1 + 0.1)),
        ("spares { name }", 20 + 1 + 10 * (1 + 0.1)),
        ("spares { parts { id } }", 20 + 1 + 20 + 10 * (1 + 1 + 4 * (1 + 0.1))),
        ("near { name }", 20 + 1 + 0.1),
        ("price", 50),
        ("spares { price }", 20 + 1 + 10 * (1 + 50)),
        ("cached", 0.5),
        ("free", 0),
        ("pages { nodes { name } }", 20 + 1 + 0.1 + 20 * (1 + 0.1)),
        ("pages(first: 3) { nodes { name } }", 20 + 1 + 0.1 + 3 * (1 + 0.1)),
        ("pages(first: 0) { nodes { name } }", 20 + 1 + 0.1),
        ("pages(first: 3) { edges { cursor node { name } } }", 20 + 1 + 0.1 + 3 * (1 + 0.1 + 0.1 + 0.1)),
        ("pages(first: 3) { totalCount pageInfo { endCursor } }", 20 + 1 + 20 + 1 + 0.1 + 0.1),
        ("pages(first: 3) { nodes { pages(first: 2) { nodes { id } } } }", 41 + 0.1 + 3 * (2 + 0.1 + 2 * 1.1)),
    ],
)
def test_each_part_of_an_item_costs_as_it_is_declared(selection: str, costs: float) -> None:
    fragment = "fragment F on Item { id }" if "...F" in selection else ""
    assert cost_of(f"{{ item {{ {selection} }} }} {fragment}") == pytest.approx(ITEM + costs)


@pytest.mark.parametrize(
    ("document", "costs"),
    [
        ("{ __typename }", 0.1),
        ("{ dear }", 7),
        ("{ a: dear b: dear }", 14),
        ("{ best { id } }", 20 + 1 + 5 * (1 + 0.1)),
        ("{ best(first: 2) { id } }", 20 + 1 + 2 * (1 + 0.1)),
        ("{ found { nodes { id } } }", 20 + 1 + 0.1 + 20 * (1 + 0.1)),
        ('{ found(words: ["a", "b"]) { nodes { id } } }', 20 + 1 + 0.1 + 20 * (1 + 0.1)),
        ('{ nodes(ids: ["a", "b"]) { id } }', 20 + 1 + 2 * (1 + 0.1)),
        ("{ being { id ... on Item { maker { id } } ... on Other { title } } }", 20 + 1 + 0.1 + 20 + 1 + 0.1),
        ("{ either { ... on Item { id } ... on Other { title size { width } } } }", 20 + 1 + 0.1 + 0.2),
        ("mutation { change { id } }", 100 + 0.1),
        ("mutation { a: change { id } b: change { maker { id } } }", 2 * 100 + 0.1 + 20 + 1 + 0.1),
        ("mutation { dear }", 7),
    ],
)
def test_each_operation_costs_as_it_is_declared(document: str, costs: float) -> None:
    assert cost_of(document) == pytest.approx(1_000 + costs)


PAGES = "query ($n: Int! = 4, $m: Int! = 2) { found(first: $n) { nodes { pages(first: $m) { nodes { id } } } } }"


@pytest.mark.parametrize(
    ("variables", "n", "m"),
    [
        ({}, 4, 2),
        ({"n": 7}, 7, 2),
        ({"n": 7, "m": 3}, 7, 3),
        ({"n": 0, "m": 3}, 0, 3),
        ({"n": -7}, 0, 2),
        ({"n": 10**9}, 100, 2),
        ({"n": "x", "m": None}, 4, 2),
        ({"n": [1, 2, 3]}, 3, 2),
    ],
)
def test_variables_say_how_long_lists_are_whatever_they_hold(variables: dict[str, Any], n: int, m: int) -> None:
    """What is no number, or more than a page may have, is refused by the field: here it only must not raise."""
    page = 0.1 + m * (1 + 0.1)
    assert cost_of(PAGES, **variables) == pytest.approx(1_000 + 20 + 1 + 0.1 + 20 + n * (1 + 1 + page))


def test_lists_in_variables_are_counted() -> None:
    query = "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }"
    assert cost_of(query, ids=["x"] * 30) == pytest.approx(1_000 + 20 + 1 + 30 * (1 + 0.1))
    assert cost_of('{ nodes(ids: "x") { id } }') == pytest.approx(1_000 + 20 + 1 + 10 * (1 + 0.1))


def test_what_is_left_out_costs_nothing() -> None:
    query = "query ($on: Boolean! = true) { item { id ... @include(if: $on) { price } free @skip(if: $on) } }"
    assert cost_of(query) == cost_of(query, on=True) == ITEM + 0.1 + 50
    assert cost_of(query, on=False) == ITEM + 0.1


@pytest.mark.parametrize(
    ("document", "costs"),
    [
        ("{ item { id } __schema { queryType { name } } }", 0.1 + 0.1 + 0.1 + 0.1),
        ("query ($on: Boolean = true) { item { id @include(if: $on) } __typename }", 0.1 + 0.1),
    ],
    ids=["introspection", "a condition that is null"],
)
def test_what_plans_do_not_cover_costs_too(document: str, costs: float) -> None:
    operation = get_operation_ast(parse(document))
    assert operation
    with pytest.raises(Unplanned):
        plans(document).plan(operation.name.value if operation.name else None, {"on": None})
    assert cost_of(document, on=None) == pytest.approx(ITEM + costs)


def test_the_schema_itself_costs_as_much_as_there_is_of_it() -> None:
    name = cost_of("{ __schema { types { name } } }")
    fields = cost_of("{ __schema { types { fields { name } } } }")
    assert 1_000 + 100 < name < fields
    nine = " ".join(f"a{number}: __schema {{ types {{ fields {{ name }} }} }}" for number in range(9))
    assert cost_of(f"{{ {nine} }}") == pytest.approx(1_000 + 9 * (fields - 1_000))


def test_the_dearest_part_is_named() -> None:
    pages = formula_of("{ found(first: 50) { nodes { id pages(first: 50) { nodes { name price } } } } dear }")
    assert pages.dearest({}) == ["found", "nodes", "pages"]
    lists = formula_of("{ found(first: 5) { nodes { spares { parts { price } } } } }")
    assert lists.dearest({}) == ["found", "nodes", "spares", "parts"]
    alike = formula_of("{ a: item { price } b: item { price } c: item { price } }")
    assert alike.dearest({}) == []


def nested(levels: int) -> str:
    """Each fragment is spread in two places, so that there are exponentially many."""
    fragments = [
        f"fragment F{level} on Item {{ a: pages(first: $n) {{ nodes {{ ...F{level + 1} }} }}"
        f" b: pages(first: $n) {{ nodes {{ ...F{level + 1} }} }} }}"
        for level in range(levels)
    ]
    return f"query ($n: Int!) {{ item {{ ...F0 }} }} {' '.join(fragments)} fragment F{levels} on Item {{ id }}"


def test_it_takes_little_work_however_many_places_there_are() -> None:
    few, many = formula_of(nested(10)), formula_of(nested(20))
    assert many.of({"n": 1}) > 900 * few.of({"n": 1})
    assert work(partial(many.of, {"n": 1})) < 2.2 * work(partial(few.of, {"n": 1}))


def test_a_document_that_is_too_large_for_a_plan_has_no_cost() -> None:
    wide = " ".join(f"b{number}: id" for number in range(100))
    places = " ".join(f"a{number}: maker {{ ...F }}" for number in range(MAX_FIELDS // 100))
    with pytest.raises(Unplanned, match="too many fields"):
        formula_of(f"{{ item {{ {places} }} }} fragment F on Item {{ {wide} }}")


def test_what_was_spent_is_what_was_read_called_and_answered() -> None:
    statement = Call("shop", "sql", "items", "items", rows=7)
    batch = Call("payments", "rest", "/items", "price", size=10, cached=4, retries=1)
    assert cost.spent([], b"") == 1_000
    assert cost.spent([statement, batch], b"x" * 500) == 1_000 + 20 + 7 + 7 * 50 + 2.5
