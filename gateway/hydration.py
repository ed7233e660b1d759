"""What subscribers are told of the same events is made once, for all of them whom nothing in it tells apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence
from functools import lru_cache
from typing import NamedTuple

from datasources.actor import Actor, Watched

KEPT_BYTES = 32 * 1024 * 1024
GROUPS_KEPT = 10_000

Answers = Sequence[bytes]
Work = Callable[[Actor], Awaitable[Answers]]


class Made(NamedTuple):
    actor: Watched
    answers: Answers


class Hydration:
    """Answers to the same question about the same events: `group` is all of the question but who asks it.

    Who asks first does the work. It counts for all who would have said the same wherever the work asked who they are
    and what they may.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, list[Made]] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[None]] = {}
        self._personal = lru_cache(GROUPS_KEPT)(_Flag)

    async def once(self, events: Hashable, group: Hashable, actor: Actor, work: Work) -> Answers:
        """Where who does the work leaves or fails, another does it anew. Raises: what the own work raises."""
        key = (events, group)
        personal = self._personal(group)
        while True:
            for made in self._made.get(key, ()):
                if made.actor.counts_for(actor):
                    return made.answers
            under_way = self._under_way.get(key)
            if under_way is None or personal.set:
                return await self._done(key, personal, actor, work)
            await asyncio.shield(under_way)

    async def _done(self, key: Hashable, personal: "_Flag", actor: Actor, work: Work) -> Answers:
        watched = Watched(actor)
        under_way = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answers = await work(watched)
        finally:
            if self._under_way.get(key) is under_way:
                del self._under_way[key]
            under_way.set_result(None)
        personal.set = watched.personal
        self._keep(key, Made(watched, answers))
        return answers

    def _keep(self, key: Hashable, made: Made) -> None:
        self._made.setdefault(key, []).append(made)
        self._bytes += sum(map(len, made.answers))
        while self._bytes > KEPT_BYTES:
            _, gone = self._made.popitem(last=False)
            self._bytes -= sum(len(answer) for one in gone for answer in one.answers)


class _Flag:
    """Whether the answers of a group were different for each who asks: they need not wait for one another then."""

    def __init__(self, _: Hashable) -> None:
        self.set = False
