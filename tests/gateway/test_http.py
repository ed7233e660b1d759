"""What is no GraphQL request is told so, with a remedy; the rest is answered as the client accepts."""

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.gateway.example import SECRET, TOKENS, Script, example
from tests.gateway_client import Gateway

QUERY = json.dumps({"query": "{ takes }"}).encode()
MUTATION = 'mutation { write(word: "x") }'
IN_JSON = {"Content-Type": "application/json"}
GRAPHQL_JSON = "application/graphql-response+json"


async def post(gateway: Gateway, body: bytes, **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.post("/graphql", content=body, headers=IN_JSON | named)


def told(response: httpx.Response) -> tuple[int, str, str]:
    (error,) = response.json()["errors"]
    return response.status_code, error["extensions"]["code"], error["message"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"", "The request is not JSON"),
        (b"{", "The request is not JSON"),
        (b'{"query": "\xff\xfe"}', "The request is not JSON"),
        (b'{"query": "\\ud800"}', "The request is not JSON"),
        (b"[" * 10_000 + b"]" * 10_000, "The request is not JSON"),
        (b'{"query":' + b"[" * 10_000 + b"]" * 10_000 + b"}", "The request is not JSON"),
        (b"null", "A GraphQL request is a JSON object"),
        (b"7", "A GraphQL request is a JSON object"),
        (b"{}", "`query` must be a string"),
        (b'{"query": null}', "`query` must be a string"),
        (b'{"query": {}}', "`query` must be a string"),
        (b'{"query": "{ takes }", "variables": []}', "`variables` must be an object"),
        (b'{"query": "{ takes }", "variables": "{}"}', "`variables` must be an object"),
        (b'{"query": "{ takes }", "operationName": 7}', "`operationName` must be a string"),
        (b'{"query": "{ takes }", "extensions": 7}', "`extensions` must be an object"),
    ],
    ids=lambda value: value[:24] if isinstance(value, bytes) else "",
)
async def test_what_is_no_request_is_told_so(gateway: Gateway, body: bytes, said: str) -> None:
    status, code, message = told(await post(gateway, body))
    assert (status, code) == (400, "BAD_REQUEST")
    assert message.startswith(said)


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "text/json",
        "application/json, text/plain",
        "text/plain; application/json",
        "application/json; charset=utf-16",
        "application/json; charset=latin1",
    ],
)
async def test_other_content_types_are_refused(gateway: Gateway, content_type: str) -> None:
    """Also because a browser sends these to foreign sites without asking."""
    status, code, message = told(await post(gateway, QUERY, Content_Type=content_type))
    assert (status, code) == (415, "BAD_REQUEST")
    assert message == "Send the request as 'Content-Type: application/json', in UTF-8."


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        'application/json;charset="UTF-8"',
        "Application/JSON",
        "application/json; x=y",
    ],
)
async def test_json_in_utf_8_is_read(gateway: Gateway, content_type: str) -> None:
    body = json.dumps({"query": '{ pairs(keys: ["ä🏃"]) { key } }'}, ensure_ascii=False).encode()
    assert (await post(gateway, body, Content_Type=content_type)).json() == {"data": {"pairs": [{"key": "ä🏃"}]}}


async def test_compressed_requests_are_refused(gateway: Gateway) -> None:
    status, _, message = told(await post(gateway, gzip.compress(QUERY), Content_Encoding="gzip"))
    assert (status, message) == (415, "Send the request as it is, without a Content-Encoding.")


@pytest.mark.parametrize("number", ["9" * 5_000, "1e999", "-9223372036854775809", "18446744073709551616"])
async def test_enormous_numbers_are_refused(gateway: Gateway, number: str) -> None:
    body = b'{"query": "query ($n: Int!) { takes(number: $n) }", "variables": {"n": ' + number.encode() + b"}}"
    response = await post(gateway, body)
    assert response.status_code in (200, 400)
    assert response.json()["errors"][0]["extensions"]["code"] in ("BAD_REQUEST", "BAD_USER_INPUT")


async def test_a_body_too_large_is_refused_unread(gateway: Gateway) -> None:
    response = await post(gateway, b'{"query": "' + b" " * 200_000 + b'"}')
    assert response.status_code == 413


