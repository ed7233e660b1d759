"""Bodies that never come: who sends less than all of one in time is not waited for."""

import asyncio

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

IN_TIME_S = 30.0
"""For all of a body: a phone with bad reception needs some ten seconds for the largest."""


class BodyInTime:
    """Middleware: answers 408 and closes the connection. Waiting for the client to leave takes as long as it takes."""

    def __init__(self, app: ASGIApp, within_s: float = IN_TIME_S) -> None:
        self._app = app
        self._within_s = within_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = _in_time(receive, asyncio.get_running_loop().time() + self._within_s)
        await self._app(scope, receive, send)


def _in_time(receive: Receive, ends: float) -> Receive:
    whole = False

    async def receive_in_time() -> Message:
        nonlocal whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(ends):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408, headers={"Connection": "close"}) from None
        whole = not message.get("more_body", False)
        return message

    return receive_in_time
