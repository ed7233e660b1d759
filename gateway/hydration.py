"""What subscribers are told of the same events is made once, for all of them whom nothing in it tells apart."""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable, Sequence

from datasources.actor import Actor, Watched

KEPT_BYTES = 32 * 1024 * 1024
KINDS_KEPT = 10_000

Answers = Sequence[bytes]
Work = Callable[[Actor], Awaitable[Answers]]


class Hydration:
    """Answers to the same question about the same events: `group` is all of the question but who asks it.

    Who asks first does the work for all with the same scopes, unless it was asked for their ids: then each does it.
    """

    def __init__(self) -> None:
        self._made: OrderedDict[Hashable, Answers] = OrderedDict()
        self._bytes = 0
        self._under_way: dict[Hashable, asyncio.Future[None]] = {}
        self._personal: OrderedDict[Hashable, None] = OrderedDict()
        """Groups, with scopes, whose answers depend on who asks: the next time nobody waits for a first one."""

    async def once(self, events: Hashable, group: Hashable, actor: Actor, work: Work) -> Answers:
        """Where who does the work leaves or fails, another does it anew. Raises: what the own work raises."""
        kind = (group, actor.scopes, actor.id is None)
        key = (events, kind)
        while kind not in self._personal:
            made = self._made.get(key)
            if made is not None:
                return made
            under_way = self._under_way.get(key)
            if under_way is None:
                return await self._first(key, kind, actor, work)
            await asyncio.shield(under_way)
        return await work(actor)

    async def _first(self, key: Hashable, kind: Hashable, actor: Actor, work: Work) -> Answers:
        watched = Watched(actor)
        under_way = self._under_way[key] = asyncio.get_running_loop().create_future()
        try:
            answers = await work(watched)
            if watched.asked:
                _remember(self._personal, kind)
            else:
                self._keep(key, answers)
        finally:
            del self._under_way[key]
            under_way.set_result(None)
        return answers

    def _keep(self, key: Hashable, answers: Answers) -> None:
        self._made[key] = answers
        self._bytes += sum(map(len, answers))
        while self._bytes > KEPT_BYTES:
            _, gone = self._made.popitem(last=False)
            self._bytes -= sum(map(len, gone))


def _remember(kinds: OrderedDict[Hashable, None], kind: Hashable) -> None:
    kinds[kind] = None
    if len(kinds) > KINDS_KEPT:
        kinds.popitem(last=False)
