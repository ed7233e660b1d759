"""The end of a process that serves, in an order in which nobody has to lose anything.

First it is `leaving`: readiness fails, so that load balancers send what is new elsewhere, and all that comes is served.
Then it is `over`: nobody can connect any more, what runs is finished, streams that would never end are told to go on
elsewhere, each at a moment of its own, and requests that come late are refused.
"""

import asyncio
import random
from collections.abc import Mapping
from typing import Any

from starlette.types import Message, Send

from datasources.errors import Refusal

STATE = "draining"
"""Where an application leaves it in the state of its lifespan, for the server below."""
LATE_S = 1.0
"""Whose connection was taken in the last moment has so long to send a request, which is answered."""
AGAIN_AFTER_S = 1
"""When whoever was refused may ask again: somebody else listens at this address by then."""
_RETURNS_AFTER_MS = (1_000, 5_000)


class ShuttingDown(Refusal):
    code = "SHUTTING_DOWN"
    status = 503

    def __init__(self) -> None:
        super().__init__("This server is shutting down, and nothing was done; send the request again.")


class Draining:
    """Of one process: the server moves it on, and the application acts upon it."""

    def __init__(self, spread_s: float = 0.0) -> None:
        self.spread_s = spread_s
        self.leaving = False
        self._over = asyncio.Event()

    @property
    def over(self) -> bool:
        return self._over.is_set()

    def leave(self) -> None:
        self.leaving = True

    def end(self) -> None:
        self.leave()
        self._over.set()

    async def told(self) -> None:
        """Returns when a stream that would never end has to, at another moment for each, within `spread_s`.

        In one moment, all their clients would come back to those who stay.
        """
        await self._over.wait()
        await asyncio.sleep(random.uniform(0, self.spread_s))


def draining_of(state: Mapping[str, Any]) -> Draining | None:
    """What the application left in this state; None where it has no lifespan."""
    return state.get(STATE)


def retry_ms() -> int:
    """When a client of server-sent events comes back, for their field `retry`: another moment for each."""
    return random.randint(*_RETURNS_AFTER_MS)


def closing(send: Send) -> Send:
    """Sends an answer and ends its connection, since the next one may lead to somebody who stays."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message["headers"] = [*message.get("headers", ()), (b"connection", b"close")]
        await send(message)

    return sent
