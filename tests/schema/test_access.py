"""Who may see a part is said, shown in the SDL, and checked: a refused field is null, its siblings arrive."""

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID

import pytest
import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLSchema,
    get_nullable_type,
    is_list_type,
    is_required_argument,
    is_required_input_field,
    parse,
    validate,
)

from datasources.actor import ANONYMOUS, Actor
from datasources.ids import utc_now
from gateway.errors import shown
from gateway.plan import Plans
from loaders.batch import LoaderSet, value_by
from resolvers.context import Context
from schema import access
from schema.access import INHERITED, PUBLIC, SIGNED_IN, Access, policy, scope
from schema.fields import computed, edge
from schema.graph import build
from tests.schema.access import root_access, wrongs

SOMEBODY = UUID(int=7)


def test_every_part_of_the_graph_says_who_may_see_it() -> None:
    assert wrongs(build()._schema) == []


class Words:
    """Words in capitals; `asked` has the keys of each call."""

    def __init__(self, asked: list[Sequence[str]], actor: Actor) -> None:
        self._asked = asked

    async def capitals(self, keys: Sequence[str]) -> dict[str, str]:
        self._asked.append(sorted(keys))
        return {key: key.upper() for key in keys}


class WordLoaders(LoaderSet):
    domain = "words"
    stores = Words
    word = value_by(lambda words: words.capitals)


async def _nothing(info: strawberry.Info) -> str | None:
    return None


async def _never_null(info: strawberry.Info) -> str:
    return ""


async def _stream(info: strawberry.Info) -> AsyncIterator[str | None]:
    yield None


def a(name: str, /, *directives: Access, **fields: Any) -> type:
    """A type with a nullable text for each field, a column or what it is declared as; `strict_` ones are never null."""
    kinds = {field.removeprefix("strict_"): str if field.startswith("strict_") else str | None for field in fields}
    values = {field.removeprefix("strict_"): value for field, value in fields.items() if value is not None}
    return strawberry.type(type(name, (), {"__annotations__": kinds, **values}), directives=directives)


def graph_of(*types: type, **roots: type) -> GraphQLSchema:
    fine = a("Query", fine=access.field(PUBLIC, "Nothing.")(_nothing))
    query, mutation, subscription = roots.get("query", fine), roots.get("mutation"), roots.get("subscription")
    return strawberry.Schema(query, mutation, subscription, types=types)._schema


def root(access_: Access, resolver: Any = _nothing) -> Any:
    return access.field(access_, "Nothing.")(resolver)


def showing(field: Any, *directives: Access) -> Any:
    """The field, as the SDL would have it wrongly."""
    field.directives = directives
    return field


def capitals(access_: Access = INHERITED) -> Any:
    return edge(WordLoaders.word, key="key", access=access_)


SECRETS = scope("secrets")
UNSAID = "field does not say who may ask"
MISLEADING = "field shows another access than it checks"


@strawberry.interface(name="Node")
class HasId:
    id: strawberry.ID


@strawberry.type(directives=[INHERITED])
class Note(HasId):
    text: str


