"""Work that the house does of its own accord, again and again, beside serving."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog

from datasources.actor import SYSTEM
from datasources.errors import SourceError
from resolvers.context import Context, OpenContext

log = structlog.get_logger("heddle")


@dataclass(frozen=True, slots=True)
class Background:
    """`work(context)` every `every_s` seconds, as SYSTEM.

    That of a domain is done by one worker of all at a time; but whoever does it may die in the middle, and another
    begin it again, so that it has to bear that.
    """

    name: str
    every_s: float
    work: Callable[[Context], Awaitable[object]]


@asynccontextmanager
async def running(works: Iterable[Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Does these works, which have no end, while the block runs."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def repeat(background: Background, open_context: OpenContext) -> None:
    """For ever. What fails is logged, and done again at its next time."""
    while True:
        await asyncio.sleep(background.every_s)
        await _done(background, open_context)


async def _done(background: Background, open_context: OpenContext) -> None:
    """Once, so that nothing of it is held until the next time."""
    try:
        with open_context(SYSTEM) as context:
            await background.work(context)
    except SourceError as error:
        log.warning("source failed", source=error.source, code=error.code, detail=error.detail, work=background.name)
    except Exception as error:  # whatever it was, nobody else would hear of it, and the next time may go well
        log.error("background work failed", work=background.name, exc_info=error)
