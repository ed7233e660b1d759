"""What an operation gives over a transport that tells it result by result."""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import NamedTuple

import orjson
import structlog
from graphql import GraphQLError, OperationType

from datasources.errors import HeddleError, Refusal
from gateway.connection import ClientLeft
from gateway.errors import masked, shown
from gateway.execution import Executor
from gateway.operation import request_refused
from gateway.page import Page
from gateway.request import Caller, GraphQLRequest, NotExecuted
from gateway.session import Session

Pages = AsyncGenerator[Page, None]
"""Results, as many at a time as there are: one of a query or mutation, any number of a subscription."""

Run = Callable[[Caller, GraphQLRequest], Pages]
"""What runs an operation; NotExecuted and every other error end it.

Where its client does not wait for it any more, it is cancelled and closed: what must be finished all the same, such as
a mutation, it shields itself.
"""

Send = Callable[[Page], Awaitable[None]]

log = structlog.get_logger("heddle")


class Failure(NamedTuple):
    """How an operation ended: `errors` is the JSON array for the client; where it did not run, nothing was done."""

    errors: bytes
    ran: bool


def results(executor: Executor, caller: Caller, request: GraphQLRequest) -> Pages:
    """Raises: Throttled; what it gives also raises NotExecuted and HeddleError."""
    try:
        kind = executor.kind(request, caller)
    except Refusal as error:
        request_refused(error, caller.request_id)
        raise
    if kind is OperationType.SUBSCRIPTION:
        return executor.subscribe(request, caller)
    return _answered(executor, caller, request)


async def sent(run: Run, caller: Caller, request: GraphQLRequest, session: Session, send: Send) -> Failure | None:
    """Sends all results of an operation; how it failed, if it did, which concerns no other. Raises: ClientLeft."""
    try:
        with session.running(caller):
            async with aclosing(run(caller, request)) as pages:
                async for page in pages:
                    await send(page)
    except ClientLeft:
        raise
    except NotExecuted as refused:
        return Failure(refused.errors, ran=False)
    except HeddleError as error:
        told = shown([GraphQLError(str(error), original_error=error)], caller.request_id)
        return Failure(orjson.dumps(told), ran=True)
    except Exception:
        log.exception("bug", request=caller.request_id)
        return Failure(orjson.dumps([masked(caller.request_id)]), ran=True)
    return None


async def _answered(executor: Executor, caller: Caller, request: GraphQLRequest) -> Pages:
    result = await executor.execute(request, caller)
    if not result.executed:
        raise NotExecuted(orjson.dumps(result.errors))
    yield Page((executor.json_of(result, request, caller),))
