"""What an operation asked of its sources: every SQL statement and every REST batch, in order.

Tests count them, `extensions.plan` and the metrics read them.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal


@dataclass(slots=True)
class Call:
    """One statement, or one batch of requests to a service. Times are in seconds."""

    source: str  # "commerce", "payments"
    kind: Literal["sql", "rest"]
    name: str  # the edge or root field it was made for, else the table or path
    size: int = 1  # requests in the batch; 1 for a statement
    rows: int = 0
    started: float = field(default_factory=time.monotonic)
    duration_s: float = 0.0
    cached: int = 0  # requests of the batch answered from the cache
    retries: int = 0
    failed: bool = False


_calls: ContextVar[list[Call] | None] = ContextVar("calls", default=None)
_name: ContextVar[str | None] = ContextVar("call_name", default=None)


@contextmanager
def collected() -> Iterator[list[Call]]:
    """Collects the calls made inside, also by tasks started inside; an outer collection goes on."""
    outer = _calls.get()
    calls: list[Call] = [] if outer is None else outer
    token = _calls.set(calls)
    try:
        yield calls
    finally:
        _calls.reset(token)


@contextmanager
def named(name: str) -> Iterator[None]:
    """Calls made inside are told to be for `name`, such as an edge."""
    token = _name.set(name)
    try:
        yield
    finally:
        _name.reset(token)


@contextmanager
def recorded(source: str, kind: Literal["sql", "rest"], name: str, size: int = 1) -> Iterator[Call]:
    """Times one call; the caller fills in rows, cached and retries."""
    call = Call(source, kind, _name.get() or name, size)
    calls = _calls.get()
    if calls is not None:
        calls.append(call)
    try:
        yield call
    except BaseException:
        call.failed = True
        raise
    finally:
        call.duration_s = time.monotonic() - call.started
