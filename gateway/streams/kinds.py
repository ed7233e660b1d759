"""Server-sent events, as graphql-sse has them, and multipart, as Apollo's clients read subscriptions."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import orjson

from datasources.errors import Refusal
from gateway.draining import ShuttingDown, retry_ms
from gateway.errors import refusal
from gateway.headers import Range, ranges
from gateway.results import Failure


class Leaving(Refusal):
    code = ShuttingDown.code

    def __init__(self) -> None:
        super().__init__("This server is shutting down: subscribe again, after the last cursor that you have.")


_HEAD = b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n"
_BOUNDARY = b"\r\n---"


@dataclass(frozen=True, slots=True)
class Kind:
    """What goes around a result, and what is said besides. Clients read a result when they have read what is after it.

    In `failure`, the JSON array of errors takes the place of `%b`. `leaving` is said when the server goes: clients of
    events come back where a stream breaks off, and others have to be told.
    """

    content_type: str
    opening: Callable[[], bytes]
    before: bytes
    after: bytes
    failure: bytes
    alive: bytes
    closing: bytes
    leaving: bytes

    def results(self, page: Iterable[bytes]) -> bytes:
        return b"".join([b"%b%b%b" % (self.before, result, self.after) for result in page])

    def said(self, failure: Failure) -> bytes:
        if failure.ran:
            return self.failure % failure.errors
        return self.results((b'{"errors":%b}' % failure.errors,))


EVENTS = Kind(
    "text/event-stream; charset=utf-8",
    opening=lambda: b"retry: %d\n\n" % retry_ms(),
    before=b"event: next\ndata: ",
    after=b"\n\n",
    failure=b'event: next\ndata: {"errors":%b}\n\n',
    alive=b":\n\n",
    closing=b"event: complete\ndata:\n\n",
    leaving=b"",
)
_FAILURE = _HEAD + b'{"payload":null,"errors":%b}' + _BOUNDARY
MULTIPART = Kind(
    'multipart/mixed;boundary="-";subscriptionSpec="1.0"',
    opening=lambda: _BOUNDARY,
    before=_HEAD + b'{"payload":',
    after=b"}" + _BOUNDARY,
    failure=_FAILURE,
    alive=_HEAD + b"{}" + _BOUNDARY,
    closing=b"--\r\n",
    leaving=_FAILURE % orjson.dumps([refusal(Leaving())]) + b"--\r\n",
)


def kind_of(accept: bytes) -> Kind | None:
    """Which of them the client likes best, or names first; None where it names neither."""
    named = [(one.quality, -place, kind) for place, one in enumerate(ranges(accept)) if (kind := _named(one))]
    quality, _, kind = max(named, default=(0.0, 0, None))
    return kind if quality else None


def _named(said: Range) -> Kind | None:
    if said.media_type == "text/event-stream":
        return EVENTS
    apollo = said.media_type == "multipart/mixed" and said.parameters.get("subscriptionspec") == "1.0"
    return MULTIPART if apollo else None
