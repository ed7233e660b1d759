"""Settling: what was asked of the payment service and never heard of again is brought to its end.

It repeats the second halves of `resolvers/commerce/orders`, so it may run anywhere, several times at once, and beside
the clients' own retries.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import structlog

from datasources.commerce.payments import Step
from datasources.commerce.stores import Commerce
from datasources.errors import SourceError
from resolvers.commerce.orders.cancelling import finish_voiding, release
from resolvers.commerce.orders.refunding import finish_refund
from resolvers.commerce.orders.shipping import finish_shipping
from resolvers.context import Context

GRACE = timedelta(minutes=2)
"""Longer than any operation takes: what is older, nobody waits for any more."""
IN_ALL = 200
AT_ONCE = 10

log = structlog.get_logger("heddle")

_END: Mapping[str, Callable[[Commerce, UUID], Awaitable[Any]]] = {
    Step.AUTHORISING: release,
    Step.CAPTURING: finish_shipping,
    Step.VOIDING: finish_voiding,
}


@dataclass(frozen=True, slots=True)
class Settled:
    """How many were brought to their end, and how many must wait for the next time."""

    done: int
    left: int


async def settle(context: Context) -> Settled:
    """Ends every payment and refund that is under way for longer than GRACE, the oldest first; logs what it cannot."""
    commerce = context.of(Commerce)
    before = context.clock() - GRACE
    payments = await commerce.payments.records.stuck(before, IN_ALL)
    refunds = await commerce.payments.records.stuck_refunds(before, IN_ALL)
    turns = asyncio.Semaphore(AT_ONCE)

    async def end(id: UUID, work: Callable[[Commerce, UUID], Awaitable[Any]]) -> None:
        async with turns:
            await work(commerce, id)

    work = [(payment.id, _END[payment.status]) for payment in payments]
    work += [(refund.id, finish_refund) for refund in refunds]
    outcomes = await asyncio.gather(*(end(*one) for one in work), return_exceptions=True)
    failed = [(id, error) for (id, _), error in zip(work, outcomes, strict=True) if error is not None]
    for id, error in failed:
        if isinstance(error, SourceError):
            log.warning("not settled yet", id=str(id), source=error.source, code=error.code, detail=error.detail)
        else:
            log.error("cannot be settled", id=str(id), exc_info=error)
    return Settled(len(work) - len(failed), len(failed))
