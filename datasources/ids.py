"""Identifiers are UUIDs of version 7, born in Python: ordered by time, so that new rows lie together."""

import os
from collections.abc import Callable
from contextvars import ContextVar, Token
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncpg.pgproto import pgproto

Clock = Callable[[], datetime]
"""Says the time, aware and in UTC; tests pass their own."""

read_uuid: Callable[[str], UUID] = pgproto.UUID
"""Gives asyncpg's UUIDs: equal to the standard library's, but made, hashed and written several times as fast.

Raises: ValueError.
"""

_known: ContextVar[dict[Any, Any] | None] = ContextVar("known_ids", default=None)


class ids_kept:
    """Ids that are read again inside are the same objects: each is made once, and hashed once."""

    __slots__ = ("_token",)
    _token: Token[dict[Any, Any] | None]

    def __enter__(self) -> None:
        self._token = _known.set({None: None})

    def __exit__(self, *_: object) -> None:
        _known.reset(self._token)


def known_ids() -> dict[Any, Any]:
    """Those that are kept, by what the database has of them; None stands for itself."""
    return _known.get() or {None: None}


def utc_now() -> datetime:
    return datetime.now(UTC)


def uuid7(at: datetime, entropy: Callable[[int], bytes] = os.urandom) -> UUID:
    """An id born at `at`; `entropy(10)` gives its random part."""
    milliseconds = int(at.timestamp() * 1000)
    raw = bytearray(milliseconds.to_bytes(6) + entropy(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return UUID(bytes=bytes(raw))