async def test_operations_are_picked_by_name(gateway: Gateway) -> None:
    two = "query A { takes(number: 1) } query B { takes(number: 2) }"
    for name, answer in (("A", {"takes": 1}), ("B", {"takes": 2})):
        response = await post(gateway, json.dumps({"query": two, "operationName": name}).encode())
        assert response.json() == {"data": answer}
    for payload in ({"query": two}, {"query": two, "operationName": "C"}, {"query": "fragment F on Pair { x }"}):
        response = await post(gateway, json.dumps(payload).encode(), Accept=GRAPHQL_JSON)
        assert response.status_code == 400
        assert "data" not in response.json()


async def test_queries_by_get(gateway: Gateway) -> None:
    asked = {"query": "query ($n: Int!) { takes(number: $n) }", "variables": '{"n": 7}'}
    assert (await gateway.http.get("/graphql", params=asked)).json() == {"data": {"takes": 7}}
    absent = asked | {"query": "{ takes }", "variables": "", "operationName": "", "extensions": ""}
    assert (await gateway.http.get("/graphql", params=absent)).json() == {"data": {"takes": 0}}


@pytest.mark.parametrize(
    ("address", "said"),
    [
        ("", "`query` must be a string, unless"),
        ("query=", "`query` must be a string, unless"),
        ("query={takes}&variables={", "`variables` is not JSON: "),
        ("query={takes}&variables=[]", "`variables` must be an object."),
        ("query={takes}&extensions=7", "`extensions` must be an object."),
        ("query={takes}&query={raisesAsync}", "`query` comes twice; send it once."),
        ("query=%ff", "The address is not URL-encoded UTF-8 with at most 100 parameters."),
        ("query={takes}" + "&x=1" * 200, "The address is not URL-encoded UTF-8 with at most 100 parameters."),
    ],
)
async def test_what_is_no_query_by_get_is_told_so(gateway: Gateway, address: str, said: str) -> None:
    status, code, message = told(await gateway.http.get(f"/graphql?{address}"))
    assert (status, code) == (400, "BAD_REQUEST")
    assert message.startswith(said)


async def test_mutations_by_get_are_refused_and_do_nothing(gateway: Gateway, script: Script) -> None:
    for method in ("GET", "HEAD"):
        response = await gateway.http.request(method, "/graphql", params={"query": MUTATION})
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
    assert script.contexts == []


@pytest.mark.parametrize("method", ["PATCH", "QUERY", "TRACE"])
async def test_other_methods_are_refused(gateway: Gateway, method: str) -> None:
    response = await gateway.http.request(method, "/graphql", content=QUERY, headers=IN_JSON)
    assert told(response) == (405, "BAD_REQUEST", "Send queries by GET or POST, and mutations by POST.")
    assert response.headers["allow"] == "GET, HEAD, POST, PUT, DELETE, OPTIONS"


async def test_options_are_told(gateway: Gateway) -> None:
    response = await gateway.http.options("/graphql")
    assert (response.status_code, response.headers["allow"]) == (204, "GET, HEAD, POST, PUT, DELETE, OPTIONS")


async def test_head_is_a_get_without_its_body(gateway: Gateway) -> None:
    assert (await gateway.http.head("/graphql", params={"query": "{ takes }"})).status_code == 200


