"""What the headers of a request say (RFC 9110). Clients send the same ones again and again: what was read is kept."""

import re
from collections.abc import Callable, Hashable, Mapping
from functools import lru_cache, wraps
from itertools import islice
from typing import Any, NamedTuple, TypeVar, cast

from starlette.types import Scope

GRAPHQL_JSON = "application/graphql-response+json"
JSON = "application/json"
HTML = "text/html"

KEPT = 500
LONG = 500
"""Of headers with more than LONG bytes, nothing is kept."""

Headers = Mapping[bytes, bytes]
F = TypeVar("F", bound=Callable[..., Any])


class Range(NamedTuple):
    """A part of an `Accept` header: `text/*;q=0.5` is `Range("text/*", {}, 0.5)`. All in lower case."""

    media_type: str
    parameters: Mapping[str, str]
    quality: float


def headers_of(scope: Scope) -> Headers:
    """The headers by their name in lower case; one that comes more than once is one list with commas."""
    headers = dict(scope["headers"])
    if len(headers) == len(scope["headers"]):
        return headers
    values: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        values.setdefault(name, []).append(value)
    return {name: b", ".join(every) for name, every in values.items()}


def _kept(read: F) -> F:
    keeping = lru_cache(KEPT)(read)

    @wraps(read)
    def read_or_known(header: bytes, *more: Hashable) -> Any:
        return keeping(header, *more) if len(header) <= LONG else read(header, *more)

    return cast(F, read_or_known)


@_kept
def preferred(accept: bytes, offered: tuple[str, ...]) -> str | None:
    """The one of the `offered` media types that the client likes best; None where it takes none of them.

    Of those that it likes equally, one that it names goes before one that only its wildcards cover; then what it names
    first, then what is offered first.
    """
    said = ranges(accept) or ranges(b"*/*")
    liking = {offer: _liking(said, ranges(offer.encode())[0]) for offer in offered}
    dearest = max(offered, key=lambda offer: liking[offer])
    return dearest if liking[dearest][0] else None


@_kept
def takes_gzip(accept_encoding: bytes) -> bool:
    said = {coding.media_type: coding.quality for coding in ranges(accept_encoding)}
    return bool(said.get("gzip", said.get("x-gzip", said.get("*"))))


@_kept
def is_json(content_type: bytes) -> bool:
    """Whether it is `application/json`, in UTF-8 or without a word about that."""
    said = ranges(content_type)
    return [one.media_type for one in said] == [JSON] and said[0].parameters.get("charset", "utf-8") in UTF_8


UTF_8 = ("utf-8", "utf8")
MAX_PARTS = 50
_PARTS = re.compile(r'(?:[^,"]|"[^"]*")+')
_PARAMETERS = re.compile(r';\s*([^\s;="]+)\s*=\s*(?:"([^"]*)"|([^\s;"]*))')
_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def ranges(header: bytes) -> list[Range]:
    """The first parts of a header that is a list with qualities, in the client's order."""
    parts = (part[0] for part in islice(_PARTS.finditer(header.decode("latin-1").lower()), MAX_PARTS))
    return [_range(part) for part in parts if part.strip()]


def _range(part: str) -> Range:
    parameters = {name: quoted or plain for name, quoted, plain in _PARAMETERS.findall(part)}
    quality = parameters.pop("q", "")
    return Range(part.partition(";")[0].strip(), parameters, float(quality) if _QUALITY.fullmatch(quality) else 1.0)


def _liking(said: list[Range], offer: Range) -> tuple[float, bool, int]:
    """How much the client likes it (0: not at all), whether it names it, and how late."""
    covering = [(_closeness(one, offer), -place, one.quality) for place, one in enumerate(said)]
    closeness, place, quality = max(covering, default=(0, 0, 0.0))
    return (quality, closeness >= 3, place) if closeness else (0.0, False, 0)


def _closeness(said: Range, offer: Range) -> int:
    """0 where the one does not cover the other; else the more, the more exactly. Parameters matter that both have."""
    both = said.parameters.keys() & offer.parameters.keys()
    if any(said.parameters[name] != offer.parameters[name] for name in both):
        return 0
    if said.media_type == offer.media_type:
        return 3 + len(both)
    kind = offer.media_type.partition("/")[0]
    return 2 if said.media_type == f"{kind}/*" else 1 if said.media_type == "*/*" else 0
