"""Operations over a socket: their results, ends and errors."""

import asyncio
import json
from collections.abc import AsyncGenerator, Sequence
from contextvars import ContextVar
from typing import Any

import pytest
from structlog.testing import capture_logs

from datasources.errors import Forbidden, SourceUnavailable
from gateway.page import Page
from gateway.request import Caller, GraphQLRequest, NotExecuted
from gateway.session import Session
from gateway.websocket import PROTOCOL, SocketLimits
from tests.gateway.example import TOKENS
from tests.gateway.websocket.client import ADA, ONE_ANSWER, SUBSCRIBE, Dial, Feed, me, session


async def test_a_query_has_one_result_and_ends(dial: Dial) -> None:
    async with dial(me) as client:
        assert client.connection.subprotocol == PROTOCOL
        await client.init()
        assert await client.ask(SUBSCRIBE, hears=2) == ONE_ANSWER
        assert await client.ask(SUBSCRIBE, hears=2) == ONE_ANSWER


async def test_results_that_are_there_together_come_each_as_a_message_in_order(dial: Dial) -> None:
    sizes = [2, 60, 61, 62, 63, 64, 65_480, 65_481, 65_482, 65_536, 300_000]  # around what changes the head of a frame

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        yield Page(json.dumps("x" * size).encode() for size in sizes)
        yield Page()
        yield Page((b"1",))

    async with dial(run) as client:
        await client.init()
        *answers, last = await client.ask(SUBSCRIBE, hears=len(sizes) + 2)
    assert [len(answer["payload"]) for answer in answers[:-1]] == sizes
    assert answers[-1] == {"id": "1", "type": "next", "payload": 1}
    assert last == {"id": "1", "type": "complete"}


async def test_who_connects_and_what_they_ask_reach_the_operation(dial: Dial) -> None:
    heard: list[Any] = []

    async def open_session(params: dict[str, Any] | None) -> Session:
        heard.append(params)
        return session()

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        heard.extend([caller.actor, request])
        yield Page((b"{}",))

    payload = {"query": "q", "operationName": "o", "variables": {"a": [1]}, "extensions": {"b": None}, "more": 1}
    async with dial(run, open_session) as client:
        await client.ask({"type": "connection_init", "payload": {"token": "abc"}})
        await client.ask({"id": 'é"\\ \n', "type": "subscribe", "payload": payload}, hears=2)
    assert heard == [{"token": "abc"}, ADA, GraphQLRequest("q", {"a": [1]}, "o", {"b": None})]


async def test_ids_of_any_text_come_back_as_they_were(dial: Dial) -> None:
    async with dial(me) as client:
        await client.init()
        answers = await client.ask({**SUBSCRIBE, "id": 'é"\\ \n\u2028'}, hears=2)
        assert [answer["id"] for answer in answers] == ['é"\\ \n\u2028'] * 2


@pytest.mark.parametrize("payload", [{}, {"payload": None}, {"payload": {}}])
async def test_nobody_may_connect_without_saying_who(dial: Dial, payload: dict[str, Any]) -> None:
    heard: list[Any] = []

    async def open_session(params: dict[str, Any] | None) -> Session:
        heard.append(params)
        return Session(TOKENS)

    async with dial(me, open_session) as client:
        assert await client.ask({"type": "connection_init", **payload}) == [{"type": "connection_ack"}]
    assert heard == [payload.get("payload")]


