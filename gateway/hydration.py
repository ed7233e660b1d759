"""What subscribers are told of the same events is made once, for all of them whom nothing in it tells apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence, Sized
from time import monotonic
from typing import NamedTuple, Protocol

from datasources.actor import Actor, Watched
from gateway.page import Page

KEPT_BYTES = 32 * 1024 * 1024
EVENT_BYTES = 1_000
"""What an event takes, which is held as long as the answer about it."""
FRESH_S = 5.0
"""So long an answer is told to others: it is of records as they are now, and some of them are erased."""
KINDS_KEPT = 10_000

Work = Callable[[Actor], Awaitable[Page]]


class Events(Hashable, Sized, Protocol): ...


Key = tuple[Events, Hashable, frozenset[str], bool]


class Made(NamedTuple):
    page: Page
    until: float


class Hydration:
    """Pages for the same question about the same events: `group` is all of the question but who asks it.

    Who asks first does the work for all with the same scopes, unless it was asked for their ids: then each does it.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._made: OrderedDict[Key, Made] = OrderedDict()
        """The oldest first."""
        self._bytes = 0
        self._under_way: dict[Key, list[asyncio.Future[None]]] = {}
        """Who waits for the work that is done."""
        self._personal: OrderedDict[Hashable, None] = OrderedDict()
        """Groups, with scopes, whose answers depend on who asks: the next time nobody waits for a first one."""

    def made(self, events: Events, group: Hashable, actor: Actor) -> Page | None:
        """What was made for others, if it counts for this one."""
        return self._fresh((events, group, actor.scopes, actor.id is None))

    async def once(self, events: Events, group: Hashable, actor: Actor, work: Work) -> Page:
        """Where who does the work leaves or fails, another does it anew. Raises: what the own work raises."""
        kind = (group, actor.scopes, actor.id is None)
        key = (events, *kind)
        while kind not in self._personal:
            made = self._fresh(key)
            if made is not None:
                return made
            under_way = self._under_way.get(key)
            if under_way is None:
                return await self._first(key, kind, actor, work)
            done = asyncio.get_running_loop().create_future()
            under_way.append(done)
            await done
        return await work(actor)

    async def _first(self, key: Key, kind: Hashable, actor: Actor, work: Work) -> Page:
        watched = Watched(actor)
        waiting = self._under_way[key] = []
        try:
            answers = await work(watched)
            if watched.asked:
                _remember(self._personal, kind)
            else:
                self._keep(key, answers)
        finally:
            del self._under_way[key]
            for done in waiting:
                if not done.done():
                    done.set_result(None)
        return answers

    def _fresh(self, key: Key) -> Page | None:
        made = self._made.get(key)
        return made.page if made is not None and self._clock() < made.until else None

    def _keep(self, key: Key, answers: Page) -> None:
        now = self._clock()
        while self._made and (next(iter(self._made.values())).until <= now or self._bytes > KEPT_BYTES):
            old, (page, _) = self._made.popitem(last=False)
            self._bytes -= _size(old, page)
        self._made[key] = Made(answers, now + FRESH_S)
        self._bytes += _size(key, answers)


def _size(key: Key, answers: Sequence[bytes]) -> int:
    return EVENT_BYTES * len(key[0]) + sum(map(len, answers))


def _remember(kinds: OrderedDict[Hashable, None], kind: Hashable) -> None:
    kinds[kind] = None
    if len(kinds) > KINDS_KEPT:
        kinds.popitem(last=False)
