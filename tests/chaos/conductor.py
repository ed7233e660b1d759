"""Who inflicts the faults of a schedule on the machines, mends them, and notes when anything was away."""

import asyncio
import random
import signal
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from datasources.ids import utc_now
from tests.chaos.balancer import Balancer
from tests.chaos.faults import Fault, Kind
from tests.chaos.machines import Worker
from tests.database_servers import Postgres
from tests.redis_server import RedisServer

SHARE_CUT = 0.5


@dataclass(frozen=True, slots=True)
class Outage:
    kind: Kind
    began: datetime
    mended: datetime


class Conductor:
    """`ended_badly` has the exit codes, other than 0, of workers that were told to end."""

    def __init__(
        self,
        workers: Mapping[str, Worker],
        postgres: Postgres,
        redis: RedisServer | None,
        balancer: Balancer,
        chance: random.Random,
    ) -> None:
        self.outages: list[Outage] = []
        self.inflicted: Counter[str] = Counter()
        self.connections_cut = 0
        self.ended_badly: list[int] = []
        self._workers = workers
        self._postgres = postgres
        self._redis = redis
        self._balancer = balancer
        self._chance = chance
        self._machines: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def play(self, faults: Sequence[Fault]) -> None:
        """Returns when all is mended. Faults of different machines may overlap."""
        async with asyncio.TaskGroup() as group:
            for fault in faults:
                group.create_task(self._inflict(fault))

    async def _inflict(self, fault: Fault) -> None:
        await asyncio.sleep(fault.at_s)
        machine, inflict = self._of(fault)
        async with self._machines[machine]:
            began = utc_now()
            await inflict(fault)
            self.outages.append(Outage(fault.kind, began, utc_now()))
            self.inflicted[fault.kind] += 1

    def _of(self, fault: Fault) -> tuple[str, Callable[[Fault], Awaitable[None]]]:
        """The machine that it hits, and how."""
        match fault.kind:
            case Kind.WORKER_KILLED:
                return fault.worker, self._kill
            case Kind.WORKER_ENDED:
                return fault.worker, self._end
            case Kind.REDIS_STOPPED:
                return "redis", self._stop_redis
            case Kind.REDIS_HANGS:
                return "redis", self._hang_redis
            case Kind.POSTGRES_CRASHED:
                return "postgres", lambda fault: self._restart_postgres(fault, signal.SIGQUIT)
            case Kind.POSTGRES_RESTARTED:
                return "postgres", lambda fault: self._restart_postgres(fault, signal.SIGINT)
            case Kind.POSTGRES_HANGS:
                return "postgres", self._hang_postgres
            case Kind.SESSIONS_ENDED:
                return "postgres", lambda _: asyncio.to_thread(self._postgres.end_sessions)
            case Kind.CONNECTIONS_CUT:
                return "connections", self._cut

    async def _kill(self, fault: Fault) -> None:
        worker = self._workers[fault.worker]
        worker.kill()
        await asyncio.sleep(fault.lasts_s)
        await worker.start()

    async def _end(self, fault: Fault) -> None:
        worker = self._workers[fault.worker]
        if code := await worker.end():
            self.ended_badly.append(code)
        await worker.start()

    async def _stop_redis(self, fault: Fault) -> None:
        assert self._redis
        self._redis.stop()
        await asyncio.sleep(fault.lasts_s)
        await asyncio.to_thread(self._redis.start)

    async def _hang_redis(self, fault: Fault) -> None:
        assert self._redis
        self._redis.hang()
        await asyncio.sleep(fault.lasts_s)
        self._redis.go_on()

    async def _restart_postgres(self, fault: Fault, how: signal.Signals) -> None:
        await asyncio.to_thread(self._postgres.kill, how)
        await asyncio.sleep(fault.lasts_s)
        await asyncio.to_thread(self._postgres.start)

    async def _hang_postgres(self, fault: Fault) -> None:
        self._postgres.hang()
        await asyncio.sleep(fault.lasts_s)
        self._postgres.go_on()

    async def _cut(self, _: Fault) -> None:
        self.connections_cut += self._balancer.cut(SHARE_CUT, self._chance)
