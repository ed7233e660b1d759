"""The buckets of all processes, in Redis. While it is away, each process counts for itself."""

import asyncio
import time
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.limits.rate import WINDOW_S, Payer, Quota, Rate

PREFIX = "heddle:rate:"
TIMEOUT_S = 0.5
"""For Redis to answer, in a loop that may be busy: nobody is to wait for it for long when it is away."""
TRY_EVERY_S = 5.0
TELL_EVERY_S = 0.1

TAKE = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local before = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now) + ARGV[1]
local after = before + ARGV[2]
local there = after - now <= tonumber(ARGV[3])
if not there then after = before end
if after > now then
    redis.call('SET', KEYS[1], string.format('%.6f', after), 'PX', math.ceil((after - now) * 1000))
else
    redis.call('DEL', KEYS[1])
end
return {there and 1 or 0, string.format('%.6f', math.max(after - now, 0))}
"""
"""When a bucket is full again, by the clock of Redis. Given in seconds: what to add, there or not; what to take, if it
is there; what the bucket holds. Answers whether it was there, and in how many seconds the bucket is full."""

log = structlog.get_logger("heddle")


class Asked(NamedTuple):
    """`answer` becomes whether the cost was there; None where Redis is away."""

    payer: Payer
    cost: float
    answer: asyncio.Future[bool | None]


class SharedRate:
    """`own` has what was last heard of each bucket, and is all there is while Redis is away.

    Redis is asked for all at once who ask in one turn of the loop, or while it is being asked: a call for each would
    take 0.1 ms of our time.
    """

    def __init__(self, own: Rate, url: str) -> None:
        self._own = own
        self._redis = Redis.from_url(
            url, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S, retry=Retry(NoBackoff(), 0)
        )
        self._asked: list[Asked] = []
        self._asking: asyncio.Task[None] | None = None
        self._untold: dict[Payer, float] = {}
        self._telling: asyncio.Task[None] | None = None
        self._away = False
        self._try_at = 0.0

    def quota(self, payer: Payer) -> Quota:
        return self._own.quota(payer)

    def check(self, payer: Payer) -> None:
        self._own.check(payer)

    async def take(self, payer: Payer, cost: float) -> None:
        there = None if self._is_away() else await self._ask_for(payer, cost)
        if there is None:
            await self._own.take(payer, cost)
        elif not there:
            raise self._own.refusal(payer, cost)

    def add(self, payer: Payer, cost: float) -> None:
        """Redis is told with the caller's next operation, or after TELL_EVERY_S."""
        self._own.add(payer, cost)
        if not self._away:
            self._untold[payer] = self._untold.get(payer, 0.0) + cost
            if self._telling is None:
                self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        for task in (self._telling, self._asking):
            if task:
                task.cancel()
        await self._redis.aclose()

    async def _tell(self) -> None:
        await asyncio.sleep(TELL_EVERY_S)
        self._telling = None
        for payer in self._untold:
            self._ask_for(payer, 0.0)

    def _ask_for(self, payer: Payer, cost: float) -> asyncio.Future[bool | None]:
        answer: asyncio.Future[bool | None] = asyncio.get_running_loop().create_future()
        self._asked.append(Asked(payer, cost, answer))
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask())
        return answer

    async def _ask(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, []
                answers: Sequence[bool | None] = [None] * len(asked)
                try:
                    answers = await self._answers(asked)
                finally:
                    for one, there in zip(asked, answers, strict=True):
                        if not one.answer.done():  # who asked may have left
                            one.answer.set_result(there)
        finally:
            self._asking = None

    async def _answers(self, asked: Sequence[Asked]) -> Sequence[bool | None]:
        calls = self._redis.pipeline(transaction=False)
        for payer, cost, _ in asked:
            untold = self._untold.pop(payer, 0.0)
            seconds = (self._own.seconds_of(untold), self._own.seconds_of(cost), WINDOW_S)
            calls.eval(TAKE, 1, _key(payer), *seconds)
        try:
            answers = await calls.execute()
        except (RedisError, RuntimeError) as error:  # uvloop's, for a connection that closes in this moment
            self._lost(error)
            return [None] * len(asked)
        self._found()
        for one, (_, full_in_s) in zip(asked, answers, strict=True):
            self._own.set(one.payer, float(full_in_s) + self._own.seconds_of(self._untold.get(one.payer, 0.0)))
        return [bool(there) for there, _ in answers]

    def _is_away(self) -> bool:
        """Only one operation in TRY_EVERY_S finds out."""
        if not self._away:
            return False
        now = time.monotonic()
        if now < self._try_at:
            return True
        self._try_at = now + TRY_EVERY_S
        return False

    def _lost(self, error: Exception) -> None:
        if not self._away:
            log.warning("redis is away: each process limits rates by itself", error=str(error))
        self._away = True
        self._try_at = time.monotonic() + TRY_EVERY_S
        self._untold.clear()

    def _found(self) -> None:
        if self._away:
            log.info("redis is back: rates are limited for all processes together")
        self._away = False


def _key(payer: Payer) -> str:
    return f"{PREFIX}{UUID(int=payer) if isinstance(payer, int) else payer}"
