"""The client at the other end: what it sends, and whether it still waits for its answer."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, TypeVar, cast

from starlette.types import Receive

from gateway.request import BadRequest
from gateway.watched import guarded

T = TypeVar("T")

NOTICED_AFTER_S = 0.05
"""Whether the client is still there is looked at from then on: most queries have ended, and to look costs a task."""


class ClientLeft(Exception):
    """Nobody is there to be answered."""


async def body_of(receive: Receive, max_bytes: int) -> bytes:
    """All of the body. Raises: BadRequest with status 413, before much more than that is held; ClientLeft."""
    chunks: list[bytes] = []
    length, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientLeft
        chunks.append(message.get("body", b""))
        length += len(chunks[-1])
        if length > max_bytes:
            raise BadRequest(f"The request is larger than {max_bytes} bytes; send less at a time.", 413)
        more = message.get("more_body", False)
    return b"".join(chunks)


def while_connected(receive: Receive, work: Coroutine[Any, Any, T]) -> Coroutine[Any, Any, T]:
    """What the work gives; it is cancelled as soon as the client has left. Raises: ClientLeft."""
    return guarded(work, partial(_connected, receive))


@asynccontextmanager
async def _connected(receive: Receive) -> AsyncIterator[None]:
    loop = asyncio.get_running_loop()
    running = cast(asyncio.Task[Any], asyncio.current_task(loop))
    watching: asyncio.Task[None] | None = None
    left = False

    async def watch() -> None:
        nonlocal left
        while (await receive())["type"] != "http.disconnect":
            pass  # a GET's empty body comes first
        left = True
        running.cancel()

    def begin() -> None:
        nonlocal watching
        watching = loop.create_task(watch())

    timer = loop.call_later(NOTICED_AFTER_S, begin)
    try:
        yield
    except asyncio.CancelledError as error:
        if not left:
            raise
        running.uncancel()
        error.__traceback__ = None  # it holds all that was cancelled, and a TaskGroup that it went through holds it
        raise ClientLeft from None
    finally:
        timer.cancel()
        if watching is not None:
            watching.cancel()
