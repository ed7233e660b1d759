"""What can be told a moment later is told then, with others: one thing alone takes several times as long."""

import asyncio
from collections.abc import Callable
from contextvars import Context
from typing import Any, TypeVar

T = TypeVar("T")

AFTER_S = 0.1
MOST = 200
"""So long, or so many of a kind, things wait at most."""

_waiting: dict[Callable[[list[Any]], None], list[Any]] = {}
_timed: asyncio.AbstractEventLoop | None = None
"""The loop that will flush."""


def later(tell: Callable[[list[T]], None], what: T) -> None:
    """Has `tell` called in a moment, with all that it is to tell by then. For the loop's thread alone."""
    global _timed
    loop = asyncio.get_running_loop()
    if loop is not _timed:
        _timed = loop
        loop.call_later(AFTER_S, flush, context=Context())  # that of an operation would be kept until then
    waiting = _waiting.get(tell)
    if waiting is None:
        waiting = _waiting[tell] = []
    waiting.append(what)
    if len(waiting) >= MOST:
        flush()


def flush() -> None:
    """Tells all that waits now: before what must not come earlier, and before the process ends."""
    global _waiting, _timed
    waiting, _waiting, _timed = _waiting, {}, None
    for tell, what in waiting.items():
        tell(what)
