"""One stream for all operations of a client: reserved, opened, asked, and ended."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

import gateway.streams.reservations as gateway_reservations
from datasources.actor import Actor
from datasources.ids import utc_now
from gateway.draining import Draining
from gateway.identity import Tokens
from tests.gateway.example import Held, Script, example
from tests.gateway.identity.forging import SECRET
from tests.gateway.serving import PATIENCE_S, served, soon
from tests.gateway.streams.reading import Stream

HEADER = "X-GraphQL-Event-Stream-Token"
READS = {"Accept": "text/event-stream"}
ADA, BO = UUID(int=1), UUID(int=2)
TOLD = "subscription ($feed: String!) { told(feed: $feed) }"


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET)


@pytest.fixture
async def http(script: Script, tokens: Tokens) -> AsyncIterator[httpx.AsyncClient]:
    async with served(example(script, tokens=tokens)) as port, client(port) as http:
        yield http


def client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/graphql", timeout=PATIENCE_S)


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def reserved(http: httpx.AsyncClient, headers: dict[str, str] | None = None) -> dict[str, str]:
    """The headers by which the stream is meant from then on."""
    response = await http.put("", headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (201, "text/plain; charset=utf-8")
    assert response.headers["cache-control"] == "no-store"
    return {HEADER: response.text} | (headers or {})


@asynccontextmanager
async def opened(http: httpx.AsyncClient, headers: dict[str, str]) -> AsyncIterator[Stream]:
    async with http.stream("GET", "", headers=headers | READS) as response:
        assert (response.status_code, response.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
        yield Stream(response)


async def ask(
    http: httpx.AsyncClient, headers: dict[str, str], query: str, id: Any = "1", **variables: Any
) -> httpx.Response:
    body = {"query": query, "variables": variables, "extensions": {"operationId": id}}
    return await http.post("", json=body, headers=headers)


def code(response: httpx.Response) -> tuple[int, str]:
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"]


async def test_operations_share_a_stream(http: httpx.AsyncClient, script: Script) -> None:
    stream = await reserved(http)
    async with opened(http, stream) as reading:
        for feed in ("a", "b"):
            response = await ask(http, stream, TOLD, f"told {feed}", feed=feed)
            assert (response.status_code, response.content) == (202, b"")
        script.feeds["b"].put("x")
        assert await reading.hear() == ("next", {"id": "told b", "payload": {"data": {"told": "x"}}})
        assert (await ask(http, stream, "{ takes(number: 7) }", "query")).status_code == 202
        assert await reading.hear() == ("next", {"id": "query", "payload": {"data": {"takes": 7}}})
        assert await reading.hear() == ("complete", {"id": "query"})
        ended = await http.delete("", params={"operationId": "told b"}, headers=stream)
        assert (ended.status_code, ended.content) == (200, b"")
        await soon(script.feeds["b"].ended)
        script.feeds["a"].put("y", None)
        assert await reading.hear() == ("next", {"id": "told a", "payload": {"data": {"told": "y"}}})
        assert await reading.hear() == ("complete", {"id": "told a"})
        script.feeds["a"].ended.clear()
        await ask(http, stream, TOLD, "told a", feed="a")
        script.feeds["a"].put(RuntimeError())
        event, last = await reading.hear()
        assert (event, last["id"], list(last["payload"])) == ("next", "told a", ["errors"])
        assert await reading.hear() == ("complete", {"id": "told a"})
        await ask(http, stream, TOLD, feed="c")
        await soon(script.feeds["c"].began)
    await soon(script.feeds["c"].ended)


async def test_one_reads_and_ids_are_distinct(http: httpx.AsyncClient, script: Script) -> None:
    stream = await reserved(http)
    async with opened(http, stream):
        assert code(await http.get("", headers=stream | READS)) == (409, "BAD_REQUEST")
        await ask(http, stream, TOLD, feed="a")
        assert code(await ask(http, stream, TOLD, feed="b")) == (409, "BAD_REQUEST")
        assert not script.feeds["b"].began.is_set()
        assert code(await ask(http, await reserved(http), TOLD, feed="b")) == (404, "BAD_REQUEST")


async def test_what_cannot_be_meant_is_refused(http: httpx.AsyncClient, script: Script) -> None:
    stream = await reserved(http)
    async with opened(http, stream):
        for id in (None, 7, "", "x" * 201):
            assert code(await ask(http, stream, "{ takes }", id)) == (400, "BAD_REQUEST")
        batch = await http.post("", json=[{"query": "{ takes }"}], headers=stream)
        assert code(batch) == (400, "BAD_REQUEST")
        assert code(await ask(http, stream, "subscription { nothing }")) == (400, "GRAPHQL_VALIDATION_FAILED")
        assert code(await ask(http, stream, "subscription {")) == (400, "GRAPHQL_PARSE_FAILED")
        assert (await http.head("", headers=stream | READS)).status_code == 405
        for token in ("", "x", stream[HEADER][:-1], stream[HEADER][::-1], "é"):
            headers = [(b"Accept", b"text/event-stream"), (HEADER.encode(), token.encode())]
            assert code(await http.get("", headers=headers)) == (404, "BAD_REQUEST")
        assert code(await http.delete("", params={"operationId": "1"})) == (404, "BAD_REQUEST")
    assert script.contexts == []


async def test_reservations_end(http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_reservations, "OPENS_WITHIN_S", 0)
    response = await http.get("", headers=await reserved(http) | READS)
    assert code(response) == (404, "BAD_REQUEST")
    assert "not opened within 0 s" in response.text


async def test_a_stream_is_of_whom_it_was_reserved_for(http: httpx.AsyncClient, tokens: Tokens, script: Script) -> None:
    ada, bo = (bearer(tokens.issue(id, ["x"], 60)) for id in (ADA, BO))
    stream = await reserved(http, ada)
    nobodys = await reserved(http)
    assert code(await http.get("", headers=stream | bo | READS)) == (403, "FORBIDDEN")
    assert code(await http.get("", headers=nobodys | bo | READS)) == (403, "FORBIDDEN")
    async with opened(http, stream) as reading:
        for others in (bo, {"Authorization": ""}):
            headers = {name: value for name, value in (stream | others).items() if value}
            assert code(await ask(http, headers, "{ takes }")) == (403, "FORBIDDEN")
            assert code(await http.delete("", params={"operationId": "1"}, headers=headers)) == (403, "FORBIDDEN")
        assert script.contexts == []
        await ask(http, stream, "{ takes }")
        await reading.hear()
    assert [context.actor for context in script.contexts] == [Actor(ADA, frozenset({"x"}))]


async def test_browsers_open_a_stream_by_its_address_alone(
    http: httpx.AsyncClient, tokens: Tokens, script: Script
) -> None:
    ada = bearer(tokens.issue(ADA, ["x"], 60))
    stream = await reserved(http, ada)
    async with http.stream("GET", "", params={"token": stream[HEADER]}, headers=READS) as response:
        await ask(http, stream, "{ takes }")
        assert await Stream(response).hear() == ("next", {"id": "1", "payload": {"data": {"takes": 0}}})
    assert [context.actor for context in script.contexts] == [Actor(ADA, frozenset({"x"}))]


async def test_a_later_request_brings_a_newer_token(http: httpx.AsyncClient, tokens: Tokens, script: Script) -> None:
    now = utc_now()
    old, new = (tokens.issue(ADA, [scope], 60, now - timedelta(seconds=age)) for scope, age in (("old", 9), ("new", 5)))
    stream = await reserved(http, bearer(old))
    async with opened(http, stream) as reading:
        for token in (new, old):
            await ask(http, stream | bearer(token), "{ takes }")
            assert [(await reading.hear())[0] for _ in range(2)] == ["next", "complete"]
        tokens.revocations.replace({ADA: now - timedelta(seconds=7)})  # of the old one
        assert (await ask(http, stream | bearer(new), TOLD, "3", feed="a")).status_code == 202
        await soon(script.feeds["a"].began)
        tokens.revocations.replace({ADA: now})
        event, last = await reading.hear()
        (error,) = last["payload"]["errors"]
        assert (event, last["id"], error["extensions"]) == ("next", "3", {"code": "UNAUTHENTICATED"})
        assert await reading.rest() == b'event: complete\ndata: {"id":"3"}\n\n'
    assert {context.actor for context in script.contexts} == {Actor(ADA, frozenset({"new"}))}


async def test_the_end_of_a_server_waits_for_what_has_an_end(script: Script) -> None:
    draining = Draining()
    held = script.work = Held()
    async with served(example(script, draining=draining)) as port, client(port) as http:
        stream = await reserved(http)
        async with opened(http, stream) as reading:
            await ask(http, stream, TOLD, "told", feed="a")
            await ask(http, stream, "{ slow }", "slow")
            await soon(held.began)
            draining.end()
            held.let_go.set()
            assert await reading.hear() == ("next", {"id": "slow", "payload": {"data": {"slow": "done"}}})
            assert await reading.rest() == b'event: complete\ndata: {"id":"slow"}\n\n'


async def test_several_processes_without_redis_say_what_they_need(script: Script) -> None:
    async with served(example(script, alone=False)) as port, client(port) as http:
        response = await http.put("")
        assert code(response) == (501, "BAD_REQUEST")
        assert "HEDDLE_REDIS_URL" in response.text
