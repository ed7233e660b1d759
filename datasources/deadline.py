"""One deadline per operation, seen by every statement and call made on its behalf."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_at: ContextVar[float | None] = ContextVar("deadline_at", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[None]:
    """Everything inside must be done in `seconds`; a nested deadline can only be nearer."""
    token = _at.set(time.monotonic() + remaining_s(at_most=seconds))
    try:
        yield
    finally:
        _at.reset(token)


def remaining_s(at_most: float) -> float:
    """Seconds left until the deadline, never negative, never more than `at_most`."""
    at = _at.get()
    return at_most if at is None else max(0.0, min(at_most, at - time.monotonic()))
