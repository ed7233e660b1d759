"""How an operation runs: documents read once, contexts fresh, faults masked, time kept."""

import asyncio
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from structlog.testing import capture_logs

import gateway.documents as gateway_documents
import gateway.execution as gateway_execution
from datasources.actor import ANONYMOUS, Actor
from datasources.errors import SourceTimeout
from datasources.sql import Database
from tests.databases.tables import endless
from tests.gateway.example import SECRET, TOKENS, Held, Script, example
from tests.gateway.serving import PATIENCE_S, soon
from tests.gateway_client import Gateway
from tests.logs import faults


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """How often graphql-core parsed and validated."""
    counts = {"parsed": 0, "validate": 0}

    def counting(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            counts[name] += 1
            return real(*args, **kwargs)

        return call

    for name in counts:
        monkeypatch.setattr(gateway_documents, name, counting(name, getattr(gateway_documents, name)))
    return counts


async def test_a_document_is_parsed_and_validated_once(gateway: Gateway, counted: dict[str, int]) -> None:
    query = "query ($number: Int!) { takes(number: $number) }"
    for number in range(5):
        assert await gateway.data(query, {"number": number}) == {"takes": number}
    assert counted == {"parsed": 1, "validate": 1}
    assert await gateway.data("{ takes }") == {"takes": 0}
    assert counted == {"parsed": 2, "validate": 2}


async def test_wrong_documents_are_remembered_too(gateway: Gateway, counted: dict[str, int]) -> None:
    for _ in range(3):
        assert await gateway.refused("{ nothing }") == ["GRAPHQL_VALIDATION_FAILED"]
        assert await gateway.refused("{ takes") == ["GRAPHQL_PARSE_FAILED"]
    assert counted == {"parsed": 2, "validate": 1}


async def test_few_long_documents_are_remembered(gateway: Gateway, counted: dict[str, int]) -> None:
    """So that strangers cannot fill the memory with them."""
    long = ["{ takes } #" + str(number) * 10_000 for number in range(10)]
    for query in (*long, long[-1], long[0]):
        assert await gateway.data(query) == {"takes": 0}
    assert counted["parsed"] == 11


async def test_each_operation_has_a_context_of_its_own(gateway: Gateway, script: Script) -> None:
    for _ in range(2):
        await gateway.data("{ a { x } b { x } }")
    first, second = script.contexts
    assert first is not second
    assert first.loaders is not second.loaders
    assert script.batches == [["x"], ["x"]], "once in an operation, and again in the next"


async def test_a_cancelled_sibling_does_not_take_a_shared_key_with_it(gateway: Gateway, script: Script) -> None:
    """FACTS, trap 1: `a` fails and cancels its `x`, whose loader's future `b` awaits too."""
    answer = await gateway.ask("{ a { bad x } b { x } }")
    assert answer["data"] == {"a": None, "b": {"x": "X"}}
    assert [error["path"] for error in answer["errors"]] == [["a", "bad"]]
    assert script.batches == [["x"]]


@pytest.mark.parametrize(
    ("query", "data"),
    [
        ("{ raisesAsync takes }", {"raisesAsync": None, "takes": 0}),
        ("{ raisesSync takes }", {"raisesSync": None, "takes": 0}),
        ("{ brokenScalar takes }", {"brokenScalar": None, "takes": 0}),
        ("{ brokenEnum takes }", {"brokenEnum": None, "takes": 0}),
        ('{ takes pairs(keys: ["boom"]) { x } }', {"takes": 0, "pairs": [None]}),
        ("{ nullInstead takes }", None),
    ],
)
async def test_bugs_are_masked_and_logged_once(gateway: Gateway, query: str, data: Any) -> None:
    with capture_logs() as logged:
        answer = await gateway.ask(query)
    (error,) = answer["errors"]
    request_id = error["extensions"]["requestId"]
    assert answer["data"] == data
    assert error["message"] == f"Something went wrong on our side; tell us the request id {request_id}."
    assert error["extensions"] == {"code": "INTERNAL", "requestId": request_id}
    assert SECRET not in str(answer)
    assert [(entry["event"], entry["request"]) for entry in faults(logged)] == [("bug", request_id)]


async def test_a_bug_in_reading_a_scalar_is_masked(gateway: Gateway) -> None:
    with capture_logs() as logged:
        answers = [
            await gateway.ask('{ takes(broken: "x") }'),
            await gateway.ask("query ($x: Broken) { takes(broken: $x) }", {"x": "x"}),
        ]
    assert [error["extensions"]["code"] for answer in answers for error in answer["errors"]] == ["INTERNAL"] * 2
    assert SECRET not in str(answers)
    assert [entry["event"] for entry in faults(logged)] == ["bug", "bug"]


async def test_a_fault_that_takes_many_fields_is_logged_once(gateway: Gateway) -> None:
    with capture_logs() as logged:
        answer = await gateway.ask('{ pairs(keys: ["boom", "a", "b", "c"]) { x } }')
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"] * 4
    assert len(faults(logged)) == 1


async def test_wrong_variables_are_the_callers_fault(gateway: Gateway) -> None:
    query = "query ($number: Int!) { takes(number: $number) }"
    for variables in ({}, {"number": "x"}, {"number": 2**40}, {"number": None}, {"number": float(10**300)}):
        answer = await gateway.ask(query, variables)
        assert "data" not in answer
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_slow_source_leaves_a_hole_and_the_rest_arrives(script: Script, database: Database) -> None:
    async def work() -> None:
        await database.rows(endless(database))

    script.work = work
    async with Gateway(example(script, operation_timeout_s=0.2), TOKENS).http as http:
        response = await http.post("/graphql", json={"query": "{ slow a { x } }"})
    assert response.json() == {
        "data": {"slow": None, "a": {"x": "X"}},
        "errors": [
            {
                "message": SourceTimeout("notes").args[0],
                "locations": [{"line": 1, "column": 3}],
                "path": ["slow"],
                "extensions": {"code": "SOURCE_TIMEOUT", "service": "notes"},
            }
        ],
    }


async def test_what_ignores_the_deadline_is_stopped_as_a_whole(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_execution, "GRACE_S", 0.05)
    held = script.work = Held()
    async with Gateway(example(script, operation_timeout_s=0.05), TOKENS).http as http:
        response = await http.post("/graphql", json={"query": "{ slow a { x } }"})
    answer = response.json()
    assert answer["data"] is None
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["OPERATION_TIMEOUT"]
    assert held.cancelled.is_set()


async def test_what_is_shared_stays_with_its_actor(gateway: Gateway, script: Script) -> None:
    """Nobody gets what was executed for another, nor for the same person with other rights."""
    ada, bo = UUID(int=1), UUID(int=2)
    actors = [ANONYMOUS, Actor(ada), Actor(bo), Actor(ada, frozenset({"orders:read"}))]
    all_at_once = asyncio.Barrier(len(actors))
    script.work = all_at_once.wait
    async with asyncio.timeout(PATIENCE_S):
        answers = await asyncio.gather(*(gateway.data("{ slow }", as_=actor) for actor in actors))
    assert answers == [{"slow": "done"}] * len(actors)
    assert {context.actor for context in script.contexts} == {*actors}


@pytest.mark.parametrize(
    "query",
    [
        "{ own }",
        "{ die { eyes } }",
        "{ takes ...F } fragment F on Query { die { n: eyes } }",
        "{ die { __typename eyes } }",
    ],
)
async def test_what_is_declared_so_is_executed_for_each_who_asks(gateway: Gateway, script: Script, query: str) -> None:
    """The one waits for the other: an execution that both shared would wait for itself."""
    both = asyncio.Barrier(2)
    script.work = both.wait
    async with asyncio.timeout(PATIENCE_S):
        first, second = await asyncio.gather(*(gateway.data(query, as_=Actor(UUID(int=1))) for _ in range(2)))
    assert first == second
    assert len(script.contexts) == 2


@pytest.mark.parametrize("query", ["{ slow }", "{ slow own @skip(if: true) }", "{ slow die { __typename } }"])
async def test_all_else_is_executed_once_for_those_who_ask_together(
    gateway: Gateway, script: Script, query: str
) -> None:
    held = script.work = Held()
    asking = [asyncio.create_task(gateway.data(query, as_=Actor(UUID(int=1)))) for _ in range(2)]
    await soon(held.began)
    held.let_go.set()
    first, second = await asyncio.gather(*asking)
    assert first == second
    assert len(script.contexts) == 1
