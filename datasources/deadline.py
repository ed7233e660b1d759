"""One deadline per operation, seen by every statement and call made on its behalf."""

from contextvars import ContextVar, Token
from math import inf
from time import monotonic

STATEMENT_LIMIT_S = 30.0
"""For statements without a deadline of their own, such as those that make sample data."""

_at: ContextVar[float | None] = ContextVar("deadline_at", default=None)


class deadline:
    """Everything inside must be done in `seconds`; a nested deadline can only be nearer."""

    __slots__ = ("_seconds", "_token")
    _token: Token[float | None]

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds

    def __enter__(self) -> None:
        self._token = _at.set(monotonic() + remaining_s(at_most=self._seconds))

    def __exit__(self, *_: object) -> None:
        _at.reset(self._token)


def ends_at() -> float:
    """When the deadline is (monotonic); never, where there is none."""
    at = _at.get()
    return inf if at is None else at


def remaining_s(at_most: float) -> float:
    """Seconds left until the deadline, never negative, never more than `at_most`."""
    at = _at.get()
    return at_most if at is None else max(0.0, min(at_most, at - monotonic()))
