"""Sockets last as long as the token that opened them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

from datasources.actor import Actor
from datasources.ids import utc_now
from gateway.identity import Tokens
from gateway.identity.reading import SKEW_S
from gateway.request import Caller
from gateway.session import Session
from tests.gateway.example import Held, Script, example
from tests.gateway.identity.forging import ADA, SECRET
from tests.gateway.serving import PATIENCE_S, served, soon

SLOW = {"type": "subscribe", "id": "1", "payload": {"query": "{ slow }"}}
QUICK = {"type": "subscribe", "id": "2", "payload": {"query": "{ takes }"}}
BO = UUID(int=7)
FORBIDDEN = (4403, "Forbidden")


class Clock:
    """Real time, moved on by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return utc_now() + self.ahead


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(clock: Clock) -> Tokens:
    return Tokens(SECRET, clock=clock)


@pytest.fixture
async def port(tokens: Tokens, script: Script) -> AsyncIterator[int]:
    async with served(example(script, tokens=tokens)) as port:
        yield port


@asynccontextmanager
async def socket(port: int, payload: dict[str, Any]) -> AsyncIterator[ClientConnection]:
    protocol = [Subprotocol("graphql-transport-ws")]
    async with connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, proxy=None) as client:
        await client.send(json.dumps({"type": "connection_init", "payload": payload}))
        yield client


async def hear(client: ClientConnection) -> Any:
    async with asyncio.timeout(PATIENCE_S):
        return json.loads(await client.recv())


async def closed(client: ClientConnection) -> tuple[int | None, str | None]:
    async with asyncio.timeout(PATIENCE_S):
        with suppress(ConnectionClosed):
            while True:
                await client.recv()
    return client.close_code, client.close_reason


async def answers(client: ClientConnection) -> bool:
    await client.send(json.dumps(QUICK))
    return [(await hear(client))["type"] for _ in range(2)] == ["next", "complete"]


@pytest.mark.parametrize("how", ["token", "Authorization", "authorization"])
async def test_a_token_comes_in_the_payload(port: int, tokens: Tokens, script: Script, how: str) -> None:
    token = tokens.issue(ADA, ["a"], 60)
    async with socket(port, {how: token if how == "token" else f"Bearer {token}"}) as client:
        assert await hear(client) == {"type": "connection_ack"}
        assert await answers(client)
    assert [context.actor for context in script.contexts] == [Actor(ADA, frozenset({"a"}))]


@pytest.mark.parametrize("payload", [{"token": "x"}, {"token": 7}, {"Authorization": "Basic YTpi"}])
async def test_a_token_that_does_not_hold_opens_nothing(port: int, script: Script, payload: dict[str, Any]) -> None:
    async with socket(port, payload) as client:
        assert await closed(client) == FORBIDDEN
    assert script.contexts == []


async def test_the_end_of_a_token_is_waited_for(tokens: Tokens) -> None:
    holder = await tokens.holder(tokens.issue(ADA, [], 2 - SKEW_S))
    over = asyncio.create_task(tokens.over(holder))
    tokens.revocations.replace({BO: utc_now()})  # wakes it too early
    async with asyncio.timeout(PATIENCE_S):
        await over
    assert utc_now().timestamp() >= holder.ends_at


async def test_the_end_of_a_token_is_the_end_of_its_socket_and_of_what_runs_there(
    port: int, tokens: Tokens, script: Script, clock: Clock
) -> None:
    assert isinstance(script.work, Held)
    short, long = ({"token": tokens.issue(ADA, [], ttl_s)} for ttl_s in (60, 600))
    async with socket(port, short) as client, socket(port, long) as other:
        assert await hear(client) == await hear(other) == {"type": "connection_ack"}
        await client.send(json.dumps(SLOW))
        await soon(script.work.began)
        clock.ahead += timedelta(seconds=60 + SKEW_S)
        tokens.revocations.replace({})  # whatever wakes it, it looks at the clock
        assert await closed(client) == FORBIDDEN
        await soon(script.work.cancelled)
        assert await answers(other)


def renewal(token: str) -> dict[str, Any]:
    return {"type": "ping", "payload": {"token": token}}


