"""Who subscribes hears of what is theirs, in order, and can come again."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from datasources.actor import Actor
from datasources.ids import uuid7
from datasources.social.events import EventType
from house import House
from schema.social.events import SocialEvent
from tests.gateway.serving import served
from tests.social.town import Town

PATIENCE_S = 60
FEED = "subscription ($after: Cursor) { followedPosted(after: $after) { cursor post { text author { handle } } } }"
MESSAGES = """
subscription ($id: ID!, $after: Cursor) { messageSent(conversationId: $id, after: $after) { message { number text } } }
"""
NEWS = 'subscription { notificationCreated(after: "oldest") { notification { kind actor { handle } } } }'
EVERYTHING = """subscription ($types: [SocialEventType!]) {
  socialEvents(types: $types, after: "oldest") {
    __typename type
    ... on ProfileEvent { profile { handle } }
    ... on PostEvent { post { text } }
    ... on ConversationEvent { conversation { id } }
    ... on MessageEvent { message { text } }
  }
}"""
Next = Callable[[], Any]
Listen = Callable[..., AbstractAsyncContextManager[Next]]


@pytest.fixture
async def listen(house: House) -> AsyncIterator[Listen]:
    """`async with listen(QUERY, ada, **variables) as next`: the events, from a cursor, each as it comes."""
    async with served(house.app, lifespan="off") as port:

        @asynccontextmanager
        async def listening(query: str, as_: Actor, **variables: Any) -> AsyncIterator[Next]:
            url, protocol = f"ws://127.0.0.1:{port}/graphql", Subprotocol("graphql-transport-ws")
            async with connect(url, subprotocols=[protocol], proxy=None) as socket:
                token = {"token": house.tokens.issue(as_.signed_in, as_.scopes, 600)}
                await socket.send(json.dumps({"type": "connection_init", "payload": token}))
                await socket.recv()
                payload = {"query": query, "variables": variables}
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))

                async def next() -> Any:
                    async with asyncio.timeout(PATIENCE_S):
                        message = json.loads(await socket.recv())
                    assert message["type"] == "next", message
                    (value,) = message["payload"]["data"].values()
                    return value

                yield next

        yield listening


async def test_one_hears_of_the_posts_of_those_whom_one_follows_and_sees(listen: Listen, town: Town) -> None:
    ada, bo, cy = [await town.person(handle) for handle in ("ada", "bob", "cyd")]
    await town.follows(ada, bo)
    async with listen(FEED, ada, after="oldest") as next:
        await town.post(cy, "of a stranger")
        await town.post(bo, "his own", "ME")
        await town.post(bo, "first", "FOLLOWERS")
        await town.post(bo, "second")
        first = await next()
        assert first["post"] == {"text": "first", "author": {"handle": "bob"}}
        assert (await next())["post"]["text"] == "second"
    async with listen(FEED, ada, after=first["cursor"]) as next:
        assert (await next())["post"]["text"] == "second", "who comes again goes on behind the cursor"


async def test_messages_are_heard_by_members_alone_and_not_of_the_blocked(listen: Listen, town: Town) -> None:
    ada, bo, cy, eve = [await town.person(handle) for handle in ("ada", "bob", "cyd", "eve")]
    conversation = await town.conversation(ada, bo, cy)
    await town.blocks(ada, cy)
    async with (
        listen(MESSAGES, ada, id=conversation, after="oldest") as to_ada,
        listen(MESSAGES, eve, id=conversation, after="oldest") as to_eve,
    ):
        await town.message(cy, conversation, "of the blocked")
        await town.message(bo, conversation, "Hello")
        assert await to_ada() == {"message": {"number": 2, "text": "Hello"}}
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.3):
                await to_eve()


async def test_one_hears_what_one_is_told(listen: Listen, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    async with listen(NEWS, ada) as next:
        await town.follows(bo, ada)
        await town.post(bo, "Hello @ada")
        heard = [await next(), await next()]
    assert heard == [{"notification": {"kind": kind, "actor": {"handle": "bob"}}} for kind in ("FOLLOW", "MENTION")]


async def test_services_hear_of_everything_and_see_what_they_may(listen: Listen, town: Town) -> None:
    ada, bo = await town.person("ada"), await town.person("bob")
    await town.follows(bo, ada)
    await town.post(bo, "Hello")
    await town.message(bo, await town.conversation(ada, bo), "between us")
    service = Actor(uuid7(town.clock()), frozenset({"events:read"}))
    types = ["FOLLOW_BEGAN", "POST_CREATED", "CONVERSATION_STARTED", "MESSAGE_SENT"]
    async with listen(EVERYTHING, service, types=types) as next:
        assert [await next() for _ in types] == [
            {"__typename": "ProfileEvent", "type": "FOLLOW_BEGAN", "profile": {"handle": "ada"}},
            {"__typename": "PostEvent", "type": "POST_CREATED", "post": {"text": "Hello"}},
            {"__typename": "ConversationEvent", "type": "CONVERSATION_STARTED", "conversation": None},
            {"__typename": "MessageEvent", "type": "MESSAGE_SENT", "message": None},
        ]


def test_each_event_of_social_has_a_type_that_tells_it() -> None:
    told = [event.subjects for event in SocialEvent.__subclasses__()]
    for type in EventType:
        assert sum(type.partition(".")[0] in subjects for subjects in told) == 1, type
