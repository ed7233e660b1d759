"""Every query that stands in this repository, asked of the sample shop: its plan answers as graphql-core does."""

import ast
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import orjson
from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    get_operation_ast,
    parse,
    print_ast,
    validate,
)

from datasources.actor import ANONYMOUS, Actor
from datasources.commerce.sample.fill import fill
from datasources.commerce.stores import Commerce
from datasources.sandbox.process import Sandbox
from gateway.execution import Executor
from gateway.request import Caller, GraphQLRequest
from house import House
from schema.graph import build
from tests.commerce.shop import Shop

CHOICES = 24
ROOT = Path(__file__).parents[2]
SOME = "{ products(first: 2) { nodes { id } } customers(first: 2) { nodes { id orders(first: 1) { nodes { id } } } } }"


def queries(schema: GraphQLSchema) -> Iterator[tuple[str, OperationDefinitionNode]]:
    """The queries of this graph in any string of the code; many are in the tests."""
    seen: set[str] = set()
    for path in sorted(ROOT.glob("[a-z]*/**/*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value not in seen:
                seen.add(node.value)
                document = _parsed(node.value)
                operation = get_operation_ast(document) if document else None
                is_query = operation is not None and operation.operation is OperationType.QUERY
                if document and operation and is_query and not validate(schema, document):
                    yield node.value, operation


def _parsed(text: str) -> DocumentNode | None:
    try:
        return parse(text) if "{" in text else None
    except GraphQLError:
        return None


def variables_of(operation: OperationDefinitionNode, ids: list[str]) -> Iterator[dict[str, Any]]:
    """Values for the variables, several where there is a choice; none where a type is not foreseen."""
    known: dict[str, list[Any]] = {
        "ID!": ids, "[ID!]!": [ids], "Int!": [3], "Int": [3, None], "String!": ["a"], "String": [None, "a"],
        "Boolean!": [True, False], "ID": [None, *ids],
    }  # fmt: skip
    asked = operation.variable_definitions or ()
    choices = list(product(*(known.get(print_ast(definition.type), []) for definition in asked)))
    for values in Random(1).sample(choices, min(len(choices), CHOICES)):
        yield {definition.variable.name.value: value for definition, value in zip(asked, values, strict=True)}


async def test_plans_answer_as_graphql_core_does(house: House, shop: Shop, sandbox: Sandbox) -> None:
    await fill(house.sources[Commerce], scale=0.003, sandbox_url=sandbox.url)
    schema = build()._schema
    planned, judged = (Executor(schema, house.open_context, 60, planned=planned) for planned in (True, False))
    some = (await planned.execute(GraphQLRequest(SOME), Caller(shop.staff("*")))).data
    assert some
    customers = some["customers"]["nodes"]
    orders = [order for customer in customers for order in customer["orders"]["nodes"]]
    ids = [node["id"] for node in [*some["products"]["nodes"], *customers, *orders]]
    asked: set[str] = set()
    for query, operation in queries(schema):
        for variables in variables_of(operation, ids):
            for actor in (shop.staff("*"), ANONYMOUS):
                asked.add(query)
                await _both(planned, judged, GraphQLRequest(query, variables), actor)
    assert len(asked) > 40
    assert set(planned.documents.fallbacks) <= {"introspection"}


async def _both(planned: Executor, judged: Executor, request: GraphQLRequest, actor: Actor) -> None:
    ours = await planned.execute(request, Caller(actor, "id"))
    theirs = await judged.execute(request, Caller(actor, "id"))
    assert orjson.loads(ours.json) == orjson.loads(theirs.json), request
    assert {call.name for call in ours.calls} == {call.name for call in theirs.calls}, request
