"""WebSockets as uvicorn speaks them with wsproto, but for the text messages that the application sends: framed here.

A message of a server is a head of two to ten bytes and its text. Through the ASGI message, Starlette and wsproto it
takes 5 µs, here 1, and all that is known at once goes out in one write. Reading, closing and pings stay wsproto's. And
at the end of the process uvicorn would close all sockets in one moment, in the middle of what they do: they are left to
the application.
"""

from collections.abc import Awaitable, Callable
from struct import Struct

from uvicorn.protocols.websockets.wsproto_impl import WSProtocol
from wsproto import events

from gateway.connection import ClientLeft
from gateway.draining import draining_of

SEND_FRAMES = "heddle.send_frames"
"""The name of the ASGI extension."""
SendFrames = Callable[[bytes], Awaitable[None]]
"""Sends whole messages, which are framed, in one write, once the client has read most of what came before.

Raises: ClientLeft where the socket is closed.
"""

CLOSING_S = 1.0
"""How long a client has for its last word at the end of the process."""

TEXT = 0x81  # the only frame of its message
_SHORT, _LONG = Struct("!BBH"), Struct("!BBQ")


class FramedWebSocket(WSProtocol):
    def handle_connect(self, event: events.Request) -> None:
        super().handle_connect(event)
        self.scope["extensions"][SEND_FRAMES] = self.send_frames  # type: ignore[assignment] # of any name

    def shutdown(self) -> None:
        self.close_timeout = CLOSING_S
        draining = draining_of(self.app_state)
        if draining is None or self.close_sent:
            super().shutdown()
        else:
            draining.end()

    async def send_frames(self, frames: bytes) -> None:
        if not self.writable.is_set():
            await self.writable.wait()
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientLeft
        self.transport.write(frames)


def frame(text: bytes) -> bytes:
    """A message of a server, which is not masked."""
    return head(len(text)) + text


def head(length: int) -> bytes:
    """What comes before so many bytes of a message."""
    if length < 126:
        return b"%c%c" % (TEXT, length)
    return _SHORT.pack(TEXT, 126, length) if length < 65_536 else _LONG.pack(TEXT, 127, length)
