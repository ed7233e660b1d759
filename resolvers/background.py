"""Work that the house does of its own accord, again and again, beside serving."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from datasources.actor import SYSTEM
from datasources.errors import SourceError
from resolvers.context import Context, OpenContext

log = structlog.get_logger("heddle")


@dataclass(frozen=True, slots=True)
class Background:
    """`work(context)` every `every_s` seconds, as SYSTEM. Each worker of the house does it: it must bear company."""

    name: str
    every_s: float
    work: Callable[[Context], Awaitable[object]]


@asynccontextmanager
async def running(background: Sequence[Background], open_context: OpenContext) -> AsyncIterator[None]:
    """Does the work while the block runs. What fails is logged, and done again at its next time."""
    tasks = [asyncio.create_task(_repeat(one, open_context)) for one in background]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _repeat(background: Background, open_context: OpenContext) -> None:
    while True:
        await asyncio.sleep(background.every_s)
        try:
            with open_context(SYSTEM) as context:
                await background.work(context)
        except SourceError as error:
            log.warning(
                "source failed", source=error.source, code=error.code, detail=error.detail, work=background.name
            )
        except Exception as error:  # whatever it was, nobody else would hear of it, and the next time may go well
            log.error("background work failed", work=background.name, exc_info=error)
