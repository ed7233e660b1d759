"""Who joins an execution in flight gets nothing older, nor of other rights, nor in other time, than by its own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from datasources.actor import Actor
from datasources.deadline import remaining_s
from datasources.errors import SourceTimeout
from tests.gateway.example import TOKENS, Held, Script, example
from tests.gateway.identity.forging import ADA
from tests.gateway.serving import PATIENCE_S, served, soon
from tests.gateway_client import Gateway
from tests.metrics import Figures

SLOW = "{ slow }"


@pytest.fixture
async def port(script: Script) -> AsyncIterator[int]:
    async with served(example(script)) as port:
        yield port


class Socket:
    """One of ADA's, for one operation at a time."""

    def __init__(self, client: ClientConnection) -> None:
        self._client = client

    @classmethod
    async def of(cls, client: ClientConnection, scope: str = "old") -> "Socket":
        self = cls(client)
        await self.says("connection_init", token=TOKENS.issue(ADA, [scope], 60))
        assert await self.hears() == {"type": "connection_ack"}
        return self

    async def asks(self, query: str) -> None:
        await self._client.send(json.dumps({"type": "subscribe", "id": "1", "payload": {"query": query}}))

    async def says(self, type: str, **payload: str) -> None:
        await self._client.send(json.dumps({"type": type, "payload": payload}))

    async def leaves(self) -> None:
        await self._client.send(json.dumps({"type": "complete", "id": "1"}))

    async def hears(self) -> dict[str, object]:
        async with asyncio.timeout(PATIENCE_S):
            heard: dict[str, object] = json.loads(await self._client.recv())
            return heard

    async def is_told(self) -> object:
        payload = (await self.hears())["payload"]
        assert isinstance(payload, dict)
        return payload["data"]


def connected(port: int) -> connect:
    protocol = [Subprotocol("graphql-transport-ws")]
    return connect(f"ws://127.0.0.1:{port}/graphql", subprotocols=protocol, compression=None, proxy=None)


async def running(operations: int, figures: Figures) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while figures("heddle_operations_running") < operations:  # noqa: ASYNC110  # figures ring no bell
            await asyncio.sleep(0)


async def done() -> None:
    pass


@pytest.mark.parametrize("knows", ['mutation { write(word: "new") }', "subscription { told }"])
async def test_who_knows_of_a_change_shares_nothing_that_began_before_it(port: int, script: Script, knows: str) -> None:
    """By the answer of a mutation, or by an event, of whoever's change."""
    before = script.work = Held()
    async with connected(port) as one, connected(port) as other:
        early, late = await Socket.of(one), await Socket.of(other)
        await early.asks(SLOW)
        await soon(before.began)
        script.work = done
        script.feeds[""].put("new", None)
        await late.asks(knows)
        assert await late.is_told() in ({"write": "new"}, {"told": "new"})
        assert (await late.hears())["type"] == "complete"
        await late.asks(SLOW)
        assert await late.is_told() == {"slow": "done"}
        before.let_go.set()
        assert await early.is_told() == {"slow": "done"}


async def test_who_begins_anew_has_the_rights_that_it_asked_with(port: int, script: Script) -> None:
    """Others may share it who have these alone."""
    held, figures = Held(), Figures()
    script.work = held
    async with connected(port) as one, connected(port) as other:
        first, second = await Socket.of(one), await Socket.of(other)
        await first.asks(SLOW)
        await soon(held.began)
        await second.asks(SLOW)
        await running(2, figures)
        await second.says("ping", token=TOKENS.issue(ADA, ["new"], 60))
        assert (await second.hears())["type"] == "pong"
        script.work = done
        await first.leaves()
        assert await second.is_told() == {"slow": "done"}
    assert [context.actor for context in script.contexts] == [Actor(ADA, frozenset({"old"}))] * 2


@pytest.fixture
def passed(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Seconds by which all deadlines have come nearer."""
    seconds: list[float] = []
    monkeypatch.setattr("datasources.deadline.monotonic", lambda: time.monotonic() + sum(seconds))
    return seconds


async def test_who_waited_for_another_has_the_rest_of_its_own_time(
    gateway: Gateway, script: Script, passed: list[float]
) -> None:
    held, figures = Held(), Figures()
    script.work = held
    first = asyncio.create_task(gateway.data(SLOW))
    await soon(held.began)
    second = asyncio.create_task(gateway.data(SLOW))
    await running(2, figures)
    left_s: list[float] = []

    async def looks() -> None:
        left_s.append(remaining_s(at_most=10))

    script.work = looks
    passed.append(9)
    first.cancel()
    assert await second == {"slow": "done"}
    assert 0 < left_s[0] <= 1


async def test_who_comes_late_is_not_cut_off_with_another(
    gateway: Gateway, script: Script, passed: list[float]
) -> None:
    """Who came with it would have no more time by itself."""
    held, figures = Held(), Figures()

    async def runs_out() -> None:
        await held()
        raise SourceTimeout("notes")

    script.work = runs_out
    together = [asyncio.create_task(gateway.ask(SLOW))]
    await soon(held.began)
    together.append(asyncio.create_task(gateway.ask(SLOW)))
    await running(2, figures)
    passed.append(9.8)
    late = asyncio.create_task(gateway.ask(SLOW))
    await running(3, figures)
    script.work = done
    held.let_go.set()
    answers = await asyncio.gather(*together, late)
    assert [answer["data"] for answer in answers] == [{"slow": None}, {"slow": None}, {"slow": "done"}]
    assert len(script.contexts) == 2


async def test_a_source_that_is_too_slow_is_so_for_all_who_share(
    gateway: Gateway, script: Script, passed: list[float]
) -> None:
    """Asked anew for who came later, it would make all wait twice."""
    held, figures = Held(), Figures()

    async def is_too_slow() -> None:
        await held()
        raise SourceTimeout("notes")

    script.work = is_too_slow
    asking = [asyncio.create_task(gateway.ask(SLOW))]
    await soon(held.began)
    passed.append(5)
    asking.append(asyncio.create_task(gateway.ask(SLOW)))
    await running(2, figures)
    held.let_go.set()
    assert [answer["data"] for answer in await asyncio.gather(*asking)] == [{"slow": None}] * 2
    assert len(script.contexts) == 1
