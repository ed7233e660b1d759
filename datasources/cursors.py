"""Opaque cursors: where a page ended, signed, and saying which list and sort they are of."""

import base64
import hmac
from collections.abc import Sequence
from typing import Any

import orjson

from datasources.errors import InvalidInput

_SIGNATURE_BYTES = 12


class Cursors:
    """Makes and reads cursors; a cursor made with another key, for another list or by hand is refused."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def encode(self, listing: str, values: Sequence[Any]) -> str:
        body = orjson.dumps([listing, *values], default=str)
        return base64.urlsafe_b64encode(self._signature(body) + body).rstrip(b"=").decode()

    def decode(self, cursor: str, listing: str, origin: str = "the `endCursor` of its previous page") -> list[Any]:
        """The sort values, as JSON has them; `origin` is what to pass instead. Raises: InvalidInput."""
        foreign = InvalidInput("after", f"Cursor '{cursor[:12]}…' is not from this list; pass {origin}.")
        try:
            raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        except ValueError:
            raise foreign from None
        signature, body = raw[:_SIGNATURE_BYTES], raw[_SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)):
            raise foreign
        values: list[Any] = orjson.loads(body)
        if values.pop(0) != listing:
            raise foreign
        return values

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:_SIGNATURE_BYTES]