async def test_a_newer_token_keeps_the_socket_and_gives_its_rights_to_what_runs(
    port: int, tokens: Tokens, script: Script, clock: Clock
) -> None:
    async with socket(port, {"token": tokens.issue(ADA, ["old"], 60)}) as client:
        await hear(client)
        later = tokens.issue(ADA, ["new"], 600)
        await client.send(json.dumps(renewal(later)))
        until = (await tokens.holder(later)).ends_at
        said = await hear(client)
        assert datetime.fromisoformat(said["payload"].pop("until")).timestamp() == until
        assert said == {"type": "pong", "payload": {"authorized": True}}
        clock.ahead += timedelta(seconds=60 + SKEW_S)
        tokens.revocations.replace({})
        assert await answers(client)
        assert script.contexts[-1].actor == Actor(ADA, frozenset({"new"}))
        clock.ahead += timedelta(seconds=600)
        tokens.revocations.replace({})
        assert await closed(client) == FORBIDDEN


async def test_what_runs_has_the_rights_of_the_newest_token_and_its_end(tokens: Tokens, clock: Clock) -> None:
    session = await Session.of(tokens, tokens.issue(ADA, ["old"], 600))
    over = asyncio.create_task(session.over())
    with session.running(Caller(session.actor)) as caller:
        await asyncio.sleep(0)
        await session.renew(tokens.issue(ADA, ["new"], 60))
        await session.renew(tokens.issue(ADA, ["newest"], 60))
        assert caller.actor == session.actor == Actor(ADA, frozenset({"newest"}))
    clock.ahead += timedelta(seconds=60 + SKEW_S)
    tokens.revocations.replace({})
    async with asyncio.timeout(PATIENCE_S):
        await over


async def test_a_wrong_newer_token_leaves_the_old_one_in_force(port: int, tokens: Tokens, script: Script) -> None:
    token = tokens.issue(ADA, ["old"], 60)
    async with socket(port, {"token": token}) as client:
        await hear(client)
        for wrong in ("x", 7):
            await client.send(json.dumps({"type": "ping", "payload": {"token": wrong}}))
            said = (await hear(client))["payload"]
            assert said["authorized"] is False
            assert said["error"]["extensions"] == {"code": "UNAUTHENTICATED"}
            assert datetime.fromisoformat(said["until"]).timestamp() == (await tokens.holder(token)).ends_at
        assert await answers(client)
        await client.send(json.dumps({"type": "ping", "payload": {"sent": 1}}))
        assert await hear(client) == {"type": "pong"}
    assert script.contexts[-1].actor == Actor(ADA, frozenset({"old"}))


@pytest.mark.parametrize("signed_in", [True, False])
async def test_another_persons_token_ends_the_socket(port: int, tokens: Tokens, signed_in: bool) -> None:
    async with socket(port, {"token": tokens.issue(ADA, [], 60)} if signed_in else {}) as client:
        await hear(client)
        await client.send(json.dumps(renewal(tokens.issue(BO, [], 60))))
        assert await closed(client) == (4403, "This token is another person's: connect anew for that one.")


async def test_a_revoked_subject_is_out_of_all_its_sockets_at_once(port: int, tokens: Tokens, script: Script) -> None:
    assert isinstance(script.work, Held)
    mine, others = ({"token": tokens.issue(id, [], 60)} for id in (ADA, BO))
    async with AsyncExitStack() as stack:
        payloads: list[dict[str, str]] = [mine, mine, others, {}]
        client, second, other, nobody = [await stack.enter_async_context(socket(port, one)) for one in payloads]
        assert [await hear(one) for one in (client, second, other, nobody)] == [{"type": "connection_ack"}] * 4
        await client.send(json.dumps(SLOW))
        await soon(script.work.began)
        tokens.revocations.replace({BO: utc_now() - timedelta(hours=1), ADA: utc_now()})
        assert await closed(client) == await closed(second) == FORBIDDEN
        await soon(script.work.cancelled)
        assert await answers(other)
        assert await answers(nobody)
    async with socket(port, mine) as client:
        assert await closed(client) == FORBIDDEN
