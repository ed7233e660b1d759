"""`extensions.plan`: what the sources were asked for one answer, told to whoever asked for it."""

import asyncio
import json as plain
from collections.abc import AsyncIterator
from typing import Any

import pytest
import sqlalchemy as sa

from datasources.errors import SourceUnavailable
from datasources.rest import RestService
from datasources.sql import Database
from tests.gateway.example import TOKENS, Held, Script, example
from tests.gateway.serving import served, soon
from tests.gateway.test_leaving import socket
from tests.gateway_client import Gateway
from tests.rest.outside import Outside, json

PLAN = {"plan": True}


@pytest.fixture
async def explaining(script: Script) -> AsyncIterator[Gateway]:
    gateway = Gateway(example(script, explains=True), TOKENS)
    async with gateway.http:
        yield gateway


async def ask(gateway: Gateway, query: str, extensions: Any) -> Any:
    response = await gateway.http.post("/graphql", json={"query": query, "extensions": extensions})
    return response.json()


async def test_each_statement_and_call_is_told(explaining: Gateway, script: Script, database: Database) -> None:
    async with Outside().running() as outside:
        outside.says(json({}, 503), json([1, 2, 3]), json({}, 404))
        service = RestService("weather", outside.url)

        async def work() -> None:
            await database.rows(sa.select(sa.literal(1)))
            await service.get("/days/{}", "monday", answer=list, cache_s=60)
            await service.get("/days/{}", "monday", answer=list)
            with pytest.raises(SourceUnavailable):
                await service.get("/{}", "x", answer=int)

        outside.says(json({}, 503), json([1, 2, 3]), json("no number"))
        script.work = work
        answer = await ask(explaining, "{ slow }", PLAN)
        await service.close()
    plan = answer["extensions"]["plan"]
    assert answer["data"] == {"slow": "done"}
    assert (plan["statements"], plan["calls"]) == (1, 3)
    steps = plan["steps"]
    began = [step.pop("startMs") for step in steps]
    lasted = [step.pop("durationMs") for step in steps]
    assert began == sorted(began)
    assert all(start >= 0 and start + took <= plan["durationMs"] for start, took in zip(began, lasted, strict=True))
    rest = {"source": "weather", "kind": "rest", "edge": None, "keys": None, "requests": 1}
    sql = {"source": "notes", "kind": "sql", "edge": None, "keys": None}
    assert steps == [
        {**sql, "target": "statement", "rows": 1, "failed": False},
        {**rest, "target": "/days/{}", "rows": 3, "cached": 0, "retries": 1, "failed": False},
        {**rest, "target": "/days/{}", "rows": 3, "cached": 1, "retries": 0, "failed": False},
        {**rest, "target": "/{}", "rows": 0, "cached": 0, "retries": 0, "failed": True},
    ]


@pytest.mark.parametrize("extensions", [None, {}, {"plan": False}, {"plan": "true"}, {"plan": None}])
async def test_who_does_not_ask_is_not_told(explaining: Gateway, extensions: Any) -> None:
    assert await ask(explaining, "{ takes }", extensions) == {"data": {"takes": 0}}


async def test_nobody_is_told_where_it_is_not_explained(gateway: Gateway) -> None:
    assert await ask(gateway, "{ takes }", PLAN) == {"data": {"takes": 0}}


async def test_what_was_not_executed_has_no_plan_to_speak_of(explaining: Gateway) -> None:
    answer = await ask(explaining, "{ nothing }", PLAN)
    assert answer.keys() == {"errors", "extensions"}
    assert answer["extensions"]["plan"]["steps"] == []


async def test_of_those_who_share_an_execution_only_who_asked_is_told(explaining: Gateway, script: Script) -> None:
    held = script.work = Held()
    asked = [asyncio.create_task(ask(explaining, "{ slow }", extensions)) for extensions in (None, PLAN, {}, PLAN)]
    await soon(held.began)
    held.let_go.set()
    answers = await asyncio.gather(*asked)
    assert len(script.contexts) == 1, "it was one execution"
    assert ["extensions" in answer for answer in answers] == [False, True, False, True]
    assert answers[1] == answers[3]


async def test_it_is_told_for_one_request_of_a_batch_and_by_get(explaining: Gateway) -> None:
    query = "{ a { x } }"
    response = await explaining.http.post("/graphql", json=[{"query": query}, {"query": query, "extensions": PLAN}])
    assert ["extensions" in answer for answer in response.json()] == [False, True]
    response = await explaining.http.get("/graphql", params={"query": query, "extensions": plain.dumps(PLAN)})
    assert "plan" in response.json()["extensions"]


async def test_it_is_told_over_a_socket(script: Script) -> None:
    async with served(example(script, explains=True)) as port, socket(port) as client:
        await client.send('{"type": "connection_init"}')
        await client.recv()
        payload = {"query": "{ takes }", "extensions": PLAN}
        await client.send(plain.dumps({"type": "subscribe", "id": "1", "payload": payload}))
        answer = plain.loads(await client.recv())["payload"]
    assert answer["extensions"]["plan"]["steps"] == []
