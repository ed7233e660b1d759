"""The response whose body is written while the operation still runs."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from gateway.connection import ClientLeft, while_connected
from gateway.incremental.parts import Parts
from gateway.incremental.streams import Stream, written

T = TypeVar("T")

UNTOUCHED = {"Cache-Control": "no-store", "Vary": "Accept", "X-Accel-Buffering": "no"}
"""Proxies neither keep the parts nor hold them back."""


class InParts(StreamingResponse):
    """Sends the parts as they come. A client that leaves takes the work with it."""

    def __init__(self, working: asyncio.Task[Any], chunks: AsyncIterator[bytes], stream: Stream) -> None:
        super().__init__(chunks, headers=UNTOUCHED, media_type=stream.content_type)
        self._working = working

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            with suppress(ClientLeft):
                await while_connected(receive, self.stream_response(send))
        finally:
            self._working.cancel()


class OnePart(Response):
    """A whole answer, for those who take nothing but streams."""

    def __init__(self, body: bytes, stream: Stream) -> None:
        super().__init__(stream.whole(body), headers=UNTOUCHED, media_type=stream.content_type)


async def in_parts(
    stream: Stream,
    work: Callable[[Parts], Coroutine[Any, Any, T]],
    extensions_of: Callable[[T], dict[str, Any]],
) -> T | InParts:
    """Runs the work up to its first part; or to its end, where nothing was put off.

    The last part has the extensions of what the work gives. Raises: what the work raises.
    """
    parts = Parts()
    working = asyncio.create_task(work(parts))
    working.add_done_callback(parts.close)
    try:
        if not await parts.begins():
            return await working
    except asyncio.CancelledError:
        working.cancel()
        raise
    return InParts(working, written(parts, stream, lambda: extensions_of(working.result())), stream)
