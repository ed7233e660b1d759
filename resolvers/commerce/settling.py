"""Settling: what was asked of the payment service and never heard of again is brought to its end.

It repeats the second halves of `resolvers/commerce/orders`, so it may run anywhere, several times at once, and beside
the clients' own retries.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
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
"""Longer than any operation may take: what is older, nobody waits for any more."""
ALARM = timedelta(days=1)
"""What cannot be settled for so long needs a person."""
IN_ALL = 200
AT_ONCE = 10

log = structlog.get_logger("heddle")

End = Callable[[Commerce, UUID], Awaitable[Any]]
_END: Mapping[str, End] = {
    Step.AUTHORISING: release,
    Step.CAPTURING: finish_shipping,
    Step.VOIDING: finish_voiding,
}


@dataclass(frozen=True, slots=True)
class Stuck:
    """A payment or refund that is under way since then."""

    id: UUID
    since: datetime
    end: End


@dataclass(frozen=True, slots=True)
class Settled:
    """How many were brought to their end, and how many must wait for the next time."""

    done: int
    left: int


async def settle(context: Context) -> Settled:
    """Ends payments and refunds that are under way for longer than GRACE, IN_ALL of each; logs what it cannot."""
    commerce = context.of(Commerce)
    now = context.clock()
    payments = await commerce.payments.records.stuck(now - GRACE, IN_ALL)
    refunds = await commerce.payments.records.stuck_refunds(now - GRACE, IN_ALL)
    stuck = [Stuck(payment.id, payment.updated_at, _END[payment.status]) for payment in payments]
    stuck += [Stuck(refund.id, refund.created_at, finish_refund) for refund in refunds]
    turns = asyncio.Semaphore(AT_ONCE)

    async def end(one: Stuck) -> None:
        async with turns:
            await one.end(commerce, one.id)

    outcomes = await asyncio.gather(*(end(one) for one in stuck), return_exceptions=True)
    failed = [(one, error) for one, error in zip(stuck, outcomes, strict=True) if error is not None]
    for one, error in failed:
        _tell(one, error, alarming=now - one.since > ALARM)
    return Settled(len(stuck) - len(failed), len(failed))


def _tell(one: Stuck, error: BaseException, *, alarming: bool) -> None:
    if isinstance(error, SourceError):
        tell = log.error if alarming else log.warning
        since = one.since.isoformat()
        tell("not settled yet", id=str(one.id), since=since, source=error.source, code=error.code, detail=error.detail)
    else:
        log.error("cannot be settled", id=str(one.id), since=one.since.isoformat(), exc_info=error)
