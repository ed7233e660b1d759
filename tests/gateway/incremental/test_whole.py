"""Clients that take no answers in parts: `@defer` and `@stream` are hints, and the answer is whole."""

import json

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from tests.gateway.example import Script
from tests.gateway_client import Gateway

HINTED = """
query ($keys: [String!]!, $late: Boolean! = true) {
  pairs(keys: $keys) @stream(initialCount: 1, if: $late) { key ... @defer(label: "rest", if: $late) { x } }
  ... Late @defer
}
fragment Late on Query { a { ... @defer { x } } }
"""


async def test_what_could_be_late_comes_with_the_rest(gateway: Gateway, script: Script) -> None:
    pairs = [{"key": "a", "x": "A"}, {"key": "b", "x": "B"}]
    assert await gateway.data(HINTED, {"keys": ["a", "b"]}) == {"pairs": pairs, "a": {"x": "X"}}
    assert script.batches == [["a", "b", "x"]]


async def test_over_a_socket_answers_are_whole(port: int) -> None:
    protocol = [Subprotocol("graphql-transport-ws")]
    payload = {"query": HINTED, "variables": {"keys": ["a"]}}
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, proxy=None) as client:
        for message in ({"type": "connection_init"}, {"type": "subscribe", "id": "1", "payload": payload}):
            await client.send(json.dumps(message))
        said = [json.loads(await client.recv()) for _ in range(3)]
    answer = {"data": {"pairs": [{"key": "a", "x": "A"}], "a": {"x": "X"}}}
    assert said == [
        {"type": "connection_ack"},
        {"id": "1", "type": "next", "payload": answer},
        {"id": "1", "type": "complete"},
    ]


async def test_each_answer_of_a_batch_is_whole(gateway: Gateway) -> None:
    requests = [{"query": HINTED, "variables": {"keys": []}}, {"query": "{ takes }"}]
    response = await gateway.http.post("/graphql", json=requests, headers={"Accept": "text/event-stream, */*"})
    assert response.json() == [{"data": {"pairs": [], "a": {"x": "X"}}}, {"data": {"takes": 0}}]


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ takes @stream }", "Stream directive cannot be used on non-list field 'takes' on type 'Query'."),
        ("{ takes @defer }", "Directive '@defer' may not be used on field."),
        (
            "query ($x: String) { ... @defer(label: $x) { takes } }",
            "Defer directive label argument must be a static string.",
        ),
        (
            'mutation { ... @defer { write(word: "x") } }',
            "Defer directive cannot be used on root mutation type 'Mutation'.",
        ),
    ],
)
async def test_hints_in_wrong_places_are_refused(gateway: Gateway, query: str, message: str) -> None:
    answer = await gateway.ask(query)
    assert [(error["message"], error["extensions"]["code"]) for error in answer["errors"]] == [
        (message, "GRAPHQL_VALIDATION_FAILED")
    ]
