"""People for tests: they do through the graph what people do, each in one line."""

from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import ANONYMOUS, Actor
from datasources.ids import uuid7
from datasources.social.sources import SocialSources
from schema.node import global_id
from tests.commerce.shop import Clock
from tests.gateway_client import Gateway

PROBLEM = "problem { __typename code message }"


class Town:
    def __init__(self, sources: SocialSources, gateway: Gateway, clock: Clock) -> None:
        self.sources = sources
        self.database = sources.database
        self.gateway = gateway
        self.clock = clock
        self._keys = (f"key-{number}" for number in count())

    async def person(self, handle: str, *, private: bool = False, actor: Actor | None = None, **more: Any) -> Actor:
        """Somebody with a profile."""
        self.clock.forward(seconds=1)
        actor = actor or Actor(uuid7(self.clock()))
        values = {"handle": handle, "name": handle.title(), "private": private, **more}
        made = await self.does("createProfile", "CreateProfileInput", "profile { handle }", values, as_=actor)
        assert made == {"profile": {"handle": handle}, "problem": None}
        return actor

    def moderator(self) -> Actor:
        return Actor(uuid7(self.clock()), frozenset({"social:moderate"}))

    async def follows(self, one: Actor, other: Actor) -> None:
        """Lets the follower in where that has to be."""
        await self._to("follow", one, other)
        if await self.gateway.data("{ followRequests { nodes { id } } }", as_=other) != {
            "followRequests": {"nodes": []}
        }:
            await self._to("acceptFollower", other, one)

    async def asks(self, one: Actor, other: Actor) -> None:
        """To follow, and is not let in yet."""
        await self._to("follow", one, other)

    async def blocks(self, one: Actor, other: Actor) -> None:
        await self._to("blockProfile", one, other)

    async def post(self, author: Actor, text: str = "Good morning", visibility: str = "PUBLIC", **more: Any) -> str:
        values = {"text": text, "visibility": visibility, "idempotencyKey": next(self._keys), **more}
        return await self._made("createPost", "CreatePostInput", "post", values, author)

    async def comment(self, author: Actor, post: str, text: str = "Quite so") -> str:
        values = {"postId": post, "text": text, "idempotencyKey": next(self._keys)}
        return await self._made("createComment", "CreateCommentInput", "comment", values, author)

    async def reacts(self, author: Actor, post: str, kind: str | None = "LIKE") -> None:
        await self._made("react", "ReactInput", "post", {"postId": post, "kind": kind}, author)

    async def review(self, author: Actor, product: str, stars: int = 4, text: str = "It holds water") -> str:
        values = {"productId": product, "stars": stars, "text": text, "idempotencyKey": next(self._keys)}
        return await self._made("writeReview", "WriteReviewInput", "review", values, author)

    async def conversation(self, starter: Actor, *others: Actor) -> str:
        values = {"profileIds": list(map(self.id, others)), "idempotencyKey": next(self._keys)}
        return await self._made("startConversation", "StartConversationInput", "conversation", values, starter)

    async def message(self, author: Actor, conversation: str, text: str = "Psst") -> str:
        values = {"conversationId": conversation, "text": text, "idempotencyKey": next(self._keys)}
        return await self._made("sendMessage", "SendMessageInput", "message", values, author)

    async def reports(self, author: Actor, subject: str) -> None:
        self.clock.forward(seconds=1)
        answer = await self.does(
            "report", "ReportInput", "subjectId", {"subjectId": subject, "reason": "Rude"}, as_=author
        )
        assert answer == {"subjectId": subject, "problem": None}

    async def moderates(self, subject: str, action: str = "HIDE") -> tuple[list[str], list[str]]:
        """The ids of all reports and decisions by then."""
        values = {"subjectId": subject, "action": action}
        await self._made("moderate", "ModerateInput", "decision", values, self.moderator())
        query = "{ reports(openOnly: false) { nodes { id } } decisions { nodes { id } } }"
        found = await self.gateway.data(query, as_=self.moderator())
        reports, decisions = ([node["id"] for node in found[name]["nodes"]] for name in ("reports", "decisions"))
        return reports, decisions

    async def notifications(self, actor: Actor) -> list[str]:
        """The ids."""
        found = await self.gateway.data("{ notifications { nodes { id } } }", as_=actor)
        return [node["id"] for node in found["notifications"]["nodes"]]

    async def does(
        self, mutation: str, kind: str, selection: str, values: dict[str, Any], *, as_: Actor = ANONYMOUS
    ) -> Any:
        """The payload of a mutation: the selection, and its problem."""
        document = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {selection} {PROBLEM} }} }}"
        return (await self.gateway.data(document, {"input": values}, as_=as_))[mutation]

    async def _made(self, mutation: str, kind: str, result: str, values: dict[str, Any], actor: Actor) -> str:
        self.clock.forward(seconds=1)
        answer = await self.does(mutation, kind, f"{result} {{ id }}", values, as_=actor)
        assert answer["problem"] is None, answer
        return str(answer[result]["id"])

    async def _to(self, mutation: str, one: Actor, other: Actor) -> None:
        self.clock.forward(seconds=1)
        values = {"profileId": self.id(other)}
        answer = await self.does(mutation, "OtherProfileInput", "profile { id }", values, as_=one)
        assert answer["problem"] is None, answer

    async def count(self, table: sa.Table, *conditions: sa.ColumnElement[bool]) -> int:
        return int(await self.database.scalar(sa.select(sa.func.count()).select_from(table).where(*conditions)))

    @staticmethod
    def id(actor: Actor) -> str:
        """Of their profile."""
        assert isinstance(actor.id, UUID)
        return global_id("Profile", actor.id)