@pytest.mark.parametrize(
    ("said", "graph"),
    [
        (f"Query.{UNSAID}", graph_of(query=a("Query", field=strawberry.field(resolver=_nothing)))),
        (f"Mutation.{UNSAID}", graph_of(mutation=a("Mutation", field=strawberry.mutation(resolver=_nothing)))),
        (f"Subscription.{UNSAID}", graph_of(subscription=a("Subscription", field=strawberry.subscription(_stream)))),
        (f"Query.{MISLEADING}", graph_of(query=a("Query", field=showing(root(SIGNED_IN), PUBLIC)))),
        (f"Query.{MISLEADING}", graph_of(query=a("Query", field=showing(root(SIGNED_IN))))),
        (f"Mutation.{MISLEADING}", graph_of(mutation=a("Mutation", field=showing(root(SECRETS), SECRETS, SIGNED_IN)))),
        ("Query.field has no parent that its access could be of", graph_of(query=a("Query", field=root(INHERITED)))),
        (
            "Query.field may not be null, so that its refusal would take the whole answer along",
            graph_of(query=a("Query", strict_field=root(PUBLIC, _never_null))),
        ),
        ("Thing does not say who may see it", graph_of(a("Thing", text=None))),
        ("Thing does not say who may see it", graph_of(a("Thing", PUBLIC, SECRETS, text=None))),
        ("Thing says neither one scope nor one policy", graph_of(a("Thing", Access(), text=None))),
        ("Thing says neither one scope nor one policy", graph_of(a("Thing", Access(scope="a", policy="b"), text=None))),
        ("Note can be reached by its id, past its parent", graph_of(Note)),
        (f"Thing.{MISLEADING}", graph_of(a("Thing", PUBLIC, field=strawberry.field(directives=[SECRETS])))),
        (f"Thing.{MISLEADING}", graph_of(a("Thing", PUBLIC, key=None, field=showing(capitals(), SECRETS)))),
        (f"Thing.{MISLEADING}", graph_of(a("Thing", PUBLIC, key=None, field=showing(capitals(SECRETS))))),
        (f"Thing.{MISLEADING}", graph_of(a("Thing", PUBLIC, field=showing(computed(str.upper, "key"), SECRETS)))),
        (
            "Thing.field may not be null, so that its refusal would take its siblings along",
            graph_of(a("Thing", PUBLIC, key=None, strict_field=capitals(SECRETS))),
        ),
        (
            "Thing.field is neither column, edge nor computed",
            graph_of(a("Thing", PUBLIC, field=strawberry.field(resolver=_nothing))),
        ),
    ],
)
def test_the_walk_sees_what_is_wrong(said: str, graph: GraphQLSchema) -> None:
    assert wrongs(graph) == [said]


def test_the_walk_sees_nothing_wrong_where_nothing_is() -> None:
    fields = {"key": None, "strict_word": capitals(), "secret": capitals(SECRETS), "loud": computed(str.upper, "key")}
    roots = {"query": a("Query", field=root(SECRETS)), "mutation": a("Mutation", field=root(SIGNED_IN))}
    assert wrongs(graph_of(a("Thing", policy("its owner"), **fields), a("Part", INHERITED, text=None), **roots)) == []


@strawberry.type(directives=[PUBLIC])
class Thing:
    key: str
    word: str = capitals()
    secret: str | None = capitals(SECRETS)


@strawberry.type
class Query:
    @access.field(PUBLIC, "All.")
    async def things(self, info: strawberry.Info, keys: list[str]) -> list[Thing] | None:
        return [Thing(key=key) for key in keys]

    @access.field(SECRETS, "What is not for everybody.")
    async def secrets(self, info: strawberry.Info) -> list[Thing] | None:
        return [Thing(key="s")]


@strawberry.type
class Mutation:
    @access.field(SECRETS, "Changes what is not for everybody.")
    async def change(self, info: strawberry.Info) -> Thing | None:
        return Thing(key="changed")

    @access.field(PUBLIC, "Changes what is for everybody.")
    async def touch(self, info: strawberry.Info) -> Thing | None:
        return Thing(key="touched")


GRAPH = strawberry.Schema(Query, Mutation)._schema
WHOLE = build()._schema
RUNS = [Plans.execute, Plans.judge]


