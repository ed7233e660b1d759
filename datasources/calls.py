"""What an operation asked of its sources: every SQL statement and every REST batch, in order.

Tests count them, `extensions.plan` and the metrics read them.
"""

from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import monotonic
from typing import Literal

Kind = Literal["sql", "rest"]


@dataclass(slots=True)
class Call:
    """One statement, or one batch of requests to a service: `with` it, it is timed. Times are in seconds."""

    source: str  # "commerce", "payments"
    kind: Kind
    name: str  # the edge or root field it was made for, else the table or path
    size: int = 1  # requests in the batch; 1 for a statement
    rows: int = 0
    started: float = field(default_factory=monotonic)
    duration_s: float = 0.0
    cached: int = 0  # requests of the batch answered from the cache
    retries: int = 0
    failed: bool = False

    def __enter__(self) -> "Call":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.duration_s = monotonic() - self.started
        if kind is not None:
            self.failed = True


_calls: ContextVar[list[Call] | None] = ContextVar("calls", default=None)
_name: ContextVar[str | None] = ContextVar("call_name", default=None)


# Classes, since a generator under `contextmanager` takes more than twice as long, and each statement pays for it.


class collected:
    """Collects the calls made inside, also by tasks started inside; an outer collection goes on."""

    __slots__ = ("_token",)
    _token: Token[list[Call] | None]

    def __enter__(self) -> list[Call]:
        outer = _calls.get()
        calls: list[Call] = [] if outer is None else outer
        self._token = _calls.set(calls)
        return calls

    def __exit__(self, *_: object) -> None:
        _calls.reset(self._token)


class named:
    """Calls made inside are told to be for `name`, such as an edge."""

    __slots__ = ("_name", "_token")
    _token: Token[str | None]

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        self._token = _name.set(self._name)

    def __exit__(self, *_: object) -> None:
        _name.reset(self._token)


def recorded(source: str, kind: Kind, name: str, size: int = 1) -> Call:
    """A call to be timed by a `with` block, in which the caller fills in rows, cached and retries."""
    call = Call(source, kind, _name.get() or name, size)
    calls = _calls.get()
    if calls is not None:
        calls.append(call)
    return call
