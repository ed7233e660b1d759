from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest

from datasources.rest import RestService
from tests.rest.outside import Outside

Connect = Callable[..., RestService]


class Clock:
    """Time for breaker and cache, moved by hand."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def outside() -> AsyncIterator[Outside]:
    async with Outside().running() as server:
        yield server


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def connect(outside: Outside, clock: Clock) -> AsyncIterator[Connect]:
    """Makes services called 'shop' that ask `outside`, with the options of the test."""
    async with AsyncExitStack() as stack:

        def connected(url: str = "", **options: Any) -> RestService:
            service = RestService("shop", url or outside.url, clock=clock, **options)
            stack.push_async_callback(service.close)
            return service

        yield connected


@pytest.fixture
def shop(connect: Connect) -> RestService:
    return connect()
