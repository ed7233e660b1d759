"""Who subscribes, and what each hears: it goes on from its last cursor whenever it loses its connection."""

import asyncio
import random
from collections.abc import Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from datasources.commerce.events import EventType
from datasources.events import types_of
from datasources.ids import utc_now
from schema.commerce.events import OF_ORDERS
from tests.chaos.transports import LOST, TRANSPORTS, Json, Refused

AGAIN = {"SOURCE_UNAVAILABLE", "SOURCE_TIMEOUT", "SHUTTING_DOWN", "OPERATION_TIMEOUT"}
"""After these a client asks again."""


@dataclass(frozen=True, slots=True)
class Interest:
    """A subscription, whose it is, and which events it is of, by their rows."""

    name: str
    query: str
    who: str | None
    variables: Callable[["Cast"], Json]
    of: Callable[[Any, "Cast"], bool]


@dataclass(frozen=True, slots=True)
class Cast:
    """`tokens` of the people of a run by their names; `ids` of people and products, global and as they are kept."""

    tokens: dict[str, str]
    ids: dict[str, Any]
    global_ids: dict[str, str]


EVERYTHING = """subscription ($after: Cursor) { commerceEvents(after: $after) {
  cursor at
  ... on OrderEvent { order { number status lines { quantity } } }
  ... on StockEvent { available product { name } }
  ... on CartEvent { customer { id } }
} }"""
SOME = """subscription ($after: Cursor, $types: [CommerceEventType!]) {
  commerceEvents(after: $after, types: $types) { cursor at }
}"""
ORDERS = "subscription ($after: Cursor) { orderChanged(after: $after) { cursor at order { number status } } }"
STOCK = """subscription ($after: Cursor, $ids: [ID!]) {
  stockChanged(after: $after, productIds: $ids) { cursor at available product { name } }
}"""

INTERESTS = (
    Interest("everything", EVERYTHING, "staff", lambda _: {}, lambda event, _: True),
    Interest(
        "placed",
        SOME,
        "staff",
        lambda _: {"types": ["ORDER_PLACED"]},
        lambda event, _: event.type == EventType.ORDER_PLACED,
    ),
    Interest(
        "own orders",
        ORDERS,
        "buyer 0",
        lambda _: {},
        lambda event, cast: event.type in OF_ORDERS and event.owner == cast.ids["buyer 0"],
    ),
    Interest(
        "stock of one",
        STOCK,
        None,
        lambda cast: {"ids": [cast.global_ids["product 0"]]},
        lambda event, cast: event.type in types_of(EventType, "stock") and event.subject == cast.ids["product 0"],
    ),
)


@dataclass(frozen=True, slots=True)
class Heard:
    cursor: str
    at: datetime
    arrived: datetime

    @property
    def delay_s(self) -> float:
        return (self.arrived - self.at).total_seconds()


@dataclass
class Subscriber:
    """One interest over one transport. `spoiled` are results that had errors, `refused` the codes of its refusals."""

    interest: Interest
    transport: str
    chance: random.Random
    heard: list[Heard] = field(default_factory=list)
    connections: int = 0
    spoiled: list[Json] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)

    @property
    def name(self) -> str:
        return f"{self.interest.name} over {self.transport}"

    @property
    def last(self) -> str:
        """Where it goes on."""
        return self.heard[-1].cursor if self.heard else "oldest"

    async def listen(self, url: str, cast: Cast) -> None:
        """For ever, from the oldest event on. Raises: Refused where there is no sense in asking again."""
        token = cast.tokens[self.interest.who] if self.interest.who else None
        while True:
            variables = {"after": self.last, **self.interest.variables(cast)}
            request = {"query": self.interest.query, "variables": variables}
            self.connections += 1
            try:
                async with aclosing(TRANSPORTS[self.transport](url, token, request)) as results:
                    async for result in results:
                        self._hear(result)
            except LOST:
                pass
            except Refused as refused:
                if not refused.codes <= AGAIN:
                    raise
                self.refused |= refused.codes
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    def _hear(self, result: Json) -> None:
        if "errors" in result:
            self.spoiled.append(result)
        if result.get("data"):
            (event,) = result["data"].values()
            self.heard.append(Heard(event["cursor"], datetime.fromisoformat(event["at"]), utc_now()))


def subscribers(seed: int, transports: Iterable[str]) -> list[Subscriber]:
    """One for each interest and transport."""
    return [
        Subscriber(interest, transport, random.Random(f"{seed} {interest.name} {transport}"))
        for transport in transports
        for interest in INTERESTS
    ]
