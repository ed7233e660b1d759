"""Subscriptions over a response each: server-sent events and multipart, as their protocols have them."""

import re
from datetime import timedelta
from uuid import UUID

import httpx
import pytest

import gateway.streams.live as gateway_live
from datasources.errors import Forbidden
from datasources.ids import utc_now
from gateway.draining import Draining
from gateway.limits import Limits
from tests.gateway.example import SECRET, TOKENS, Script, example
from tests.gateway.serving import PATIENCE_S, served, soon
from tests.gateway.streams.reading import APOLLO, EVENTS, PART, subscribed
from tests.metrics import Figures

COUNT = "subscription { count(to: 2) }"
TOLD = "subscription { told }"
ADA = UUID(int=1)
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)
OVER = {
    "message": "Your token has expired or was revoked, and this stream ends with it: connect with a new one.",
    "extensions": {"code": "UNAUTHENTICATED"},
}


async def test_events(http: httpx.AsyncClient) -> None:
    async with subscribed(http, COUNT) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["cache-control"] == "no-store"
        assert stream.headers["x-accel-buffering"] == "no"
        said = await stream.rest()
    retry, results = said[: said.index(b"\n\n") + 2], said[said.index(b"\n\n") + 2 :]
    assert re.fullmatch(rb"retry: [1-5]\d{3}\n\n", retry)
    assert results == (
        b'event: next\ndata: {"data":{"count":1}}\n\n'
        b'event: next\ndata: {"data":{"count":2}}\n\n'
        b"event: complete\ndata:\n\n"
    )


async def test_multipart(http: httpx.AsyncClient) -> None:
    async with subscribed(http, COUNT, APOLLO) as stream:
        assert stream.status == 200
        assert stream.headers["content-type"] == 'multipart/mixed;boundary="-";subscriptionSpec="1.0"'
        assert await stream.rest() == (
            b"\r\n---" + PART + b'{"payload":{"data":{"count":1}}}'
            b"\r\n---" + PART + b'{"payload":{"data":{"count":2}}}'
            b"\r\n-----\r\n"
        )


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/event-stream, multipart/mixed", "text/event-stream; charset=utf-8"),  # of urql
        (URQL, "text/event-stream; charset=utf-8"),
        ("*/*, text/event-stream;q=0.1", "text/event-stream; charset=utf-8"),
        (f"{APOLLO}, text/event-stream", 'multipart/mixed;boundary="-";subscriptionSpec="1.0"'),
        (f"text/event-stream, {APOLLO}", "text/event-stream; charset=utf-8"),
        (
            'text/event-stream;q=0.5, multipart/mixed;subscriptionSpec="1.0"',
            'multipart/mixed;boundary="-";subscriptionSpec="1.0"',
        ),
    ],
)
async def test_a_subscription_comes_as_its_client_likes_it_best(
    http: httpx.AsyncClient, accept: str, kind: str
) -> None:
    async with subscribed(http, COUNT, accept) as stream:
        assert stream.headers["content-type"] == kind
        assert b'{"count":2}' in await stream.rest()


@pytest.mark.parametrize(
    "accept", ["*/*", "application/json", "multipart/mixed, */*", "application/json, text/event-stream;q=0"]
)
async def test_who_takes_no_stream_is_told_what_to_accept(http: httpx.AsyncClient, accept: str) -> None:
    response = await http.post("", json={"query": COUNT}, headers={"Accept": accept})
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert "accept 'text/event-stream' or 'multipart/mixed;subscriptionSpec=1.0'" in error["message"]


async def test_a_query_whose_client_merely_knows_streams_stays_plain(http: httpx.AsyncClient) -> None:
    response = await http.post("", json={"query": "{ takes }"}, headers={"Accept": URQL})
    assert response.headers["content-type"] == "application/graphql-response+json; charset=utf-8"
    assert response.json() == {"data": {"takes": 0}}


async def test_whoever_takes_only_streams_gets_queries_and_mutations_so(
    http: httpx.AsyncClient, script: Script
) -> None:
    script.work = _done
    async with subscribed(http, 'mutation { write(word: "a") }', "multipart/mixed;subscriptionSpec=1.0") as stream:
        assert await stream.hear() == {"payload": {"data": {"write": "a"}}}
        assert await stream.rest() == b"--\r\n"
    async with subscribed(http, "{ takes }") as stream:
        assert await stream.hear() == ("next", {"data": {"takes": 0}, "hasNext": False})
        assert await stream.hear() == ("complete", None)


async def test_browsers_subscribe_by_get(http: httpx.AsyncClient) -> None:
    response = await http.get("", params={"query": COUNT}, headers={"Accept": EVENTS})
    assert b'{"count":2}' in response.content
    head = await http.head("", params={"query": COUNT}, headers={"Accept": EVENTS})
    assert (head.status_code, head.headers["allow"]) == (405, "GET, POST")


