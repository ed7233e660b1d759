"""Requests that never come whole, or whose heads have no end; raw, over a real server."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest

from gateway.protocol import MAX_HEAD_BYTES, BoundedHTTP
from tests.gateway.example import Held, Script, example
from tests.gateway.serving import PATIENCE_S, served, soon

BODY = b'{"query": "{ takes }"}'
HEAD = b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
REQUEST = HEAD + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY


class Impatient(BoundedHTTP):
    whole_in_s = 0.3


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script), http=Impatient) as port:
        yield port


async def said(port: int, *pieces: bytes, every_s: float = 0.0, endless: bytes = b"") -> bytes:
    """All that the server says until it ends the connection; after the pieces, `endless` is said again and again."""
    loop = asyncio.get_running_loop()

    async def speak() -> None:
        for piece in pieces:
            await loop.sock_sendall(connection, piece)
        while endless:
            await loop.sock_sendall(connection, endless)
            await asyncio.sleep(every_s)

    heard = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setblocking(False)
        speaking = asyncio.create_task(speak())
        with suppress(ConnectionError):  # of a server that hangs up while it is spoken to
            async with asyncio.timeout(PATIENCE_S):
                while part := await loop.sock_recv(connection, 65_536):
                    heard += part
        speaking.cancel()
        await asyncio.wait([speaking])
        if not speaking.cancelled():
            speaking.exception()
    return heard


def told(reply: bytes) -> tuple[int, str]:
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"connection: close" in head
    (error,) = json.loads(body)["errors"]
    assert error["extensions"] == {"code": "BAD_REQUEST"}
    return int(head.split()[1]), error["message"]


async def test_whole_requests_are_answered(port: int) -> None:
    goodbye = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY
    for pieces in (
        [REQUEST, goodbye],
        [REQUEST + goodbye],
        [REQUEST[:9], REQUEST[9:-5], REQUEST[-5:] + goodbye[:3], goodbye[3:]],
    ):
        assert (await said(port, *pieces)).count(b'{"data":{"takes":0}}') == 2


@pytest.mark.parametrize("pieces", [[HEAD[:6]], [HEAD + b"X: "], [REQUEST[:-1]]], ids=["a line", "a head", "a body"])
@pytest.mark.parametrize("endless", [b"", b"x"], ids=["silence", "dripping"])
async def test_what_does_not_come_whole_in_time_is_not_waited_for(
    port: int, pieces: list[bytes], endless: bytes
) -> None:
    slow = [piece.replace(b"Content-Length: 22", b"Content-Length: 999999") for piece in pieces]
    status, message = told(await said(port, *slow, endless=endless, every_s=0.05))
    assert (status, message) == (408, "The request did not come whole within 0.3 s; send it again.")


async def test_who_says_nothing_at_all_is_hung_up_on(port: int) -> None:
    assert await said(port) == b""


async def test_after_an_answer_the_rest_of_a_body_is_not_waited_for_either(port: int) -> None:
    refused = HEAD.replace(b"json", b"xml") + b"Content-Length: 999999\r\n\r\n"
    reply = await said(port, refused, endless=b" ", every_s=0.05)
    assert reply.startswith(b"HTTP/1.1 415 ")
    assert reply.count(b"HTTP/1.1") == 1


async def test_who_sent_all_may_wait_for_long(port: int, script: Script) -> None:
    held = script.work = Held()
    body = b'{"query": "{ slow }"}'
    request = HEAD + b"Connection: close\r\nContent-Length: %d\r\n\r\n" % len(body) + body
    asking = asyncio.create_task(said(port, request))
    await soon(held.began)
    await asyncio.wait([asking], timeout=3 * Impatient.whole_in_s)
    held.let_go.set()
    assert b'{"data":{"slow":"done"}}' in await asking


LONG = b"x" * 2 * MAX_HEAD_BYTES


@pytest.mark.parametrize(
    ("head", "end"),
    [
        (HEAD + b"X: " + LONG, b"\r\n\r\n"),
        (HEAD + b"X: x\r\n" * MAX_HEAD_BYTES, b"\r\n"),
        (b"GET /graphql?query=" + LONG, b" HTTP/1.1\r\nHost: x\r\n\r\n"),
    ],
    ids=["one header", "many headers", "an address"],
)
async def test_heads_are_bounded_whether_they_end_or_not(port: int, head: bytes, end: bytes) -> None:
    known = (
        (414, "The address is too long; send the query by POST.")
        if head.startswith(b"GET")
        else (431, "The head of the request is larger than 65536 bytes; send fewer headers.")
    )
    assert told(await said(port, head + end)) == known
    assert told(await said(port, head, endless=LONG)) == known


async def test_a_body_in_crumbs_has_no_room_for_its_frames(port: int) -> None:
    chunked = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
    assert told(await said(port, chunked + b"1\r\n \r\n" * 60_000))[0] == 431
    assert told(await said(port, chunked + b"0\r\nX: " + b"x" * 400_000))[0] == 431


async def test_what_is_no_http_is_told_so(port: int) -> None:
    assert (await said(port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")).startswith(b"HTTP/1.1 400 ")
