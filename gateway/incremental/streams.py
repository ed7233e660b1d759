"""How parts go over HTTP: as `multipart/mixed` or as server-sent events, in the form that the client reads."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.headers import GRAPHQL_JSON, JSON, Range, ranges
from gateway.incremental.formats import Form, by_id, by_path
from gateway.incremental.parts import Parts


@dataclass(frozen=True, slots=True)
class Framing:
    """What goes around the parts. Clients read a part when they have read what is `after` it."""

    content_type: str
    opening: bytes
    before: bytes
    after: bytes
    closing: bytes


@dataclass(frozen=True, slots=True)
class Spec:
    """A description of the form that others wrote, by the name that they gave it."""

    name: str
    form: Form


@dataclass(frozen=True, slots=True)
class Stream:
    framing: Framing
    spec: Spec

    @property
    def content_type(self) -> str:
        return f"{self.framing.content_type}; {self.spec.name}"

    def whole(self, answer: bytes) -> bytes:
        """A whole answer, which is a JSON object, as the only part: for those who take nothing but streams."""
        framing = self.framing
        return b"".join(
            (framing.opening, framing.before, answer[:-1], b',"hasNext":false}', framing.after, framing.closing)
        )


MULTIPART = Framing(
    'multipart/mixed; boundary="-"',
    b"\r\n---",
    b"\r\nContent-Type: application/json; charset=utf-8\r\n\r\n",
    b"\r\n---",
    b"--\r\n",
)
EVENTS = Framing(
    "text/event-stream; charset=utf-8", b"", b"event: next\ndata: ", b"\n\n", b"event: complete\ndata:\n\n"
)
BY_ID = Spec("incrementalSpec=v0.2", by_id)
BY_PATH = Spec("deferSpec=20220824", by_path)

_FRAMINGS = {"multipart/mixed": MULTIPART, "text/event-stream": EVENTS}
_SPECS = {"": BY_PATH, "deferspec=20220824": BY_PATH, "incrementalspec=v0.2": BY_ID}
_WHOLE = (JSON, GRAPHQL_JSON, "application/*", "*/*")


def stream_of(accept: bytes) -> Stream | None:
    """How the client wants an answer in parts; None where it would rather have a whole one.

    It has to name the kind of stream: `*/*` is also said by those who cannot read any. One that it likes as much as a
    whole answer goes before that, since the document asks for parts. Of several, its liking and then its order decide.
    """
    said = ranges(accept)
    named = [(one.quality, -place, stream) for place, one in enumerate(said) if (stream := _read(one))]
    quality, _, stream = max(named, default=(0.0, 0, None))
    whole = max((one.quality for one in said if one.media_type in _WHOLE), default=0.0)
    return stream if quality >= max(whole, 0.001) else None


def _read(said: Range) -> Stream | None:
    name = ";".join(f"{name}={value}" for name, value in said.parameters.items() if name.endswith("spec"))
    framing, spec = _FRAMINGS.get(said.media_type), _SPECS.get(name)
    return Stream(framing, spec) if framing and spec else None


async def written(parts: Parts, stream: Stream, extensions: Callable[[], dict[str, Any]]) -> AsyncIterator[bytes]:
    """The body: each chunk ends with a part that the client can read. The last one has the extensions."""
    framing = stream.framing
    opening, closing = framing.opening, b""
    async for part in parts.taken():
        said = stream.spec.form(part)
        if said is None:
            continue
        if part.is_last:
            closing = framing.closing
            if more := extensions():
                said["extensions"] = more
        yield b"".join((opening, framing.before, orjson.dumps(said), framing.after, closing))
        opening = b""
