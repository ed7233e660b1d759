"""Whether the process lives, and whether it can serve: its sources answer, and it is not leaving."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from datasources.deadline import deadline
from datasources.errors import SourceError
from gateway.draining import Draining

CHECK_TIMEOUT_S = 3.0
READY_KEPT_S = 1.0
"""Anybody may ask whether we are ready, and each check is a request to a service: they are not made more often."""

Check = Callable[[], Awaitable[None]]
Checks = Callable[[], Mapping[str, Check]]


def health(checks: Checks, draining: Draining) -> list[Route]:
    """`checks` are the sources by name, each raising a SourceError where it does not answer."""
    readiness = _Readiness(checks)

    async def live(_: Request) -> Response:
        return JSONResponse({"live": True})

    async def ready(_: Request) -> Response:
        if draining.leaving:
            return JSONResponse({"ready": False, "draining": True}, 503)
        states = await readiness.states()
        healthy = all(state == "ok" for state in states.values())
        return JSONResponse({"ready": healthy, "sources": states}, 200 if healthy else 503)

    return [Route("/health/live", live), Route("/health/ready", ready)]


class _Readiness:
    """How the sources are, by name. Those who ask while somebody is being told, or shortly after, are told the same."""

    def __init__(self, checks: Checks) -> None:
        self._checks = checks
        self._asked: asyncio.Task[dict[str, str]] | None = None
        self._asked_at = 0.0

    async def states(self) -> dict[str, str]:
        old = time.monotonic() - self._asked_at > READY_KEPT_S
        if self._asked is None or (old and self._asked.done()):
            self._asked = asyncio.create_task(_states(self._checks()))
            self._asked_at = time.monotonic()
        return await asyncio.shield(self._asked)


async def _states(checks: Mapping[str, Check]) -> dict[str, str]:
    async def state(check: Check) -> str:
        try:
            with deadline(CHECK_TIMEOUT_S):
                await check()
        except SourceError as error:
            return error.code
        return "ok"

    states = await asyncio.gather(*(state(check) for check in checks.values()))
    return dict(zip(checks, states, strict=True))
