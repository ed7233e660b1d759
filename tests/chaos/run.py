"""A run: the machines, the faults that hit them, those who write and those who subscribe meanwhile."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from unittest.mock import patch

import httpx

from datasources.commerce.stores import Commerce
from datasources.ids import utc_now
from datasources.sandbox.process import Sandbox
from datasources.settings import variable
from datasources.settings_check import services_without_address
from house import PARTS, House, configured
from schema.graph import DOMAINS
from tests.chaos import verdict
from tests.chaos.balancer import Balancer
from tests.chaos.conductor import Conductor
from tests.chaos.faults import WORKERS, Fault, Kind, schedule
from tests.chaos.figures import Figures, parted
from tests.chaos.machines import METRICS_TOKEN, Worker
from tests.chaos.memory import Memory
from tests.chaos.subscribers import Cast, subscribers
from tests.chaos.transports import TRANSPORTS
from tests.chaos.writers import writers
from tests.commerce.shop import Clock, Shop
from tests.commerce.till import Till
from tests.database_servers import Postgres
from tests.gateway_client import Gateway
from tests.redis_server import RedisServer, redis_server
from tests.sandbox_process import switches_of
from tests.server.command import PRODUCTION, environment

PATIENCE_S = 120
"""For what must come in the end."""
BUYERS = ("buyer 0", "buyer 1")
COUNTING = 2
ON_HAND = 1_000_000
CALM_WISHES = 10
"""What each writer is answered after the last fault, before all ends."""
DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults for `seconds`, one in `every_s`. Without Redis, wakes go through PostgreSQL."""

    seed: int
    seconds: float
    every_s: float
    redis: bool = True

    @property
    def faults(self) -> list[Fault]:
        kinds = [kind for kind in Kind if self.redis or not kind.startswith("redis")]
        return schedule(self.seed, self.seconds, self.every_s, kinds)

    @property
    def transports(self) -> list[str]:
        """A single stream finds its process by Redis."""
        return [name for name in TRANSPORTS if self.redis or name != "single stream"]


async def chaos(plan: Plan, postgres: Postgres, directory: Path) -> Figures:
    """`postgres` is stopped and started meanwhile; logs are left in `directory`."""
    async with AsyncExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(directory / "sandbox"))
        redis = stack.enter_context(redis_server()) if plan.redis else None
        settings = _settings(postgres, redis, sandbox)
        async with _shop(settings) as (house, shop):
            cast = await _cast(house, shop)
        balancer = Balancer()
        await stack.enter_async_context(balancer.serving())
        workers = {name: Worker(name, directory, balancer, settings) for name in WORKERS}
        for worker in workers.values():
            stack.callback(worker.close)
        await asyncio.gather(*(worker.start() for worker in workers.values()))
        conductor = Conductor(workers, postgres, redis, balancer, random.Random(plan.seed))
        run = Run(plan, cast, balancer, workers, conductor)
        await run.faults_and_what_goes_on_meanwhile()
        async with _shop(settings) as (house, shop):
            return await run.judged(house, shop, sandbox, directory)