async def test_a_slash_at_the_end_leads_to_the_graph_too(gateway: Gateway) -> None:
    assert (await gateway.http.post("/graphql/", content=QUERY, headers=IN_JSON)).json() == {"data": {"takes": 0}}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/graphql/x", 404), ("GET", "/", 404), ("GET", "/health/live/", 404), ("POST", "/health/live", 405)],
)
async def test_other_paths_say_where_the_graph_is(gateway: Gateway, method: str, path: str, status: int) -> None:
    response = await gateway.http.request(method, path, content=QUERY, headers=IN_JSON)
    assert told(response)[:2] == (status, "BAD_REQUEST")
    assert told(response)[2].endswith("The graph is at /graphql.")
    assert response.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (GRAPHQL_JSON, GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, application/json;q=0.9", GRAPHQL_JSON),
        (f"application/json;q=0.9, {GRAPHQL_JSON}", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON};q=0.5, application/json", "application/json"),
        (f"{GRAPHQL_JSON};q=0, application/json;q=0.1", "application/json"),
        (f"{GRAPHQL_JSON.upper()}; charset=utf-8", GRAPHQL_JSON),
        (f"{GRAPHQL_JSON}, text/event-stream", GRAPHQL_JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
        (f"*/*, {GRAPHQL_JSON}", GRAPHQL_JSON),
        ("application/json;q=0, */*", GRAPHQL_JSON),
        ("application/*;q=0.1, text/html", "application/json"),
        (f"{GRAPHQL_JSON}; charset=utf-8, application/json; charset=utf-8", GRAPHQL_JSON),
        ("", "application/json"),
        (",", "application/json"),
    ],
)
async def test_the_answer_is_what_the_client_likes_best(gateway: Gateway, accept: str | None, media_type: str) -> None:
    headers = {} if accept is None else {"Accept": accept}
    response = await post(gateway, QUERY, **headers)
    assert response.json() == {"data": {"takes": 0}}
    assert response.headers["content-type"] == f"{media_type}; charset=utf-8"
    assert response.headers["vary"] == "Accept, Accept-Encoding"


@pytest.mark.parametrize("accept", ["text/html", "image/*", "application/json;q=0", "*/*;q=0", "x"])
async def test_who_accepts_nothing_that_we_have_is_told_so(gateway: Gateway, script: Script, accept: str) -> None:
    response = await post(gateway, json.dumps({"query": MUTATION}).encode(), Accept=accept)
    assert told(response) == (
        406,
        "BAD_REQUEST",
        "Answers are 'application/graphql-response+json' or 'application/json'; accept one of them.",
    )
    assert response.headers["content-type"] == "application/json; charset=utf-8"
    assert script.contexts == []


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("{ takes }", 200),
        ("{ raisesAsync }", 200),
        ("{ nullInstead }", 200),
        ("{ nothing }", 400),
        ("{ takes", 400),
        ("query ($n: Int!) { takes(number: $n) }", 400),
    ],
)
async def test_the_status_says_whether_it_was_executed(gateway: Gateway, query: str, status: int) -> None:
    """To clients of the newer media type; those of the older are told in the body alone, where it was readable."""
    body = json.dumps({"query": query}).encode()
    answers: list[Any] = []
    for media_type, expected in ((GRAPHQL_JSON, status), ("application/json", 200)):
        response = await post(gateway, body, Accept=media_type)
        assert response.status_code == expected
        answers.append(response.json())
    assert ("data" in answers[0]) is (status == 200)
    assert [answer.keys() for answer in answers] == [answers[0].keys()] * 2


async def test_health(gateway: Gateway) -> None:
    assert (await gateway.http.get("/health/live")).json() == {"live": True}
    assert (await gateway.http.get("/health/ready")).json() == {"ready": True, "sources": {}}


async def test_readiness_asks_each_source_once_for_all_who_ask_at_once() -> None:
    asked: list[str] = []

    async def check() -> None:
        asked.append("source")
        await asyncio.sleep(0)

    async with Gateway(example(Script(), checks={"source": check}), TOKENS).http as http:
        answers = await asyncio.gather(*(http.get("/health/ready") for _ in range(20)))
        answers.append(await http.get("/health/ready"))
    assert [answer.json() for answer in answers] == [{"ready": True, "sources": {"source": "ok"}}] * 21
    assert asked == ["source"]


async def test_limits_are_those_of_the_settings(script: Script) -> None:
    async with Gateway(example(script, max_body_bytes=50), TOKENS).http as http:
        assert (await http.post("/graphql", content=QUERY, headers=IN_JSON)).status_code == 200
        assert (await http.post("/graphql", content=b" " * 60, headers=IN_JSON)).status_code == 413


async def test_a_bug_is_masked_outside_of_operations_too(script: Script) -> None:
    async def broken(_: Request) -> Response:
        raise RuntimeError(SECRET)

    app = example(script, routes=[Route("/broken", broken)])
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        response = await http.get("/broken")
    (error,) = response.json()["errors"]
    assert (response.status_code, error["extensions"]["code"]) == (500, "INTERNAL")
    assert error["message"].endswith(f"the request id {error['extensions']['requestId']}.")
    assert SECRET not in response.text
    assert response.headers["x-content-type-options"] == "nosniff"