async def test_subscriptions_of_one_socket_run_side_by_side(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        await feed.begin(client, "2", "b")
        for name, event, id in [("a", b'{"n":1}', "1"), ("b", b'{"n":2}', "2"), ("a", b'{"n":3}', "1")]:
            feed.queues[name].put_nowait(event)
            assert await client.hear() == {"id": id, "type": "next", "payload": json.loads(event)}
        feed.queues["a"].put_nowait(b"")
        assert await client.hear() == {"id": "1", "type": "complete"}
        feed.queues["b"].put_nowait(b'{"n":4}')
        assert await client.hear() == {"id": "2", "type": "next", "payload": {"n": 4}}


async def test_each_operation_has_a_context_of_its_own(dial: Dial) -> None:
    seen: ContextVar[str] = ContextVar("seen", default="nothing")

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        before = seen.get()
        seen.set(request.query)
        yield Page((json.dumps({"before": before}).encode(),))

    async with dial(run) as client:
        await client.init()
        for _ in range(2):
            answer, _ = await client.ask(SUBSCRIBE, hears=2)
            assert answer["payload"] == {"before": "nothing"}


async def test_complete_cancels_the_operation_and_frees_its_id(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        await feed.begin(client, "2", "b")
        await client.say({"id": "1", "type": "complete"})
        assert await feed.end() == "a"
        await feed.begin(client, "1", "c")
        feed.queues["c"].put_nowait(b"{}")
        assert await client.hear() == {"id": "1", "type": "next", "payload": {}}
        assert feed.ended.empty()


async def test_an_id_can_be_used_again_right_after_its_complete(dial: Dial, feed: Feed) -> None:
    async with dial(feed.run) as client:
        await client.init()
        await feed.begin(client, "1", "a")
        await client.say({"id": "1", "type": "complete"})
        await feed.begin(client, "1", "b")
        feed.queues["b"].put_nowait(b"")
        assert await client.hear() == {"id": "1", "type": "complete"}


async def test_complete_of_nothing_is_no_mistake(dial: Dial) -> None:
    async with dial(me) as client:
        await client.say({"id": "9", "type": "complete"})
        await client.init()
        await client.say({"id": "9", "type": "complete"})
        assert await client.ask(SUBSCRIBE, hears=2) == ONE_ANSWER


async def test_operations_of_a_socket_are_bounded_also_while_they_clean_up(dial: Dial) -> None:
    started, cleaning, clean = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        if request.query == "quick":
            yield Page((b"{}",))
            return
        try:
            started.set()
            await asyncio.Event().wait()
        finally:
            cleaning.set()
            await clean.wait()

    quick = {"id": "2", "type": "subscribe", "payload": {"query": "quick"}}
    refused = {
        "message": "This socket runs 1 operations already; complete one, or open another socket.",
        "extensions": {"code": "TOO_MANY_OPERATIONS"},
    }
    async with dial(run, limits=SocketLimits(max_operations=1)) as client:
        await client.init()
        await client.say(SUBSCRIBE)
        await started.wait()
        assert await client.ask(quick) == [{"id": "2", "type": "error", "payload": [refused]}]
        await client.say({"id": "1", "type": "complete"})
        await cleaning.wait()
        assert await client.ask(quick) == [{"id": "2", "type": "error", "payload": [refused]}]
        clean.set()
        assert await client.ask({"type": "ping"}) == [{"type": "pong"}]
        for _ in range(3):
            answers = await client.ask(quick, hears=2)
            assert [answer["type"] for answer in answers] == ["next", "complete"]


async def test_a_refused_request_is_an_error_of_its_operation_alone(dial: Dial) -> None:
    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        if request.operation_name:
            raise NotExecuted(b'[{"message":"There is no operation X."}]')
        yield Page((b'{"data":{"me":"Ada"}}',))

    unknown = {"id": "2", "type": "subscribe", "payload": {"query": "{ me }", "operationName": "X"}}
    said = {"id": "2", "type": "error", "payload": [{"message": "There is no operation X."}]}
    async with dial(run) as client:
        await client.init()
        assert await client.ask(unknown) == [said]
        assert await client.ask(unknown) == [said]
        assert await client.ask(SUBSCRIBE, hears=2) == ONE_ANSWER


async def test_refusals_and_dead_sources_end_a_subscription_with_their_code(dial: Dial, feed: Feed) -> None:
    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        yield Page((b"{}",))
        if request.query == "source":
            raise SourceUnavailable("events", "secret detail")
        raise Forbidden("events")

    async def error(name: str) -> Any:
        subscribe = {"id": "1", "type": "subscribe", "payload": {"query": name}}
        first, last = await client.ask(subscribe, hears=2)
        assert (first["type"], last["type"], len(last["payload"])) == ("next", "error", 1)
        return last["payload"][0]

    async with dial(run) as client:
        await client.init()
        assert await error("refusal") == {
            "message": "This needs the scope 'events', which your token does not hold.",
            "extensions": {"code": "FORBIDDEN", "scope": "events"},
        }
        assert await error("source") == {
            "message": "The service 'events' is not available at the moment; try again later.",
            "extensions": {"code": "SOURCE_UNAVAILABLE", "service": "events"},
        }


async def test_a_bug_in_one_operation_is_masked_logged_and_leaves_the_others_alone(dial: Dial, feed: Feed) -> None:
    async def run(caller: Caller, request: GraphQLRequest) -> AsyncGenerator[Sequence[bytes], None]:
        if request.query == "bug":
            raise RuntimeError("secret detail")
        async for event in feed.run(caller, request):
            yield event

    with capture_logs() as logs:
        async with dial(run) as client:
            await client.init()
            await feed.begin(client, "1", "a")
            [said] = await client.ask({"id": "2", "type": "subscribe", "payload": {"query": "bug"}})
            feed.queues["a"].put_nowait(b"{}")
            assert await client.hear() == {"id": "1", "type": "next", "payload": {}}
    [error] = said["payload"]
    assert error["extensions"]["code"] == "INTERNAL"
    assert "secret" not in json.dumps(said)
    assert [log["request"] for log in logs] == [error["extensions"]["requestId"]]
