"""A response that stays open, kept alive, until its work, its session, its server or its client ends."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractContextManager, suppress

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from gateway.connection import ClientLeft, while_connected
from gateway.errors import refusal
from gateway.metrics import STREAMS
from gateway.operation import request_refused
from gateway.request import request_id
from gateway.session import Session, SessionOver
from gateway.streams.kinds import Kind

ALIVE_EVERY_S = 12.0
"""Proxies hang up on what is silent for longer than half a minute or so."""
UNTOUCHED = {"Cache-Control": "no-store", "Vary": "Accept", "X-Accel-Buffering": "no"}

Write = Callable[[bytes], Awaitable[None]]
"""Sends a piece of the body, once the client has read most of what came before."""
Work = Callable[[Write], Awaitable[bytes]]
"""Writes the body, and gives what is to be written last."""


class _Ended(Exception):
    def __init__(self, last: bytes) -> None:
        super().__init__(last)
        self.last = last


class Live(Response):
    """Holds `held` until it has ended.

    When `left` returns its server goes, and it ends as its kind has it. When its session is over, its last words are
    what `failed` makes of the errors, a JSON array.
    """

    def __init__(
        self,
        kind: Kind,
        work: Work,
        failed: Callable[[bytes], bytes],
        session: Session,
        left: Callable[[], Awaitable[None]],
        held: AbstractContextManager[object],
    ) -> None:
        self.status_code = 200
        self.background = None
        self.init_headers(UNTOUCHED | {"Content-Type": kind.content_type})
        self._kind = kind
        self._work = work
        self._failed = failed
        self._session = session
        self._left = left
        self._held = held

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._held, STREAMS.track_inprogress(), suppress(ClientLeft):
            await while_connected(receive, self._stream(send))

    async def _stream(self, send: Send) -> None:
        async def write(piece: bytes) -> None:
            await send({"type": "http.response.body", "body": piece, "more_body": True})

        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await write(self._kind.opening())
        last = b""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._keep_alive(write))
                group.create_task(self._until_over())
                group.create_task(self._until_left())
                raise _Ended(await self._work(write))
        except* _Ended as ended:
            last = next(one.last for one in ended.exceptions if isinstance(one, _Ended))
        await send({"type": "http.response.body", "body": last})

    async def _keep_alive(self, write: Write) -> None:
        while True:
            await asyncio.sleep(ALIVE_EVERY_S)
            await write(self._kind.alive)

    async def _until_over(self) -> None:
        await self._session.over()
        error = SessionOver()
        request_refused(error, request_id())
        raise _Ended(self._failed(orjson.dumps([refusal(error)])))

    async def _until_left(self) -> None:
        await self._left()
        raise _Ended(self._kind.leaving)
