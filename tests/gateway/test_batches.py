"""Several requests in one: answered in their order, each apart from the others, and never too many."""

import asyncio
import json
from typing import Any

import httpx
import pytest
from starlette.types import Receive, Scope, Send

from tests.gateway.example import Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway_client import Gateway

TAKES = "query ($n: Int!) { takes(number: $n) }"


def takes(number: int) -> dict[str, Any]:
    return {"query": TAKES, "variables": {"n": number}}


def writes(word: str) -> dict[str, Any]:
    return {"query": "mutation ($word: String!) { write(word: $word) }", "variables": {"word": word}}


async def post(gateway: Gateway, *requests: Any, **headers: str) -> httpx.Response:
    return await gateway.http.post("/graphql", json=list(requests), headers=headers)


async def test_answers_come_in_the_order_of_the_requests(gateway: Gateway) -> None:
    response = await post(gateway, *(takes(number) for number in range(10)))
    assert response.json() == [{"data": {"takes": number}} for number in range(10)]


@pytest.mark.parametrize("media_type", ["application/json", "application/graphql-response+json"])
async def test_what_is_wrong_with_one_concerns_no_other(gateway: Gateway, media_type: str) -> None:
    response = await post(
        gateway,
        takes(1),
        {"query": "{"},
        {"query": "{ nothing }"},
        {"qeury": "{ takes }"},
        {"query": TAKES, "variables": []},
        {"query": "{ raisesAsync }"},
        {"query": "{ nullInstead }"},
        takes(2),
        Accept=media_type,
    )
    assert (response.status_code, response.headers["content-type"]) == (200, f"{media_type}; charset=utf-8")
    first, *wrong, last = response.json()
    assert (first, last) == ({"data": {"takes": 1}}, {"data": {"takes": 2}})
    assert [[error["extensions"]["code"] for error in answer["errors"]] for answer in wrong] == [
        ["GRAPHQL_PARSE_FAILED"],
        ["GRAPHQL_VALIDATION_FAILED"],
        ["BAD_REQUEST"],
        ["BAD_REQUEST"],
        ["INTERNAL"],
        ["INTERNAL"],
    ]
    assert ["data" in answer for answer in wrong] == [False, False, False, False, True, True]


@pytest.mark.parametrize(
    ("requests", "said"),
    [
        ([], "A batch has 1 to 10 requests, and this one 0; send it in parts."),
        ([takes(1)] * 11, "A batch has 1 to 10 requests, and this one 11; send it in parts."),
        ([takes(1), [takes(2)]], 'A batch is an array of GraphQL requests: [{"query": "…"}, {"query": "…"}].'),
        ([None], 'A batch is an array of GraphQL requests: [{"query": "…"}, {"query": "…"}].'),
        (["{ takes }"], 'A batch is an array of GraphQL requests: [{"query": "…"}, {"query": "…"}].'),
    ],
    ids=["empty", "too long", "nested", "null", "a string"],
)
async def test_what_is_no_batch_is_told_so_as_a_whole(
    gateway: Gateway, script: Script, requests: list[Any], said: str
) -> None:
    response = await post(gateway, *requests)
    assert response.status_code == 400
    assert response.json() == {"errors": [{"message": said, "extensions": {"code": "BAD_REQUEST"}}]}
    assert script.contexts == []


async def test_queries_run_together(gateway: Gateway, script: Script) -> None:
    """Each waits until the other has begun."""
    both = asyncio.Barrier(2)
    script.work = both.wait
    response = await post(gateway, {"query": "{ x: slow }"}, {"query": "{ no"}, {"query": "{ y: slow }"})
    assert [answer.get("data") for answer in response.json()] == [{"x": "done"}, None, {"y": "done"}]


async def test_mutations_run_one_after_the_other_and_what_comes_later_sees_them(
    gateway: Gateway, script: Script
) -> None:
    seen: list[list[str]] = []

    async def work() -> None:
        begun = list(script.written)
        for _ in range(10):  # turns of the loop, in which others could run
            await asyncio.sleep(0)
        assert script.written == begun
        seen.append(begun)

    script.work = work
    response = await post(gateway, {"query": "{ slow }"}, writes("a"), writes("b"), {"query": "{ slow }"}, writes("c"))
    assert [next(iter(answer["data"].values())) for answer in response.json()] == ["done", "a", "b", "done", "c"]
    assert seen == [[], [], ["a"], ["a", "b"], ["a", "b"]]


async def test_each_counts_as_one_operation(gateway: Gateway, script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.limits.admission.MAX_OPERATIONS", 2)
    begun, let_go = [], asyncio.Event()

    async def until_two_run() -> None:
        begun.append(True)
        if len(begun) == 2:
            asyncio.get_running_loop().call_soon(let_go.set)  # when the third was looked at
        await let_go.wait()

    script.work = until_two_run
    response = await post(gateway, *({"query": f"{{ {name}: slow }}"} for name in "xyz"))
    assert [answer.get("data") for answer in response.json()] == [{"x": "done"}, {"y": "done"}, None]
    (error,) = response.json()[2]["errors"]
    assert error["extensions"]["code"] == "TOO_MANY_OPERATIONS"


async def test_a_batch_ends_with_its_client_but_for_the_mutation_that_began(script: Script) -> None:
    held = script.work = Held()
    app, ended = example(script), asyncio.Event()

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        await app(scope, receive, send)
        if scope["type"] == "http":
            ended.set()

    async with served(watched) as port:
        caller = await Caller.sends(port, json.dumps([writes("kept"), writes("never")]))
        await soon(held.began)
        await caller.hang_up()
        await soon(ended)
        held.let_go.set()
    assert script.written == ["kept"]


async def test_batches_come_by_post_alone(gateway: Gateway) -> None:
    response = await gateway.http.get("/graphql", params={"query": json.dumps([takes(1)])})
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["GRAPHQL_PARSE_FAILED"]
