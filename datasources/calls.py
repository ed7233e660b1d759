"""What an operation asks of its sources: every SQL statement and every REST batch, in order.

Tests count them, `extensions.plan` shows them. Metrics and traces are told of each one when it begins and when it ends,
and of the batches that they are made for.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass, field
from time import monotonic
from typing import Any, Literal

Kind = Literal["sql", "rest"]
Told = Callable[["Call | named"], None]

began: list[Told] = []
ended: list[Told] = []
"""Who is told of all calls and batches of this process. They must be quick, and must not raise."""


@dataclass(slots=True)
class Call:
    """One statement, or one batch of requests to a service: `with` it, it is timed. Times are in seconds."""

    source: str  # "commerce", "payments"
    kind: Kind
    target: str  # the table, or the template of the path
    name: str  # the edge it was made for, else the target
    size: int = 1  # requests in the batch; 1 for a statement
    rows: int = 0
    started: float = field(default_factory=monotonic)
    duration_s: float = 0.0
    cached: int = 0  # requests of the batch answered from the cache
    retries: int = 0
    failed: bool = False
    keys: int | None = None  # of the edge it was made for
    headers: Mapping[str, str] | None = None  # what its requests carry beside their own
    span: Any = None  # for whoever traces it

    def __enter__(self) -> "Call":
        for tell in began:
            tell(self)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self.duration_s = monotonic() - self.started
        if kind is not None:
            self.failed = True
        for tell in ended:
            tell(self)


# Classes, since a generator under `contextmanager` takes more than twice as long, and each statement pays for it.


class collected:
    """Collects the calls made inside, also by tasks started inside; an outer collection has them at the end."""

    __slots__ = ("_calls", "_token")
    _token: Token[list[Call] | None]

    def __enter__(self) -> list[Call]:
        self._calls: list[Call] = []
        self._token = _calls.set(self._calls)
        return self._calls

    def __exit__(self, *_: object) -> None:
        _calls.reset(self._token)
        outer = _calls.get()
        if outer is not None:
            outer += self._calls


class named:
    """Calls made inside are told to be for `name`, such as an edge, of which `keys` are loaded."""

    __slots__ = ("_token", "keys", "name", "span")
    _token: Token["named | None"]

    def __init__(self, name: str, keys: int | None = None) -> None:
        self.name = name
        self.keys = keys
        self.span: Any = None

    def __enter__(self) -> None:
        self._token = _named.set(self)
        for tell in began:
            tell(self)

    def __exit__(self, *_: object) -> None:
        _named.reset(self._token)
        for tell in ended:
            tell(self)


_calls: ContextVar[list[Call] | None] = ContextVar("calls", default=None)
_named: ContextVar[named | None] = ContextVar("named", default=None)


def recorded(source: str, kind: Kind, target: str, size: int = 1) -> Call:
    """A call to be timed by a `with` block, in which the caller fills in rows, cached and retries."""
    batch = _named.get()
    name, keys = (batch.name, batch.keys) if batch else (target, None)
    call = Call(source, kind, target, name, size, keys=keys)
    calls = _calls.get()
    if calls is not None:
        calls.append(call)
    return call
