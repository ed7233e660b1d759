"""A walk over the whole graph: every part of it keeps the rules of the house; who may see it, test_access.py says."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLNonNull,
    GraphQLObjectType,
    get_named_type,
    is_specified_scalar_type,
)

from datasources.errors import InvalidInput, KeyReused, NotFound, Refusal
from loaders.batch import Batch, LoaderSet, page_by
from schema.fields import Edge
from schema.graph import DOMAINS, build
from schema.node import Node
from schema.problems import Problem

SCHEMA = build()._schema
ROOTS = ("Query", "Mutation", "Subscription")
SDL = Path(__file__).parents[2] / "schema" / "schema.graphql"
SELF_EVIDENT = {"id", "ids", "first", "after"}


def objects() -> dict[str, GraphQLObjectType]:
    return {
        name: type
        for name, type in SCHEMA.type_map.items()
        if isinstance(type, GraphQLObjectType) and not name.startswith("__")
    }


def fields() -> Iterator[tuple[str, Any, Any]]:
    """Every field of every object: its coordinate, as graphql-core knows it and as Strawberry declared it."""
    for name, type in objects().items():
        for field_name, field in type.fields.items():
            yield f"{name}.{field_name}", field, field.extensions["strawberry-definition"]


def edges() -> Iterator[tuple[str, Any, Edge]]:
    for coordinate, field, declared in fields():
        edge = declared.metadata.get("declared")
        if isinstance(edge, Edge):
            yield coordinate, field, edge


def root_fields() -> list[tuple[str, Any, Any]]:
    return [found for found in fields() if found[0].partition(".")[0] in ROOTS]


def batches() -> set[Batch]:
    declared = {
        value for kind in LoaderSet.__subclasses__() for value in vars(kind).values() if isinstance(value, Batch)
    }
    return declared | {batch.count for batch in declared if isinstance(batch, page_by)}


def refusals() -> set[type[Refusal]]:
    """Those of the domains."""

    def below(kind: type[Refusal]) -> Iterator[type[Refusal]]:
        for refusal in kind.__subclasses__():
            yield refusal
            yield from below(refusal)

    domains = tuple(f"datasources.{domain.name}." for domain in DOMAINS)
    return {kind for kind in below(Refusal) if kind.__module__.startswith(domains)}


def test_the_walk_sees_the_graph() -> None:
    assert {"Query.node", "Query.products"} <= {coordinate for coordinate, _, _ in root_fields()}
    assert "Product.category" in [coordinate for coordinate, _, _ in edges()]


def test_every_edge_to_a_service_is_nullable() -> None:
    remote = [(coordinate, field) for coordinate, field, edge in edges() if edge.batch.remote]
    assert remote != []
    assert [coordinate for coordinate, field in remote if isinstance(field.type, GraphQLNonNull)] == []


def test_every_edge_loads_by_a_batch_of_a_loader_set() -> None:
    assert [coordinate for coordinate, _, edge in edges() if edge.batch not in batches()] == []


def test_every_type_with_an_id_has_a_batch_that_finds_it() -> None:
    implementing = SCHEMA.get_implementations(_interface("Node")).objects
    assert {type.name for type in implementing} == {kind.__name__ for kind in Node.__subclasses__()}
    assert [kind.__name__ for kind in Node.__subclasses__() if kind.batch not in batches()] == []


def test_every_mutation_answers_with_a_payload() -> None:
    """Its result and its problem, both nullable: one of them is set."""
    for coordinate, field, _ in root_fields():
        if coordinate.startswith("Mutation."):
            assert field.type.name.endswith("Payload"), coordinate
            assert [name for name, part in field.type.fields.items() if isinstance(part.type, GraphQLNonNull)] == []
            assert str(field.type.fields["problem"].type) == "Problem", coordinate


def test_every_mutation_takes_one_input_and_says_its_problems() -> None:
    """An input of its own, if any, and the codes of refusals that there are."""
    of_the_house: set[type[Refusal]] = {InvalidInput, NotFound, KeyReused}
    codes = {kind.code for kind in of_the_house | refusals()}
    for coordinate, field, _ in root_fields():
        if coordinate.startswith("Mutation."):
            assert list(field.args) in ([], ["input"]), coordinate
            said = re.search(r"\. Problems: ([A-Z_, ]+)\.$", field.description)
            assert said, coordinate
            assert set(said[1].split(", ")) <= codes, coordinate
            takes_key = field.args and "idempotencyKey" in get_named_type(field.args["input"].type).fields
            assert bool(takes_key) == (KeyReused.code in said[1]), coordinate


def test_what_needs_words_has_them() -> None:
    """Types and root fields; and descriptions are sentences."""
    types = [type for name, type in SCHEMA.type_map.items() if not name.startswith("__") and name not in ROOTS]
    assert [type.name for type in types if not type.description] == []
    assert [coordinate for coordinate, field, _ in root_fields() if not field.description] == []
    assert [c for c, field, _ in fields() if field.description and not re.search(r"[.…]$", field.description)] == []


def test_every_argument_is_told_about() -> None:
    """By its own description, by that of its type, or in its field's; `categoryId` as "category"."""
    untold = [
        f"{coordinate}({name}:)"
        for coordinate, field, _ in fields()
        for name, argument in field.args.items()
        if name not in SELF_EVIDENT
        and is_specified_scalar_type(get_named_type(argument.type))
        and not argument.description
        and re.split("(?=[A-Z])", name)[0] not in (field.description or "")
    ]
    assert untold == []


def test_every_refusal_with_data_of_its_own_has_a_problem_type() -> None:
    """The others are told by `RefusedProblem`, whose code and message say it all."""
    told = {problem.refusal for problem in Problem.__subclasses__()}
    with_data = {kind for kind in refusals() if list(inspect.signature(kind).parameters) not in ([], ["message"])}
    assert with_data - told == set()
    in_graph = {type.name for type in SCHEMA.get_implementations(_interface("Problem")).objects}
    assert in_graph == {problem.__name__ for problem in Problem.__subclasses__()}


def test_every_code_is_of_its_domain_and_of_one_refusal() -> None:
    codes = [(kind.code, kind.__module__.split(".")[1].upper()) for kind in refusals()]
    assert [code for code, domain in codes if not code.startswith(f"{domain}_")] == []
    assert len({code for code, _ in codes}) == len(codes)


def test_the_committed_schema_is_this_one() -> None:
    assert SDL.read_text().strip() == build().as_str().strip(), "run: uv run server.py schema > schema/schema.graphql"


def test_the_schema_prints_the_same_every_time() -> None:
    assert build.__wrapped__().as_str() == build().as_str()


def test_a_house_without_domains_has_a_graph() -> None:
    bare = build(())._schema
    assert bare.query_type is not None
    assert list(bare.query_type.fields) == ["node", "nodes"]
    assert bare.mutation_type is None
    assert len(DOMAINS) > 0


def _interface(name: str) -> GraphQLInterfaceType:
    interface = SCHEMA.type_map[name]
    assert isinstance(interface, GraphQLInterfaceType)
    return interface
