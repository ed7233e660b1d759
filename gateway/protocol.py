"""HTTP/1.1 as uvicorn speaks it, with bounds: a request comes whole, in time, and is mostly body.

Below the application, since uvicorn calls that only when a head has come, however large, and waits for a body for ever;
and at the end of the process cuts off who is about to send one.
"""

from asyncio import TimerHandle, Transport

import orjson
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from gateway.draining import AGAIN_AFTER_S, LATE_S, ShuttingDown, draining_of
from gateway.errors import refusal
from gateway.request import BadRequest

WHOLE_IN_S = 30.0
"""From its first byte to its last: a phone with bad reception needs some ten seconds for the largest."""
MAX_HEAD_BYTES = 65_536
"""Of all that is not body: the address with its query, headers with a token, what frames the parts of a body."""


class BoundedHTTP(HttpToolsProtocol):
    """What comes in one piece, as most requests do, costs no timer."""

    whole_in_s = WHOLE_IN_S

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as uvicorn has it
        super().connection_made(transport)
        if (draining := draining_of(self.app_state)) and draining.over:
            self.loop.call_later(LATE_S, self._end)  # it was taken in the last moment, and nobody will tell it
        self._begun = self._in_head = self._whole = False
        self._piece_bytes = 0
        self._apart_bytes = 0  # from the body, in pieces after the one that the request began in
        self._timer: TimerHandle | None = None
        self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_waiting()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._piece_bytes = len(data)
        super().data_received(data)
        self._apart_bytes += len(data)
        if self._whole:
            self._stop_waiting()
        elif self._apart_bytes > MAX_HEAD_BYTES:
            self._refuse_head()
        else:
            self._wait()

    def on_message_begin(self) -> None:
        self._begun = self._in_head = True
        self._whole = False
        self._apart_bytes = -self._piece_bytes
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        in_one_piece = self._apart_bytes < 0
        if not (in_one_piece and self._piece_bytes <= MAX_HEAD_BYTES) and self._size_of_head() > MAX_HEAD_BYTES:
            raise ValueError("The head is too large")  # ends the parsing, and comes out as a bad request
        self._in_head = False
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._apart_bytes -= len(body)
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._whole = True
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._whole = True
        super().handle_websocket_upgrade()

    def shutdown(self) -> None:
        """At the end of the process. Who is about to send a request has a moment for it."""
        if draining := draining_of(self.app_state):
            draining.end()
        if self._in_head or not self._begun:
            self.loop.call_later(LATE_S, self._end)
        else:
            super().shutdown()

    def _end(self) -> None:
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(ShuttingDown(), b"retry-after: %d\r\n" % AGAIN_AFTER_S)
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        if self._in_head and self._size_of_head() > MAX_HEAD_BYTES:
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _size_of_head(self) -> int:
        return len(self.url) + sum(len(name) + len(value) + len(": \r\n") for name, value in self.headers)

    def _wait(self) -> None:
        if self._timer is None:
            self._timer = self.loop.call_later(self.whole_in_s, self._too_late)

    def _stop_waiting(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_late(self) -> None:
        if self._begun:
            message = f"The request did not come whole within {self.whole_in_s:g} s; send it again."
            self._refuse(BadRequest(message, 408))
        else:
            self.transport.close()  # browsers connect in advance: no answer is expected

    def _refuse_head(self) -> None:
        if len(self.url) > MAX_HEAD_BYTES // 2:
            self._refuse(BadRequest("The address is too long; send the query by POST.", 414))
        else:
            message = f"The head of the request is larger than {MAX_HEAD_BYTES} bytes; send fewer headers."
            self._refuse(BadRequest(message, 431))

    def _refuse(self, error: BadRequest | ShuttingDown, headers: bytes = b"") -> None:
        """Answers, unless another answer is under way; then the connection ends."""
        if self._in_head:
            answering = self.cycle is not None and not self.cycle.response_complete
        else:
            answering = self.cycle.response_started or bool(self.pipeline)
        if not answering:
            body = orjson.dumps({"errors": [refusal(error)]})
            head = b"content-type: application/json\r\ncontent-length: %d\r\nconnection: close\r\n" % len(body)
            self.transport.write(b"".join((STATUS_LINE[error.status], head, headers, b"\r\n", body)))
        self.transport.close()