@pytest.fixture(params=RUNS, ids=["planned", "graphql-core"])
def run(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def asked() -> list[Sequence[str]]:
    """The keys of each call for words."""
    return []


async def answer(run: Any, schema: GraphQLSchema, query: str, actor: Actor, asked: list[Sequence[str]]) -> Any:
    """The data, and each error as its code and place."""
    context = Context(actor, {Words: asked}, utc_now)
    result = await run(Plans(schema, parse(query)), context, {}, None)
    context.loaders.close()
    errors = [(error["extensions"]["code"], error["path"]) for error in shown(result.errors or (), "")]
    return result.data, sorted(errors, key=lambda error: str(error[1]))


def who(*scopes: str) -> Actor:
    return Actor(SOMEBODY, frozenset(scopes))


@pytest.mark.parametrize(("actor", "code"), [(ANONYMOUS, "UNAUTHENTICATED"), (who("others"), "FORBIDDEN")])
async def test_refused_fields_are_null_and_their_siblings_arrive(
    run: Any, asked: list[Sequence[str]], actor: Actor, code: str
) -> None:
    query = """{
        before: things(keys: ["a"]) { word }
        secrets { word secret }
        things(keys: ["b", "c"]) { word secret again: secret }
    }"""
    things = [{"word": "B", "secret": None, "again": None}, {"word": "C", "secret": None, "again": None}]
    assert await answer(run, GRAPH, query, actor, asked) == (
        {"before": [{"word": "A"}], "secrets": None, "things": things},
        [
            (code, ["secrets"]),
            *((code, ["things", place, name]) for place in (0, 1) for name in ("again", "secret")),
        ],
    )
    assert {key for keys in asked for key in keys} == {"a", "b", "c"}
    del asked[:]
    secrets_alone = '{ things(keys: ["a", "b"]) { secret } }'
    assert (await answer(run, GRAPH, secrets_alone, actor, asked))[0] == {"things": [{"secret": None}] * 2}
    assert asked == [], "what is refused is not even loaded"


@pytest.mark.parametrize(("actor", "code"), [(ANONYMOUS, "UNAUTHENTICATED"), (who("others"), "FORBIDDEN")])
async def test_a_refused_mutation_is_null_and_those_before_and_after_it_are_done(
    run: Any, asked: list[Sequence[str]], actor: Actor, code: str
) -> None:
    query = "mutation { touch { key } change { key } again: touch { key } }"
    data = {"touch": {"key": "touched"}, "change": None, "again": {"key": "touched"}}
    assert await answer(run, GRAPH, query, actor, asked) == (data, [(code, ["change"])])


@pytest.mark.parametrize("actor", [who("secrets"), who("*")])
async def test_who_holds_the_scope_sees_it(run: Any, asked: list[Sequence[str]], actor: Actor) -> None:
    query = '{ secrets { word } things(keys: ["a"]) { word secret } }'
    data = {"secrets": [{"word": "S"}], "things": [{"word": "A", "secret": "A"}]}
    assert await answer(run, GRAPH, query, actor, asked) == (data, [])


GUARDED = {
    (operation, name): field
    for operation, root_type in (("query", WHOLE.query_type), ("mutation", WHOLE.mutation_type))
    for name, field in (root_type.fields.items() if root_type else ())
    if root_access(field) != PUBLIC
}
"""Each root field of the whole graph that is not for everybody, by its operation and name."""
SCOPES = {guard.scope for field in GUARDED.values() if (guard := root_access(field)) and guard.scope}


@pytest.mark.parametrize(("operation", "name"), GUARDED)
async def test_each_guarded_root_field_refuses_whoever_may_not(run: Any, operation: str, name: str) -> None:
    """Before anything is looked at: there are no sources here to look at."""
    field = GUARDED[operation, name]
    needed = {name: argument.type for name, argument in field.args.items() if is_required_argument(argument)}
    arguments = ", ".join(f"{name}: {literal(type)}" for name, type in needed.items())
    query = f"{operation} {{ __typename {name}{f'({arguments})' if arguments else ''} {{ __typename }} }}"
    assert validate(WHOLE, parse(query)) == []
    data = {"__typename": operation.title(), name: None}
    assert await answer(run, WHOLE, query, ANONYMOUS, []) == (data, [("UNAUTHENTICATED", [name])])
    guard = root_access(field)
    if guard and guard.scope:
        others = who(*(SCOPES - {guard.scope}))
        assert await answer(run, WHOLE, query, others, []) == (data, [("FORBIDDEN", [name])])


def literal(of: Any) -> str:
    """Some value of an input type, as it is written in a document."""
    kind = get_nullable_type(of)
    if is_list_type(kind):
        return f"[{literal(kind.of_type)}]"
    if isinstance(kind, GraphQLEnumType):
        return str(next(iter(kind.values)))
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: field.type for name, field in kind.fields.items() if is_required_input_field(field)}
        return f"{{{', '.join(f'{name}: {literal(type)}' for name, type in needed.items())}}}"
    return LITERALS.get(str(kind), '"x"')


LITERALS = {
    "Int": "1",
    "Boolean": "true",
    "Decimal": '"1"',
    "Date": '"2026-03-01"',
    "DateTime": '"2026-03-01T00:00:00Z"',
}
