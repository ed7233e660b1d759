"""Replies that no server should give, and none of which may cost more than its own call."""

import asyncio
import gzip
import tracemalloc

import httpx
import pytest

from datasources.errors import SourceUnavailable
from datasources.rest import RestService
from tests.rest.conftest import Connect
from tests.rest.outside import Asked, Outside, hang_up, http, json


@pytest.mark.parametrize("mocked", [False, True])
async def test_connections_and_a_transport_of_httpx_carry_the_same(
    outside: Outside, connect: Connect, mocked: bool
) -> None:
    asked: list[httpx.Request] = []

    def answered(request: httpx.Request) -> httpx.Response:
        asked.append(request)
        headers = [("Content-Encoding", "gzip"), ("Cache-Control", "private"), ("cache-control", "max-age=60")]
        return httpx.Response(200, headers=headers, stream=httpx.ByteStream(gzip.compress(b'{"a": 1}')))

    outside.says(
        http(
            200,
            gzip.compress(b'{"a": 1}'),
            content_encoding="gzip",
            cache_control="private",
            Cache_Control="max-age=60",
        )
    )
    shop = connect(headers={"X-Key": "k"}, **({"transport": httpx.MockTransport(answered)} if mocked else {}))
    found = [await shop.get("/items/{}", "a b", answer=dict, params={"q": "é&"}) for _ in range(2)]
    assert found == [{"a": 1}] * 2
    [(target, headers)] = (
        [(one.url.raw_path.decode(), one.headers) for one in asked]
        if mocked
        else [(one.target, one.headers) for one in outside.asked]
    )
    sent = [headers[name] for name in ("x-key", "accept", "accept-encoding")]
    assert (target, sent) == ("/items/a%20b?q=%C3%A9%26", ["k", "application/json", "gzip"])


@pytest.mark.parametrize("named", ["gzip", "X-GZip"])
async def test_gzip_is_read(outside: Outside, shop: RestService, named: str) -> None:
    outside.says(http(200, gzip.compress(b'{"a": 1}'), content_encoding=named))
    assert await shop.get("/items", answer=dict) == {"a": 1}
    assert outside.asked[0].headers["accept-encoding"] == "gzip"


async def test_a_gzip_bomb_is_cut_at_the_limit(outside: Outside, connect: Connect) -> None:
    outside.says(http(200, gzip.compress(b" " * 200_000_000, 1), content_encoding="gzip"))
    shop = connect(max_bytes=1_000_000)
    tracemalloc.start()
    try:
        with pytest.raises(SourceUnavailable) as failed:
            await shop.get("/items", answer=dict)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert failed.value.detail == "/items: more than 1000000 bytes"
    assert peak < 10_000_000


async def test_an_endless_reply_is_cut_at_the_limit(outside: Outside, connect: Connect) -> None:
    cut = asyncio.Event()

    async def endless(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            while True:
                writer.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
                await writer.drain()
        except ConnectionError:
            cut.set()

    outside.says(endless)
    with pytest.raises(SourceUnavailable) as failed:
        await connect(max_bytes=100_000).get("/items", answer=dict)
    assert failed.value.detail == "/items: more than 100000 bytes"
    await asyncio.wait_for(cut.wait(), 5)


async def test_what_follows_a_gzip_is_not_read_for_ever(outside: Outside, shop: RestService) -> None:
    outside.says(http(200, gzip.compress(b'{"a": 1}') + b"x" * 10, content_encoding="gzip"))
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert failed.value.detail == "/items: more than one gzip"


async def test_a_reply_of_just_the_limit_passes(outside: Outside, connect: Connect) -> None:
    outside.says(http(200, b'"xxxxxxx"'), http(200, gzip.compress(b'"xxxxxxx"'), content_encoding="gzip"))
    shop = connect(max_bytes=9)
    assert [await shop.get("/items", answer=str) for _ in range(2)] == ["xxxxxxx", "xxxxxxx"]


@pytest.mark.parametrize(
    ("reply", "detail"),
    [
        (http(200, b"not gzip", content_encoding="gzip"), "/items: bad gzip"),
        (http(200, gzip.compress(b'{"a": 1}')[:-9], content_encoding="gzip"), "/items: gzip ends too early"),
        (http(200, b"{}", content_encoding="br"), "/items: content encoding 'br' was not asked for"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "/items: "),
        (b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n{}", "/items: "),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100_000 + b"\r\n\r\n{}", "/items: "),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n", "/items: "),
    ],
    ids=["not gzip", "half a gzip", "brotli", "not HTTP", "negative length", "endless header", "bad chunk"],
)
async def test_garbage_is_unavailability(outside: Outside, shop: RestService, reply: bytes, detail: str) -> None:
    async def once(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    outside.says(once)
    with pytest.raises(SourceUnavailable) as failed:
        await shop.get("/items", answer=dict)
    assert failed.value.detail.startswith(detail)


async def test_a_body_cut_short_is_asked_for_again(outside: Outside, shop: RestService) -> None:
    async def cut_short(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"a": 1}')
        writer.close()

    outside.says(cut_short, json({"a": 2}))
    assert await shop.get("/items", answer=dict) == {"a": 2}


async def test_nobody_there(connect: Connect, outside: Outside) -> None:
    shop = connect("http://127.0.0.1:1")
    with pytest.raises(SourceUnavailable) as failed:
        await shop.post("/items", answer=dict, json={})
    assert failed.value.detail == "/items: ClientConnectorError"


async def test_a_connection_that_is_hung_up_on_is_made_anew(outside: Outside, shop: RestService) -> None:
    outside.says(hang_up, hang_up, json({"a": 1}))
    assert await shop.get("/items", answer=dict) == {"a": 1}


async def test_what_nobody_asked_for_answers_no_later_request(
    outside: Outside, shop: RestService, connect: Connect
) -> None:
    """Of a service, or a proxy before it, that says more than it was asked: the next one would be given another's."""
    read, said = asyncio.Event(), asyncio.Event()

    async def says_more(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(json({"of": "a"}))
        await read.wait()
        writer.write(json({"of": "nobody"}))
        said.set()

    outside.says(says_more, json({"of": "b"}))
    assert await shop.get("/items/{}", "a", answer=dict) == {"of": "a"}
    read.set()
    await said.wait()
    await connect().get("/items", answer=dict)  # what was said before has arrived by then
    assert await shop.get("/items/{}", "b", answer=dict) == {"of": "b"}


async def test_connections_are_limited_and_kept(outside: Outside, connect: Connect) -> None:
    connections: set[object] = set()

    async def note(asked: Asked, writer: asyncio.StreamWriter) -> None:
        connections.add(writer)
        writer.write(json({}))

    outside.says(note)
    shop = connect(connections=3)
    for round in range(2):
        await asyncio.gather(*(shop.get("/items/{}", 10 * round + one, answer=dict) for one in range(9)))
    assert (len(connections), len(outside.asked)) == (3, 18)
