"""Ids, parameters and forms into URLs and bodies that mean exactly them."""

from collections.abc import Iterator, Mapping, Sequence
from urllib.parse import quote, urlencode
from uuid import UUID

import orjson

from datasources.errors import SourceRefused

Scalar = str | int | float | UUID
Params = Mapping[str, Scalar | Sequence[Scalar] | None]
Form = Mapping[str, object]


def query_of(params: Params | None) -> str:
    """`?page=2&tag=a&tag=b`: None is left out, a list is a repeated name; without parameters nothing."""
    pairs = {name: _words(value) for name, value in (params or {}).items() if value is not None}
    return f"?{urlencode(pairs, doseq=True)}" if pairs else ""


def path_of(source: str, template: str, segments: Sequence[Scalar]) -> str:
    """`/orders/{}` with its segments filled in.

    A segment stays one segment. Those that cannot (empty, dots, slashes, control characters) are refused here as the
    unknown ids that they are: percent-encoding is no protection, for many servers decode a path before they route it.
    Raises: SourceRefused with status 404.
    """
    texts = [str(segment) for segment in segments]
    if not all(map(_is_one_segment, texts)):
        raise SourceRefused(source, 404)
    return template.format(*[quote(text, safe="") for text in texts]) if texts else template


def body_of(json: object, form: Form | None) -> tuple[bytes | None, dict[str, str]]:
    """The body and its headers. A form has nested names in brackets, as Stripe reads them: `metadata[order]=7`."""
    if form is not None:
        pairs = [pair for name, value in form.items() for pair in _flat(name, value)]
        return urlencode(pairs).encode(), {"content-type": "application/x-www-form-urlencoded"}
    if json is not None:
        return orjson.dumps(json), {"content-type": "application/json"}
    return None, {}


def _is_one_segment(text: str) -> bool:
    return text.isprintable() and text not in ("", ".", "..") and "/" not in text and "\\" not in text


def _flat(name: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{name}[{key}]", inner)
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _flat(f"{name}[{index}]", inner)
    elif value is not None:
        yield name, _word(value)


def _words(value: Scalar | Sequence[Scalar]) -> str | list[str]:
    return [_word(one) for one in value] if isinstance(value, list | tuple) else _word(value)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
