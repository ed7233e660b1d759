"""The buckets of all processes, in Redis. While it is away, each process counts for itself."""

import asyncio
import time
from uuid import UUID

import structlog
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from gateway.limits.rate import WINDOW_S, Payer, Quota, Rate

PREFIX = "heddle:rate:"
CONNECTIONS = 20
TIMEOUT_S = 0.2
"""For an answer of Redis: it is asked before every operation, and nobody is to wait for it when it is away."""
TRY_EVERY_S = 1.0
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


class SharedRate:
    """`own` has what was last heard of each bucket, and is all there is while Redis is away."""

    def __init__(self, own: Rate, url: str) -> None:
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=CONNECTIONS,
            timeout=TIMEOUT_S,
            socket_timeout=TIMEOUT_S,
            socket_connect_timeout=TIMEOUT_S,
            retry=Retry(NoBackoff(), 0),
        )
        self._own = own
        self._redis = Redis.from_pool(pool)
        self._take = self._redis.register_script(TAKE)
        self._untold: dict[Payer, float] = {}
        self._telling: asyncio.Task[None] | None = None
        self._away = False
        self._try_at = 0.0

    def quota(self, payer: Payer) -> Quota:
        return self._own.quota(payer)

    def check(self, payer: Payer) -> None:
        self._own.check(payer)

    async def take(self, payer: Payer, cost: float) -> None:
        if self._is_away():
            await self._own.take(payer, cost)
            return
        untold = self._untold.pop(payer, 0.0)
        try:
            there, full_in_s = await self._take(keys=[_key(payer)], args=self._seconds(untold, cost))
        except RedisError as error:
            self._lost(error)
            await self._own.take(payer, cost)
            return
        self._found()
        self._own.set(payer, float(full_in_s))
        if not there:
            raise self._own.refusal(payer, cost)

    def add(self, payer: Payer, cost: float) -> None:
        """Redis is told after TELL_EVERY_S, of many at once."""
        self._own.add(payer, cost)
        if not self._away:
            self._untold[payer] = self._untold.get(payer, 0.0) + cost
            if self._telling is None:
                self._telling = asyncio.create_task(self._tell())

    async def close(self) -> None:
        if self._telling:
            self._telling.cancel()
        await self._redis.aclose()

    async def _tell(self) -> None:
        await asyncio.sleep(TELL_EVERY_S)
        self._telling = None
        untold, self._untold = self._untold, {}
        told = self._redis.pipeline(transaction=False)
        for payer, cost in untold.items():
            await self._take(keys=[_key(payer)], args=self._seconds(cost, 0.0), client=told)
        try:
            await told.execute()
        except RedisError as error:
            self._lost(error)

    def _seconds(self, untold: float, cost: float) -> list[float]:
        return [self._own.seconds_of(untold), self._own.seconds_of(cost), WINDOW_S]

    def _is_away(self) -> bool:
        """Only one operation in TRY_EVERY_S finds out."""
        if not self._away:
            return False
        now = time.monotonic()
        if now < self._try_at:
            return True
        self._try_at = now + TRY_EVERY_S
        return False

    def _lost(self, error: RedisError) -> None:
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
