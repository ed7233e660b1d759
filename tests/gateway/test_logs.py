"""What is told of each operation: once, whatever became of it."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.gateway.example import Held, Script, example
from tests.gateway.serving import Caller, served, soon
from tests.gateway_client import Gateway


@pytest.fixture
def logged() -> Iterator[list[Any]]:
    with capture_logs() as entries:
        yield entries


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script)) as port:
        yield port


def told(logged: list[Any], *names: str) -> list[tuple[Any, ...]]:
    """These fields of each operation, in order."""
    return [tuple(entry[name] for name in names) for entry in logged if entry["event"] == "operation"]


async def test_an_operation_is_told_with_all_that_operators_ask_for(gateway: Gateway, logged: list[Any]) -> None:
    await gateway.ask("query Names { a { x } }")
    (entry,) = logged
    assert entry.pop("duration_ms") > 0
    assert len(entry.pop("request")) == 32
    assert entry == {
        "event": "operation",
        "log_level": "info",
        "actor": None,
        "kind": "query",
        "operation": "Names",
        "document": "2e026fa1c5195f92f91c74c75be55cf86684abf7dd44a7d902766d8f540e406a",
        "outcome": "ok",
        "codes": [],
        "statements": 0,
        "calls": 0,
        "shared": False,
    }


@pytest.mark.parametrize(
    ("query", "outcome", "codes"),
    [
        ("{ takes }", "ok", []),
        ("{ raisesSync takes a { bad } }", "partial", ["INTERNAL", "INVALID_INPUT"]),
        ("{ nullInstead }", "failed", ["INTERNAL"]),
        ("{ nothing }", "refused", ["GRAPHQL_VALIDATION_FAILED"]),
        ("{", "refused", ["GRAPHQL_PARSE_FAILED"]),
        ("query A { takes } query B { takes }", "refused", ["BAD_USER_INPUT"]),
    ],
)
async def test_the_outcome_says_what_became_of_it(
    gateway: Gateway, logged: list[Any], query: str, outcome: str, codes: list[str]
) -> None:
    await gateway.ask(query)
    assert told(logged, "outcome", "codes") == [(outcome, codes)]


async def test_a_name_that_a_stranger_made_up_is_not_told(gateway: Gateway, logged: list[Any]) -> None:
    await gateway.http.post("/graphql", json={"query": "{ takes }", "operationName": "ada@example.com"})
    await gateway.ask("query " + "x" * 500 + "{ takes }")
    assert told(logged, "operation") == [(None,), ("x" * 100,)]


async def test_a_query_without_its_client_is_cancelled(port: int, script: Script, logged: list[Any]) -> None:
    held = script.work = Held()
    caller = await Caller.asks(port, "{ slow }")
    await soon(held.began)
    await caller.hang_up()
    await soon(held.cancelled)
    assert told(logged, "outcome", "codes") == [("cancelled", [])]


async def test_a_mutation_without_its_client_is_told_by_its_end(script: Script, logged: list[Any]) -> None:
    held = script.work = Held()
    async with served(example(script)) as port:
        caller = await Caller.asks(port, 'mutation Keep { write(word: "kept") }')
        await soon(held.began)
        await caller.hang_up()
        assert told(logged, "outcome") == []
        held.let_go.set()
    assert told(logged, "operation", "outcome") == [("Keep", "ok")]


async def test_those_who_share_an_execution_are_told_apart(gateway: Gateway, script: Script, logged: list[Any]) -> None:
    held = script.work = Held()
    asked = [asyncio.create_task(gateway.ask("{ slow }")) for _ in range(3)]
    await soon(held.began)
    held.let_go.set()
    await asyncio.gather(*asked)
    assert sorted(told(logged, "shared", "outcome")) == [(False, "ok"), (True, "ok"), (True, "ok")]
    assert len(set(told(logged, "request"))) == 3


@pytest.mark.parametrize("given", ["7f3c", "req_01J:a.b=c-d", "x" * 64])
async def test_a_request_is_called_as_its_caller_calls_it(gateway: Gateway, logged: list[Any], given: str) -> None:
    response = await gateway.http.post("/graphql", json={"query": "{ raisesSync }"}, headers={"X-Request-ID": given})
    assert response.headers["X-Request-ID"] == given
    assert response.json()["errors"][0]["extensions"]["requestId"] == given
    assert {entry["request"] for entry in logged} == {given}


@pytest.mark.parametrize("given", ["", " ", "x" * 65, "a b", "ada@example.com", "ä", "a\tb"])
async def test_a_request_id_that_is_none_is_replaced(gateway: Gateway, logged: list[Any], given: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"x-request-id", given.encode())]
    response = await gateway.http.post("/graphql", content=b"{", headers=headers)
    made = response.headers["X-Request-ID"]
    assert response.status_code == 400
    assert len(made) == 32
    assert [(entry["event"], entry["code"], entry["request"]) for entry in logged] == [
        ("request refused", "BAD_REQUEST", made)
    ]
