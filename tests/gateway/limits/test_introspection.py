"""Who may look at the schema: everybody in development; in production nobody, unless its operator says so."""

from typing import Any

import pytest
from graphql import get_introspection_query

from gateway.limits import Limits
from tests.gateway.example import TOKENS, Script, example
from tests.gateway_client import Gateway

HIDDEN = Limits(introspection=False)
NESTED = "fields { type { fields { type { fields { name } } } } }"


async def test_tools_can_read_the_schema(gateway: Gateway) -> None:
    data = await gateway.data(get_introspection_query(input_value_deprecation=True))
    assert "Pair" in {type["name"] for type in data["__schema"]["types"]}


@pytest.mark.parametrize("query", ["{ __schema { queryType { name } } }", '{ __type(name: "Pair") { name } }'])
async def test_it_can_be_turned_off(script: Script, query: str) -> None:
    async with (gateway := Gateway(example(script, limits=HIDDEN), TOKENS)).http:
        assert set(await gateway.refused(query)) == {"GRAPHQL_VALIDATION_FAILED"}
        assert await gateway.data("{ __typename a { __typename } }") == {
            "__typename": "Query",
            "a": {"__typename": "Pair"},
        }
    assert len(script.contexts) == 1


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ takez }", {}),
        ("{ takes(numbr: 1) }", {}),
        ("{ a { ... on Par { key } } }", {}),
        ("{ paint(colour: RDE) }", {}),
        ("query ($colour: Colour!) { paint(colour: $colour) }", {"colour": "RDE"}),
    ],
    ids=["field", "argument", "type", "value", "variable"],
)
async def test_then_names_that_are_close_to_a_wrong_one_are_not_told(
    gateway: Gateway, script: Script, query: str, variables: dict[str, Any]
) -> None:
    told = (await gateway.ask(query, variables))["errors"][0]["message"]
    async with (hiding := Gateway(example(script, limits=HIDDEN), TOKENS)).http:
        untold = (await hiding.ask(query, variables))["errors"][0]["message"]
    assert "Did you mean" in told
    assert untold == told.partition(" Did you mean")[0]


async def test_the_schema_cannot_be_asked_for_without_end(gateway: Gateway) -> None:
    answer = await gateway.ask(f"{{ __schema {{ types {{ ...F }} }} }} fragment F on __Type {{ {NESTED} }}")
    (error,) = answer["errors"]
    assert error["message"] == "Maximum introspection depth exceeded"


@pytest.mark.parametrize(
    "query",
    [
        "{ " + " ".join(f"a{number}: __schema {{ types {{ fields {{ name }} }} }}" for number in range(25)) + " }",
        "{ __schema { " + " ".join(f"a{number}: types {{ fields {{ name }} }}" for number in range(25)) + " } }",
    ],
    ids=["many times", "many times at once"],
)
async def test_nor_can_it_be_asked_for_again_and_again(gateway: Gateway, script: Script, query: str) -> None:
    """It is answered without a pause."""
    (error,) = (await gateway.ask(query))["errors"]
    assert error["extensions"]["code"] == "COST_EXCEEDED"
    assert error["message"].endswith(", and 25,000 is allowed; most of it is `__schema`: ask for fewer there.")
    assert script.contexts == []


async def test_what_the_schema_costs_is_not_given_back(gateway: Gateway) -> None:
    request = {"query": get_introspection_query(), "extensions": {"cost": True}}
    cost = (await gateway.http.post("/graphql", json=request)).json()["extensions"]["cost"]
    assert 10_000 < cost["estimated"] < cost["actual"] < 15_000
