"""An answer in parts: the execution puts what it knows, and never waits for the transport that takes it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

Entries = list[dict[str, Any]]
"""Of `errors`, as clients may see them."""


@dataclass(slots=True)
class Place:
    """Where something is still to come: a deferred fragment, or the rest of a list, whose next item has `index`."""

    id: str
    path: list[str | int]
    label: str | None
    index: int | None = None


@dataclass(frozen=True, slots=True)
class Fragment:
    """Data of a deferred fragment, to be merged into what is at `sub_path` below its place."""

    place: Place
    sub_path: list[str | int]
    data: dict[str, Any]
    errors: Entries


@dataclass(frozen=True, slots=True)
class Items:
    """Of a streamed list, the first of them at `index`."""

    place: Place
    index: int
    items: list[Any]
    errors: Entries


@dataclass(frozen=True, slots=True)
class End:
    """Nothing more comes at this place; with errors, it failed as a whole."""

    place: Place
    errors: Entries


@dataclass(slots=True)
class Part:
    """What became known since the part before. `answer` is the first part's `data` and `errors`.

    Nothing but its own end follows the last one of an execution, so that it goes with that.
    """

    answer: dict[str, Any] = field(default_factory=dict)
    begun: list[Place] = field(default_factory=list)
    arrived: list[Fragment | Items] = field(default_factory=list)
    ended: list[End] = field(default_factory=list)
    is_last: bool = False


class Parts:
    """One answer. What comes while the client still reads is one part with what comes after it.

    So a client that reads slowly costs the memory of the whole answer at most, and neither time nor connections of the
    execution.
    """

    def __init__(self) -> None:
        self.when_begun: Callable[[], None] = _nothing
        """Called just before anybody may know of the first part."""
        self._first: Part | None = None
        self._known = asyncio.Event()
        self._next = Part()
        self._changed = asyncio.Event()
        self._ended: asyncio.Future[Any] | None = None

    def begin(self, first: Part) -> None:
        self.when_begun()
        self._first = first
        self._known.set()

    def put(self, part: Part) -> None:
        self._next.begun += part.begun
        self._next.arrived += part.arrived
        self._next.ended += part.ended
        if not part.is_last:
            self._changed.set()

    def close(self, ended: asyncio.Future[Any]) -> None:
        """The execution has ended: nothing more is put."""
        self._ended = ended
        self._known.set()
        self._changed.set()

    async def begins(self) -> bool:
        """Waits until it is known whether there are parts: False where the execution ended without one."""
        await self._known.wait()
        return self._first is not None

    async def taken(self) -> AsyncIterator[Part]:
        """The parts, each as soon as the one before is dealt with.

        Raises: what the execution raised, so that an answer that broke off does not look complete.
        """
        part, self._first = self._first or Part(), None
        yield part
        while not part.is_last:
            await self._changed.wait()
            self._changed.clear()
            part, self._next = self._next, Part()
            if self._ended:
                self._ended.result()
                part.is_last = True
            yield part


def _nothing() -> None:
    pass
