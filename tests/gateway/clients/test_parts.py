"""Apollo Client, in both of its forms, and urql, over multipart and events: what they begin and end with."""

from typing import Any

import pytest

from tests.gateway.clients.node import needs_node, told
from tests.gateway.example import SECRET

pytestmark = needs_node

CLIENTS = {
    "Apollo Client": ("apollo.mjs", {"incremental": "incrementalSpec=v0.2"}),
    "Apollo Client, as before": ("apollo.mjs", {"incremental": "deferSpec=20220824"}),
    "urql": ("urql.mjs", {}),
    "urql over multipart": ("urql.mjs", {"accept": "multipart/mixed"}),
    "urql over events": ("urql.mjs", {"accept": "text/event-stream"}),
}
every_client = pytest.mark.parametrize(("program", "how"), CLIENTS.values(), ids=CLIENTS.keys())


async def results(url: str, program: str, how: dict[str, str], query: str, **variables: Any) -> list[Any]:
    """What the client gave, of which only the last is said to be complete; without the type names that Apollo adds."""
    given = await told(program, url=url, query=query, variables=variables, **how)
    assert [result.pop("complete") for result in given] == [False] * (len(given) - 1) + [True]
    return [_without_type_names(result) for result in given]


def _without_type_names(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_type_names(one) for one in value]
    if isinstance(value, dict):
        return {name: _without_type_names(one) for name, one in value.items() if name != "__typename"}
    return value


@every_client
async def test_fragments_and_lists(url: str, program: str, how: dict[str, str]) -> None:
    query = """
    query Late($keys: [String!]!) {
      pairs(keys: $keys) @stream(initialCount: 1) { key ... @defer { x } }
      takes
      ...Twin @defer(label: "twin")
    }
    fragment Twin on Query { a { twin { key ... @defer(label: "inner") { x } } } }
    """
    first, *_, last = await results(url, program, how, query, keys=["a", "b", "c"])
    assert first == {"data": {"pairs": [{"key": "a"}], "takes": 0}, "errors": []}
    pairs = [{"key": "a", "x": "A"}, {"key": "b", "x": "B"}, {"key": "c", "x": "C"}]
    assert last == {"data": {"pairs": pairs, "takes": 0, "a": {"twin": {"key": "xx", "x": "XX"}}}, "errors": []}


@every_client
async def test_errors_in_late_parts(url: str, program: str, how: dict[str, str]) -> None:
    query = """
    query Late($keys: [String!]!) {
      pairs(keys: $keys) @stream(initialCount: 1) { key twin { bad } }
      ... @defer { raisesAsync a { x } }
      b { key ... @defer { bad } }
    }
    """
    *_, last = await results(url, program, how, query, keys=["a", "b"])
    assert last["data"] == {
        "pairs": [{"key": "a", "twin": None}, {"key": "b", "twin": None}],
        "raisesAsync": None,
        "a": {"x": "X"},
        "b": {"key": "x"},
    }
    assert sorted((error["path"], error["message"][:12]) for error in last["errors"]) == [
        (["b", "bad"], "This is bad."),
        (["pairs", 0, "twin", "bad"], "This is bad."),
        (["pairs", 1, "twin", "bad"], "This is bad."),
        (["raisesAsync"], "Something we"),
    ]
    assert SECRET not in str(last)


@every_client
async def test_a_stream_that_fails_leaves_what_came(url: str, program: str, how: dict[str, str]) -> None:
    query = "query Late($keys: [String!]!) { surePairs(keys: $keys) @stream(initialCount: 1) { key x } }"
    *_, last = await results(url, program, how, query, keys=["a", "b", "boom"])
    assert last["data"] == {"surePairs": [{"key": "a", "x": "A"}]}
    assert [error["path"] for error in last["errors"]] == [["surePairs", 1, "x"]]


@every_client
async def test_where_nothing_is_late(url: str, program: str, how: dict[str, str]) -> None:
    query = "query Late($late: Boolean!) { a { key ... @defer(if: $late) { x } } }"
    assert await results(url, program, how, query, late=False) == [
        {"data": {"a": {"key": "x", "x": "X"}}, "errors": []}
    ]


@every_client
async def test_plain_queries_and_mistakes(url: str, program: str, how: dict[str, str]) -> None:
    assert await results(url, program, how, "query Plain { takes }") == [{"data": {"takes": 0}, "errors": []}]
    (answer,) = await results(url, program, how, "query Wrong { nothing ... @defer { takes } }")
    assert [error["message"] for error in answer["errors"]] == ["Cannot query field 'nothing' on type 'Query'."]