class Run:
    def __init__(
        self, plan: Plan, cast: Cast, balancer: Balancer, workers: Mapping[str, Worker], conductor: Conductor
    ) -> None:
        self._plan = plan
        self._cast = cast
        self._balancer = balancer
        self._workers = workers
        self._conductor = conductor
        self._writers = writers(plan.seed, cast, BUYERS, COUNTING)
        self._subscribers = subscribers(plan.seed, plan.transports)
        self._memory = Memory(workers)
        self._listening: list[asyncio.Task[None]] = []

    async def faults_and_what_goes_on_meanwhile(self) -> None:
        """Subscribers listen on when it returns."""
        self._listening = [asyncio.create_task(one.listen(self._balancer.url, self._cast)) for one in self._subscribers]
        over = asyncio.Event()
        async with httpx.AsyncClient(base_url=self._balancer.url) as http, asyncio.TaskGroup() as group:
            for writer in self._writers:
                group.create_task(writer.write(http, over))
            watching = group.create_task(self._memory.watch())
            await self._conductor.play(self._plan.faults)
            wishes = [(writer, writer.wishes + CALM_WISHES) for writer in self._writers]

            async def answered() -> bool:
                return all(writer.wishes >= wanted for writer, wanted in wishes)

            await _until(answered, "each writer is answered")
            over.set()
            watching.cancel()

    async def judged(self, house: House, shop: Shop, sandbox: Sandbox, directory: Path) -> Figures:
        figures = Figures(self._plan.seed)
        events = await verdict.all_events(shop)
        journal = house.sources[Commerce].tail.journal
        expected = [verdict.cursors(events, journal, self._cast, one) for one in self._subscribers]

        async def all_heard() -> bool:
            return all(one.last == all[-1] for one, all in zip(self._subscribers, expected, strict=True))

        try:
            await _until(all_heard, "each subscriber heard of the last event")
        except TimeoutError as error:
            figures.findings.append(str(error))
        figures.findings += await self._hung_up()
        for subscriber, cursors in zip(self._subscribers, expected, strict=True):
            figures.findings += verdict.heard_once_in_order(subscriber, cursors, figures)
        figures.findings += self._memory.grown(figures)
        figures.findings += await self._ended()
        figures.findings += verdict.outcomes(self._writers)
        shop.clock.now = utc_now()
        with switches_of(sandbox) as switches:
            till = Till(house, Gateway(house.app, house.tokens), shop, switches)
            figures.findings += await _balanced(till)
        figures.findings += await verdict.orders(shop, self._writers, self._cast)
        figures.findings += await verdict.charges(shop, directory / "sandbox", figures)
        figures.findings += await verdict.stock(shop, self._writers, 2 * ON_HAND)
        lives = [directory / life for worker in self._workers.values() for life in worker.lives]
        figures.findings += verdict.logs(lives, figures)
        self._count(figures, len(events))
        return figures

    async def _hung_up(self) -> list[str]:
        """Subscribers leave; nothing of them may be left in any worker."""
        wrong = [f"a subscriber gave up: {task.exception()!r}" for task in self._listening if task.done()]
        for task in self._listening:
            task.cancel()
        await asyncio.gather(*self._listening, return_exceptions=True)
        for worker in self._workers.values():
            try:
                await _until(partial(_idle, worker), f"the {worker.name} worker has nothing left of them")
            except TimeoutError as error:
                wrong.append(f"{error}: {await worker.gauges()}")
        return wrong

    async def _ended(self) -> list[str]:
        codes = [await worker.end() for worker in self._workers.values()]
        return [f"a worker ended with exit code {code}" for code in (*codes, *self._conductor.ended_badly) if code]

    def _count(self, figures: Figures, events: int) -> None:
        figures.faults = self._conductor.inflicted
        figures.cut = self._conductor.connections_cut
        figures.restarts = sum(worker.starts for worker in self._workers.values())
        for writer in self._writers:
            figures.wishes += writer.wishes
            figures.attempts += writer.attempts
            figures.outcomes += writer.outcomes
        figures.answers = [took_s for writer in self._writers for took_s in writer.took_s]
        figures.events = events
        figures.subscribers = len(self._subscribers)
        figures.connections = sum(one.connections for one in self._subscribers)
        heard = [one for subscriber in self._subscribers for one in subscriber.heard]
        figures.told = len(heard)
        by_name = [(one, subscriber.name) for subscriber in self._subscribers for one in subscriber.heard]
        late, name = max(by_name, key=lambda pair: pair[0].delay_s)
        figures.slowest = f"{name}, of {late.at:%X}"
        figures.calm, figures.troubled = parted(heard, self._conductor.outages)


async def _until(so: Callable[[], Awaitable[bool]], what: str) -> None:
    """Raises: TimeoutError where it never came true that `what`."""
    deadline = time.monotonic() + PATIENCE_S
    while not await so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"it did not become true within {PATIENCE_S} s that {what}")
        await asyncio.sleep(0.05)


async def _idle(worker: Worker) -> bool:
    return not any((await worker.gauges()).values())


async def _balanced(till: Till) -> list[str]:
    """What was under way when its worker died is settled, as the house does some minutes later."""
    settled = await till.settle()
    wrong = [f"{settled.left} payments could not be settled"] if settled.left else []
    try:
        await till.balance()
    except AssertionError as error:
        wrong.append(f"the books do not balance: {error}")
    return wrong


def _settings(postgres: Postgres, redis: RedisServer | None, sandbox: Sandbox) -> dict[str, str]:
    given = PRODUCTION | {
        "HEDDLE_HOUSE_DATABASE_URL": postgres.durable(),
        **{variable(f"{domain.name}_database_url"): postgres.durable() for domain in DOMAINS},
        "HEDDLE_PAYMENTS_KEY": "sk_test_of_a_run_of_chaos",
        "HEDDLE_METRICS_TOKEN": METRICS_TOKEN,
        "HEDDLE_LOG_LEVEL": "warning",
        **{name: f"{sandbox.url}/{path}" for name, path in services_without_address(PARTS).items()},
    }
    return given | {"HEDDLE_REDIS_URL": redis.url} if redis else given


@asynccontextmanager
async def _shop(settings: dict[str, str]) -> AsyncIterator[tuple[House, Shop]]:
    """A house in this process, with the workers' settings."""
    clock = Clock()
    clock.now = utc_now()
    with patch.dict(os.environ, environment(**settings), clear=True):
        house = House(*configured(), clock)
    async with house.app.router.lifespan_context(house.app):
        yield house, Shop(house.sources[Commerce], clock)


async def _cast(house: House, shop: Shop) -> Cast:
    people = {name: await shop.customer(f"{name.replace(' ', '')}@example.com") for name in BUYERS}
    people["staff"] = shop.staff("*")
    products = {f"product {n}": await shop.product(f"Product {n}", stock={"BER": ON_HAND}) for n in range(2)}
    born = utc_now()
    return Cast(
        tokens={name: house.tokens.issue(one.signed_in, one.scopes, DAY_S, born) for name, one in people.items()},
        ids={name: one.id for name, one in people.items()} | products,
        global_ids={name: Shop.id("Product", id) for name, id in products.items()}
        | {"warehouse": Shop.id("Warehouse", await shop.warehouse("BER"))},
    )
