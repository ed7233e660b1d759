"""Identifiers are UUIDs of version 7, born in Python: ordered by time, so that new rows lie together."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

from asyncpg.pgproto import pgproto

Clock = Callable[[], datetime]
"""Says the time, aware and in UTC; tests pass their own."""

read_uuid: Callable[[str], UUID] = pgproto.UUID
"""Gives asyncpg's UUIDs: equal to the standard library's, but made, hashed and written several times as fast.

Raises: ValueError.
"""


def utc_now() -> datetime:
    return datetime.now(UTC)


def uuid7(at: datetime, entropy: Callable[[int], bytes] = os.urandom) -> UUID:
    """An id born at `at`; `entropy(10)` gives its random part."""
    milliseconds = int(at.timestamp() * 1000)
    raw = bytearray(milliseconds.to_bytes(6) + entropy(10))
    raw[6] = 0x70 | raw[6] & 0x0F
    raw[8] = 0x80 | raw[8] & 0x3F
    return UUID(bytes=bytes(raw))
