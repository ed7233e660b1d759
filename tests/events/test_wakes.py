"""Processes wake each other, through Redis or PostgreSQL, and again when the connection was lost."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest

from datasources.events import Wakes, open_wakes
from datasources.events import wakes as wakes_module
from tests.database_servers import Postgres
from tests.events.conftest import PATIENCE_S
from tests.redis_server import RedisServer

Cut = Callable[[], object]


@pytest.fixture(params=["redis", "postgresql"])
def line(request: pytest.FixtureRequest, postgres: Postgres) -> tuple[str, str | None, Cut]:
    """The addresses of database and Redis, and what ends the connections of all who listen."""
    url = postgres.url("postgres")
    if request.param == "postgresql":
        return url, None, postgres.end_sessions
    redis: RedisServer = request.getfixturevalue("redis")
    return url, redis.url, lambda: redis.client.client_kill_filter(_type="pubsub")


@asynccontextmanager
async def two(url: str, redis_url: str | None) -> AsyncIterator[tuple[Wakes, Wakes]]:
    async with open_wakes("things", url, redis_url) as here, open_wakes("things", url, redis_url) as there:
        yield here, there


async def test_what_is_rung_in_one_process_is_heard_in_the_other(
    line: tuple[str, str | None, Cut], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakes_module, "RETRY_S", 0.05)
    url, redis_url, cut = line
    woken = asyncio.Event()
    async with asyncio.timeout(PATIENCE_S), two(url, redis_url) as (here, there):
        with here.heard(woken.set):
            await woken.wait()  # it hears from now on, and looks what it missed
            for _ in range(3):
                woken.clear()
                there.ring()
                await woken.wait()
            woken.clear()
            cut()
            await woken.wait()  # it hears again
            while True:
                woken.clear()
                there.ring()
                try:
                    async with asyncio.timeout(0.2):
                        await woken.wait()
                except TimeoutError:
                    continue  # the one that tells had lost its connection, too
                break
