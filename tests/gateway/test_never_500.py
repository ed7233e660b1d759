"""Whatever comes, the answer is GraphQL's JSON and says whose fault it was: never ours."""

import asyncio
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.types import Message

from tests.gateway.example import Script, example

many = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)

JSON_VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.sampled_from(
    [
        "{ takes }",
        "query A($n: Int) { takes(number: $n) }",
        "{",
        "{ no }",
        "",
        "mutation { write(word: 1) }",
        "subscription { x }",
    ]
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "query": DOCUMENTS | JSON_VALUES,
        "variables": st.dictionaries(st.sampled_from(["n", "x"]), JSON_VALUES) | JSON_VALUES,
        "operationName": st.sampled_from(["A", "B", ""]) | JSON_VALUES,
        "extensions": st.dictionaries(st.sampled_from(["persistedQuery", "x"]), JSON_VALUES) | JSON_VALUES,
        "documentId": JSON_VALUES,
        "more": JSON_VALUES,
    },
)
BODIES = st.one_of(MEMBERS, st.lists(MEMBERS | JSON_VALUES, max_size=12), JSON_VALUES).map(
    lambda value: json.dumps(value).encode()
)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(
            [b"accept", b"accept-encoding", b"content-type", b"origin", b"sec-fetch-site", b"host", b"x-request-id"]
        )
        | st.sampled_from([b"authorization", b"content-encoding", b"content-length", b"traceparent", b"cookie", b"x"]),
        st.binary(max_size=30)
        | st.sampled_from(
            [b"application/json", b"*/*;q=1", b"gzip;q=x", b"Bearer x", b'a/b;x="', b'q=,;="', b"null", b"\xff"]
        ),
    ),
    max_size=8,
)


async def asked(method: str, query: bytes = b"", headers: Any = (), body: bytes = b"") -> tuple[int, bytes]:
    """The status and the body of the answer. Raises what the application raises."""
    sent: list[Message] = []

    coming: list[Message] = [{"type": "http.request", "body": body}]

    async def receive() -> Message:
        if not coming:
            await asyncio.Event().wait()  # the client waits for its answer
        return coming.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": "/graphql", "query_string": query, "headers": list(headers)}
    await example(Script())(scope, receive, send)
    start, *rest = sent
    return start["status"], b"".join(message["body"] for message in rest)


def answers(body: bytes) -> None:
    """Fails for what is neither an answer of GraphQL, nor an array of such."""
    told = json.loads(body)
    for answer in told if isinstance(told, list) else [told]:
        assert answer.keys() <= {"data", "errors"}
        assert answer
        for error in answer.get("errors", ()):
            assert error["extensions"]["code"] != "INTERNAL"


@many
@given(body=BODIES | st.binary(max_size=50))
async def test_bodies(body: bytes) -> None:
    status, answer = await asked("POST", headers=[(b"content-type", b"application/json")], body=body)
    assert status < 500
    answers(answer)


@many
@given(members=MEMBERS, more=st.text(max_size=20))
async def test_addresses(members: dict[str, Any], more: str) -> None:
    texts = {name: value if isinstance(value, str) else json.dumps(value) for name, value in members.items()}
    for query in (
        urlencode(texts).encode(),
        more.encode(),
        f"query={more}&variables={more}".encode("latin-1", "replace"),
    ):
        status, answer = await asked("GET", query=query)
        assert status < 500
        answers(answer)


@many
@given(headers=HEADERS, method=st.sampled_from(["POST", "GET", "HEAD", "PUT", "DELETE", "PATCH"]))
async def test_headers(headers: list[tuple[bytes, bytes]], method: str) -> None:
    status, answer = await asked(method, b"query={takes}", headers, b'{"query": "{ takes }"}')
    assert status < 500
    if status != 201:  # a stream's token
        answers(answer)


@pytest.mark.parametrize("depth", [200, 260, 1_000, 5_000])
@pytest.mark.parametrize("member", ["variables", "extensions", "more"])
async def test_depths(member: str, depth: int) -> None:
    nested = '{"n": ' + "[" * depth + "]" * depth + "}"
    for query in ("{ takes }", "query A($n: Int) { takes(number: $n) }", "mutation A($n: String!) { write(word: $n) }"):
        body = json.dumps({"query": query})[:-1] + f', "{member}": {nested}}}'
        status, answer = await asked("POST", headers=[(b"content-type", b"application/json")], body=body.encode())
        assert status < 500
        answers(answer)
