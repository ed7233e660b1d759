"""Each operation over a response of its own."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from gateway.draining import Draining
from gateway.execution import Executor
from gateway.identity import Holder, Tokens
from gateway.limits.connections import Connections
from gateway.request import Caller, GraphQLRequest
from gateway.results import Failure, results, sent
from gateway.session import Session
from gateway.streams.kinds import Kind
from gateway.streams.live import Live, Write


@dataclass(frozen=True, slots=True)
class Streaming:
    """What streams need of the process that they are in."""

    executor: Executor
    tokens: Tokens
    connections: Connections
    draining: Draining

    def distinct(self, request: GraphQLRequest, caller: Caller, holder: Holder | None, kind: Kind) -> Live:
        """The response that gives the results of this operation alone. Raises: TooManyConnections."""
        session = Session(self.tokens, holder)

        async def work(write: Write) -> bytes:
            async def send(page: Sequence[bytes]) -> None:
                await write(kind.results(page))

            failure = await sent(partial(results, self.executor), caller, request, session, send)
            return (kind.said(failure) if failure else b"") + kind.closing

        left = self.draining.told if self.executor.lasts(request) else _never
        held = self.connections.hold(caller)
        return Live(kind, work, lambda errors: kind.said(Failure(errors, ran=True)) + kind.closing, session, left, held)


async def _never() -> None:
    await asyncio.Event().wait()
