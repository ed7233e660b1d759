"""Every code that the protocol closes a socket with."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from datasources.errors import Forbidden, HeddleError, SourceUnavailable, Unauthenticated
from datasources.ids import utc_now
from gateway.identity import Tokens
from gateway.limits.connections import Connections
from gateway.session import Session
from gateway.websocket import PROTOCOL, SocketLimits
from tests.gateway.websocket.client import SUBSCRIBE, Dial, Feed, me, session
from tests.logs import logged

UNKNOWN = "Invalid message: its type is unknown"


@pytest.mark.parametrize("after_init", [False, True])
@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("", "Invalid message: send JSON in text frames"),
        ("{", "Invalid message: send JSON in text frames"),
        ("NaN", "Invalid message: send JSON in text frames"),
        ("[" * 100_000, "Invalid message: send JSON in text frames"),
        (
            '{"type":"ping","payload":' + '{"a":' * 20_000 + "1" + "}" * 20_001,
            "Invalid message: send JSON in text frames",
        ),
        (b'{"type":"ping"}', "Invalid message: send JSON in text frames"),
        ("null", UNKNOWN),
        ("1", UNKNOWN),
        ('"ping"', UNKNOWN),
        ("[]", UNKNOWN),
        ('[{"type":"ping"}]', UNKNOWN),
        ("{}", UNKNOWN),
        ('{"type":null}', UNKNOWN),
        ('{"type":["ping"]}', UNKNOWN),
        ('{"type":{"a":1}}', UNKNOWN),
        ('{"type":"start"}', UNKNOWN),
        ('{"type":"connection_ack"}', UNKNOWN),
        ('{"type":"next","id":"1","payload":{}}', UNKNOWN),
    ],
)
async def test_what_is_no_message_closes_with_4400(
    dial: Dial, message: str | bytes, reason: str, after_init: bool
) -> None:
    async with dial(me) as client:
        if after_init:
            await client.init()
        await client.say(message)
        assert await client.closed() == (4400, reason)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "connection_init", "payload": []},
        {"type": "connection_init", "payload": "token"},
        {"type": "ping", "payload": 1},
        {"type": "pong", "payload": "x"},
        {"type": "complete"},
        {"type": "complete", "id": 1},
        {"type": "subscribe"},
        {"type": "subscribe", "id": "1"},
        {"type": "subscribe", "payload": {"query": "q"}},
        {"type": "subscribe", "id": "", "payload": {"query": "q"}},
        {"type": "subscribe", "id": 1, "payload": {"query": "q"}},
        {"type": "subscribe", "id": {"a": 1}, "payload": {"query": "q"}},
        {"type": "subscribe", "id": "1", "payload": "q"},
        {"type": "subscribe", "id": "1", "payload": ["q"]},
    ],
)
async def test_members_of_wrong_types_close_with_4400(dial: Dial, message: dict[str, Any]) -> None:
    async with dial(me) as client:
        await client.init()
        await client.say(message)
        said = f"Invalid message: a member of '{message['type']}' is missing or has a wrong type"
        assert await client.closed() == (4400, said)


@pytest.mark.parametrize(
    ("payload", "member"),
    [
        ({}, "query"),
        ({"query": None}, "query"),
        ({"query": 1}, "query"),
        ({"query": "q", "operationName": 1}, "operationName"),
        ({"query": "q", "variables": []}, "variables"),
        ({"query": "q", "variables": "{}"}, "variables"),
        ({"query": "q", "extensions": 1}, "extensions"),
    ],
)
async def test_a_wrong_request_closes_with_4400_and_names_the_member(
    dial: Dial, payload: dict[str, Any], member: str
) -> None:
    async with dial(me) as client:
        await client.init()
        await client.say({"id": "1", "type": "subscribe", "payload": payload})
        code, reason = await client.closed()
        assert code == 4400
        assert reason is not None
        assert reason.startswith(f"Invalid message: `{member}` must be ")


async def test_subscribing_before_the_init_closes_with_4401(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.say(SUBSCRIBE)
        assert await client.closed() == (4401, "Unauthorized")
    assert feed.started.empty()


@pytest.mark.parametrize(
    ("error", "closed"),
    [
        (Unauthenticated("Expired."), (4403, "Forbidden")),
        (Forbidden("x"), (4403, "Forbidden")),
        (SourceUnavailable("identity", "secret detail"), (1013, "Try again later")),
    ],
)
async def test_a_refused_session_closes_the_socket_and_is_told(
    dial: Dial, error: HeddleError, closed: tuple[int, str]
) -> None:
    async def open_session(params: dict[str, Any] | None) -> Session:
        raise error

    with logged() as log:
        async with dial(me, open_session) as client:
            await client.say({"type": "connection_init"})
            assert await client.closed() == closed
    assert log.of("request refused", "code") == [(error.code,)]


async def test_a_session_that_is_over_closes_with_4403_and_ends_what_runs(dial: Dial, feed: Feed) -> None:
    """The code after which graphql-ws connects again; after 4401 it would give up."""
    tokens = Tokens(None)

    async def open_session(params: dict[str, Any] | None) -> Session:
        return session(tokens=tokens)

    async with dial(feed.run, open_session) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        feed.queues["a"].put_nowait(b"{}")
        assert await client.hear() == {"id": "1", "type": "next", "payload": {}}
        tokens.revocations.replace({UUID(int=1): utc_now()})
        assert await client.closed() == (4403, "Forbidden")
        assert await feed.end() == "a"


async def test_without_an_init_in_time_it_closes_with_4408(dial: Dial) -> None:
    async with dial(me, limits=SocketLimits(init_timeout_s=0.4)) as client:
        assert await client.ask({"type": "ping"}) == [{"type": "pong"}]
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_a_session_that_never_opens_closes_with_4408(dial: Dial) -> None:
    async def open_session(params: dict[str, Any] | None) -> Session:
        await asyncio.Event().wait()
        return session()

    async with dial(me, open_session, limits=SocketLimits(init_timeout_s=0.05)) as client:
        await client.say({"type": "connection_init"})
        assert await client.closed() == (4408, "Connection initialisation timeout")


async def test_an_init_in_time_ends_the_clock(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run, limits=SocketLimits(init_timeout_s=0.5, ping_interval_s=0.7)) as client:
        await client.init()
        assert await client.hear() == {"type": "ping"}
        await feed.begin(client, "1", "a")


async def test_an_id_in_use_closes_with_4409_and_ends_the_first(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        await client.say(SUBSCRIBE)
        assert await client.closed() == (4409, "Subscriber for 1 already exists")
        assert await feed.end() == "a"


async def test_a_long_id_in_use_still_closes_with_4409(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.init()
        await feed.begin(client, "é" * 1_000, "a")
        await client.say({**SUBSCRIBE, "id": "é" * 1_000})
        code, reason = await client.closed()
        assert (code, (reason or "")[:17]) == (4409, "Subscriber for éé")


async def test_a_second_init_closes_with_4429(dial: Dial) -> None:
    async with dial(me) as client:
        await client.init()
        await client.say({"type": "connection_init"})
        assert await client.closed() == (4429, "Too many initialisation requests")


async def test_one_connection_too_many_closes_with_1013(dial: Dial) -> None:
    connections = Connections(20)
    async with dial(me, connections=connections) as client, dial(me, connections=connections) as second:
        await client.init()
        await second.init()
        with logged() as log:
            async with dial(me, connections=connections) as third:
                await third.say({"type": "connection_init"})
                said = "You hold 2 connections already; close one, or share one among your operations."
                assert await third.closed() == (1013, said)
        assert log.of("request refused", "code") == [("TOO_MANY_CONNECTIONS",)]
    async with dial(me, connections=connections) as client:
        await client.init()


async def test_a_full_server_closes_with_1013_before_the_init(dial: Dial) -> None:
    connections = Connections(1)
    async with dial(me, connections=connections) as client:
        await client.init()
        async with dial(me, connections=connections) as second:
            assert await second.closed() == (1013, "This server holds 1 connections already; try again later.")


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",), ("graphql-sse", "chat")])
async def test_another_subprotocol_closes_with_4406(dial: Dial, subprotocols: tuple[str, ...]) -> None:
    async with dial(me, subprotocols=subprotocols) as client:
        assert client.connection.subprotocol is None
        assert await client.closed() == (4406, "Subprotocol not acceptable")


async def test_ours_is_picked_among_several_subprotocols(dial: Dial) -> None:
    async with dial(me, subprotocols=("graphql-ws", PROTOCOL)) as client:
        assert client.connection.subprotocol == PROTOCOL
        await client.init()


async def test_a_message_too_large_closes_with_1009(dial: Dial) -> None:
    async with dial(me, limits=SocketLimits(max_message_bytes=100)) as client:
        await client.init()
        await client.say(json.dumps({"type": "ping", "payload": {"é": "é" * 45}}, ensure_ascii=False))
        assert await client.closed() == (1009, "Messages are at most 100 bytes")
