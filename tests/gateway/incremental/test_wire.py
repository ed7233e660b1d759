"""What goes over the wire: the bytes of each kind of stream, and which kind a client gets."""

import httpx
import pytest

from tests.gateway.incremental.asking import BY_ID, BY_PATH, EVENTS, asked

DEFERRED = '{ a { key ... @defer(label: "late") { x } } }'
URQL = (
    "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed"
)


async def test_multipart_by_id(port: int) -> None:
    async with asked(port, DEFERRED, accept=BY_ID) as answer:
        assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == "Accept"
        assert await answer.raw() == (
            b"\r\n---"
            b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
            b'{"data":{"a":{"key":"x"}},"pending":[{"id":"0","path":["a"],"label":"late"}],"hasNext":true}'
            b"\r\n---"
            b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
            b'{"incremental":[{"id":"0","data":{"x":"X"}}],"completed":[{"id":"0"}],"hasNext":false}'
            b"\r\n-----\r\n"
        )


async def test_multipart_by_path(port: int) -> None:
    async with asked(port, DEFERRED, accept=BY_PATH) as answer:
        assert answer.headers["content-type"] == 'multipart/mixed; boundary="-"; deferSpec=20220824'
        assert await answer.raw() == (
            b"\r\n---"
            b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
            b'{"data":{"a":{"key":"x"}},"hasNext":true}'
            b"\r\n---"
            b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
            b'{"incremental":[{"data":{"x":"X"},"path":["a"],"label":"late"}],"hasNext":false}'
            b"\r\n-----\r\n"
        )


async def test_events(port: int) -> None:
    async with asked(port, DEFERRED, accept=EVENTS) as answer:
        assert answer.headers["content-type"] == "text/event-stream; charset=utf-8; deferSpec=20220824"
        assert await answer.raw() == (
            b'event: next\ndata: {"data":{"a":{"key":"x"}},"hasNext":true}\n\n'
            b"event: next\ndata: "
            b'{"incremental":[{"data":{"x":"X"},"path":["a"],"label":"late"}],"hasNext":false}\n\n'
            b"event: complete\ndata:\n\n"
        )


async def test_who_takes_only_streams_gets_whole_answers_as_one_part(port: int) -> None:
    async with asked(port, "{ takes }", accept=EVENTS) as answer:
        assert await answer.raw() == (
            b'event: next\ndata: {"data":{"takes":0},"hasNext":false}\n\nevent: complete\ndata:\n\n'
        )
    async with asked(port, "{ takes", accept=BY_ID) as answer:
        (part,) = await answer.parts()
        assert [error["extensions"]["code"] for error in part["errors"]] == ["GRAPHQL_PARSE_FAILED"]


@pytest.mark.parametrize(
    ("accept", "content_type"),
    [
        ("multipart/mixed", 'multipart/mixed; boundary="-"; deferSpec=20220824'),
        ('multipart/mixed; incrementalSpec="v0.2"', 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'),
        (f"{BY_ID},application/json;q=0.9", 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'),
        (f"application/json,{BY_ID}", 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'),
        (f"{BY_PATH},{BY_ID}", 'multipart/mixed; boundary="-"; deferSpec=20220824'),
        (f"{BY_PATH};q=0.5,{BY_ID}", 'multipart/mixed; boundary="-"; incrementalSpec=v0.2'),
        (f"multipart/mixed;incrementalSpec=v9,{BY_PATH}", 'multipart/mixed; boundary="-"; deferSpec=20220824'),
        (URQL, "text/event-stream; charset=utf-8; deferSpec=20220824"),
        ("text/event-stream;incrementalSpec=v0.2", "text/event-stream; charset=utf-8; incrementalSpec=v0.2"),
        ("text/event-stream, */*", "text/event-stream; charset=utf-8; deferSpec=20220824"),
    ],
)
async def test_each_client_gets_the_stream_that_it_likes_best(port: int, accept: str, content_type: str) -> None:
    async with asked(port, DEFERRED, accept=accept) as answer:
        assert answer.headers["content-type"] == content_type
        assert len(await answer.parts()) == 2


@pytest.mark.parametrize(
    "accept",
    [
        "*/*",
        "application/json",
        "application/json, multipart/mixed;q=0.9",
        "application/json, multipart/*",
        "application/json, multipart/mixed;q=0",
        "application/json, multipart/mixed;incrementalSpec=v9",
        "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json",
    ],
)
async def test_who_would_rather_have_it_whole_gets_it_whole(port: int, accept: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as http:
        response = await http.post("/graphql", json={"query": DEFERRED}, headers={"Accept": accept})
    assert response.headers["content-type"].startswith("application/json")
    assert response.json() == {"data": {"a": {"key": "x", "x": "X"}}}


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        ("{ a { x } }", {"data": {"a": {"x": "X"}}}),
        ("{ a { ... @defer(if: false) { x } } }", {"data": {"a": {"x": "X"}}}),
        ("{ pairs(keys: []) @stream(if: false) { x } }", {"data": {"pairs": []}}),
        ("query ($late: Boolean! = false) { a { ... @defer(if: $late) { x } } }", {"data": {"a": {"x": "X"}}}),
    ],
)
@pytest.mark.parametrize("accept", [f"{BY_ID},application/json;q=0.9", f"{BY_PATH},application/json;q=0.9", URQL])
async def test_where_nothing_is_put_off_the_answer_is_whole(port: int, query: str, answer: object, accept: str) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", verify=False) as http:
        response = await http.post("/graphql", json={"query": query}, headers={"Accept": accept})
    assert "json" in response.headers["content-type"]
    assert response.json() == answer