@pytest.mark.parametrize("accept", [EVENTS, APOLLO])
async def test_events_come_as_they_happen_and_end_with_their_client(script: Script, accept: str) -> None:
    figures = Figures()
    feed = script.feeds[""]
    async with served(example(script)) as port, _client(port) as http:
        async with subscribed(http, TOLD, accept) as stream:
            for word in ("a", "b"):
                feed.put(word)
                assert word in str(await stream.hear())
            assert figures("heddle_streams_open") == 1
        await soon(feed.ended)
        await soon(script.closed)
    assert figures("heddle_streams_open") == 0


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (
            Forbidden("x"),
            {
                "message": "This needs the scope 'x', which your token does not hold.",
                "extensions": {"code": "FORBIDDEN", "scope": "x"},
            },
        ),
        (RuntimeError(SECRET), None),
    ],
)
async def test_what_fails_says_why_and_ends(
    http: httpx.AsyncClient, script: Script, error: Exception, told: object
) -> None:
    script.feeds[""].put("a", error, "a", error)
    async with subscribed(http, TOLD) as stream:
        assert await stream.hear() == ("next", {"data": {"told": "a"}})
        event, last = await stream.hear()
        assert (event, list(last)) == ("next", ["errors"])
        assert await stream.rest() == b"event: complete\ndata:\n\n"
    async with subscribed(http, TOLD, APOLLO) as stream:
        assert await stream.hear() == {"payload": {"data": {"told": "a"}}}
        part = await stream.hear()
        assert part["payload"] is None
        assert await stream.rest() == b"--\r\n"
    for (one,) in (last["errors"], part["errors"]):
        assert told is None or one == told
        assert one["extensions"]["code"] in ("FORBIDDEN", "INTERNAL")
        assert SECRET not in str(one)


async def test_what_does_not_validate_is_told_on_the_stream(http: httpx.AsyncClient) -> None:
    async with subscribed(http, "subscription { nothing }") as stream:
        _, told = await stream.hear()
        assert await stream.rest() == b"event: complete\ndata:\n\n"
    async with subscribed(http, "subscription { nothing }", APOLLO) as stream:
        assert (await stream.hear())["payload"] == told
    assert [error["extensions"] for error in told["errors"]] == [{"code": "GRAPHQL_VALIDATION_FAILED"}]


@pytest.mark.parametrize(("accept", "alive"), [(EVENTS, b":\n\n"), (APOLLO, PART + b"{}\r\n---")])
async def test_silence_is_kept_alive(
    http: httpx.AsyncClient, script: Script, monkeypatch: pytest.MonkeyPatch, accept: str, alive: bytes
) -> None:
    monkeypatch.setattr(gateway_live, "ALIVE_EVERY_S", 0.01)
    async with subscribed(http, TOLD, accept) as stream:
        await soon(script.feeds[""].began)
        await stream._piece()
        assert await stream._piece() + stream._end == alive
        script.feeds[""].put("a")
        assert "told" in str(await stream.hear())


@pytest.mark.parametrize("accept", [EVENTS, APOLLO])
async def test_the_end_of_a_token_is_the_end_of_its_stream(script: Script, accept: str) -> None:
    """While nothing happens, too."""
    tokens = type(TOKENS)(b"another secret of the tests, long enough")
    token = tokens.issue(ADA, [], 60, utc_now() - timedelta(seconds=1))
    async with served(example(script, tokens=tokens)) as port, _client(port) as http:
        async with subscribed(http, TOLD, accept, {"Authorization": f"Bearer {token}"}) as stream:
            await soon(script.feeds[""].began)
            tokens.revocations.replace({ADA: utc_now()})
            last = await stream.hear()
            assert last in (("next", {"errors": [OVER]}), {"payload": None, "errors": [OVER]})
            assert await stream.rest() in (b"event: complete\ndata:\n\n", b"--\r\n")
        await soon(script.feeds[""].ended)


@pytest.mark.parametrize(
    ("accept", "last"),
    [
        (EVENTS, b""),
        (
            APOLLO,
            PART
            + b'{"payload":null,"errors":[{"message":"This server is shutting down: subscribe again, after the last'
            b' cursor that you have.","extensions":{"code":"SHUTTING_DOWN"}}]}\r\n-----\r\n',
        ),
    ],
)
async def test_the_end_of_a_server_ends_its_streams(script: Script, accept: str, last: bytes) -> None:
    """Without a `complete`, by which clients of events know to come back."""
    draining = Draining()
    async with (
        served(example(script, draining=draining)) as port,
        _client(port) as http,
        subscribed(http, TOLD, accept) as stream,
    ):
        script.feeds[""].put("a")
        await stream.hear()
        draining.end()
        assert await stream.rest() == last


async def test_streams_are_bounded(script: Script) -> None:
    async with served(example(script, limits=Limits(max_connections=10))) as port, _client(port) as http:
        async with subscribed(http, TOLD) as stream:
            script.feeds[""].put("a")
            await stream.hear()
            response = await http.post("", json={"query": TOLD}, headers={"Accept": EVENTS})
            assert (response.status_code, response.headers["retry-after"]) == (429, "10")
            assert [error["extensions"]["code"] for error in response.json()["errors"]] == ["TOO_MANY_CONNECTIONS"]
        await soon(script.feeds[""].ended)


def _client(port: int) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}/graphql", timeout=PATIENCE_S)


async def _done() -> None:
    pass
