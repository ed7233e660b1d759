"""What we asked of the payment service: written before each call, so that a lost answer can be settled.

A payment's status decides who may act on it: each step is claimed by one conditional UPDATE, and ended by another.
These rows are not shown to anybody, so they know no actor; whoever reads them has reached them by an order.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.commerce.tables import PAYMENTS, REFUNDS, WEBHOOK_EVENTS
from datasources.ids import Clock
from datasources.sql import Database, Transaction
from datasources.statements import equal, read
from datasources.table import Row, Rows


class Step(StrEnum):
    """Those in -ing are under way: the service was asked, or is about to be."""

    AUTHORISING = "authorising"
    AUTHORISED = "authorised"
    DECLINED = "declined"
    CAPTURING = "capturing"
    CAPTURED = "captured"
    VOIDING = "voiding"
    VOIDED = "voided"


class RefundStep(StrEnum):
    STARTED = "started"
    DONE = "done"
    REFUSED = "refused"


_PAYMENTS, _REFUNDS = sa.select(PAYMENTS), sa.select(REFUNDS)
UNDER_WAY = (Step.AUTHORISING, Step.CAPTURING, Step.VOIDING)


class PaymentRecords:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def get(self, id: UUID) -> Row:
        """The payment with this id, which must be there. Source: one SELECT."""
        return _there(await self._database.row(read(_PAYMENTS, equal(PAYMENTS.c.id, id))), id)

    async def of_order(self, order_id: UUID) -> Row:
        """The payment of this order, which must be there. Source: one SELECT."""
        return _there(await self._database.row(read(_PAYMENTS, equal(PAYMENTS.c.order_id, order_id))), order_id)

    async def hold(self, transaction: Transaction, order_id: UUID) -> Row:
        """The payment of this order, which nobody else moves on until the transaction ends."""
        mine = _PAYMENTS.where(PAYMENTS.c.order_id == order_id)
        return _there(await transaction.row(mine.with_for_update()), order_id)

    async def by_provider_id(self, provider_id: str) -> Row | None:
        """None where the service tells of a payment that is not ours. Source: one SELECT."""
        return await self._database.row(read(_PAYMENTS, equal(PAYMENTS.c.provider_id, provider_id)))

    async def insert(self, transaction: Transaction, values: Mapping[str, Any]) -> None:
        """A payment that is being authorised; its `id` is its key at the service."""
        now = self._clock()
        fixed = {"status": Step.AUTHORISING, "refunded_minor": 0, "created_at": now, "updated_at": now}
        await transaction.write(sa.insert(PAYMENTS).values(fixed | dict(values)))

    async def move(self, transaction: Transaction, id: UUID, step: Step, to: Step, **values: Any) -> bool:
        """Takes the payment from `step` to `to`; False where another was faster, or it never was there."""
        here = (PAYMENTS.c.id == id, PAYMENTS.c.status == step)
        changed = {"status": to, "updated_at": self._clock(), **values}
        return bool(await transaction.write(sa.update(PAYMENTS).where(*here).values(changed)))

    async def add_refunded(self, transaction: Transaction, id: UUID, minor: int) -> bool:
        """False where more would be given back than was captured."""
        after = PAYMENTS.c.refunded_minor + minor
        within = (PAYMENTS.c.id == id, PAYMENTS.c.status == Step.CAPTURED, after <= PAYMENTS.c.amount_minor)
        return bool(await transaction.write(sa.update(PAYMENTS).where(*within).values(refunded_minor=after)))

    async def recount_refunded(self, transaction: Transaction, payment: Row, told_minor: int) -> None:
        """Takes notice of what was given back elsewhere. The caller holds the payment.

        It is what the service tells, or what we know to be done where it told that before, and what is under way.
        """
        mine = REFUNDS.c.order_id == payment.order_id
        by_step = sa.select(REFUNDS.c.status, sa.func.sum(REFUNDS.c.amount_minor)).where(mine)
        rows = await transaction.rows(by_step.group_by(REFUNDS.c.status))
        ours = {status: int(minor) for status, minor in rows}
        refunded_minor = max(told_minor, ours.get(RefundStep.DONE, 0)) + ours.get(RefundStep.STARTED, 0)
        changed = {"refunded_minor": min(refunded_minor, payment.amount_minor)}
        await transaction.write(sa.update(PAYMENTS).where(PAYMENTS.c.id == payment.id).values(changed))

    async def insert_refund(self, transaction: Transaction, values: Mapping[str, Any]) -> None:
        fixed = {"status": RefundStep.STARTED, "created_at": self._clock()}
        await transaction.write(sa.insert(REFUNDS).values(fixed | dict(values)))

    async def get_refund(self, id: UUID) -> Row:
        """The refund with this id, which must be there. Source: one SELECT."""
        return _there(await self._database.row(read(_REFUNDS, equal(REFUNDS.c.id, id))), id)

    async def end_refund(
        self, transaction: Transaction, id: UUID, to: RefundStep, provider_id: str | None = None
    ) -> bool:
        """False where another was faster."""
        here = (REFUNDS.c.id == id, REFUNDS.c.status == RefundStep.STARTED)
        changed = sa.update(REFUNDS).where(*here).values(status=to, provider_id=provider_id)
        return bool(await transaction.write(changed))

    async def fail_refund(self, transaction: Transaction, provider_id: str) -> Row | None:
        """The refund that was done and is no longer; None where it is not ours, or was failed before."""
        done = (REFUNDS.c.provider_id == provider_id, REFUNDS.c.status == RefundStep.DONE)
        refund = await transaction.row(sa.select(REFUNDS).where(*done).with_for_update())
        if refund is not None:
            await transaction.write(sa.update(REFUNDS).where(*done).values(status=RefundStep.REFUSED))
        return refund

    async def has_refund(self, transaction: Transaction, order_id: UUID) -> bool:
        """Whether one is done."""
        done = (REFUNDS.c.order_id == order_id, REFUNDS.c.status == RefundStep.DONE)
        return await transaction.row(sa.select(REFUNDS.c.id).where(*done).limit(1)) is not None

    async def has_restocked_in_vain(self, transaction: Transaction, order_id: UUID) -> bool:
        """Whether goods came back for a refund that failed later."""
        failed = (REFUNDS.c.order_id == order_id, REFUNDS.c.status == RefundStep.REFUSED, REFUNDS.c.restock)
        told = sa.select(REFUNDS.c.id).where(*failed, REFUNDS.c.provider_id.is_not(None))
        return await transaction.row(told.limit(1)) is not None

    async def refunds_under_way(self, transaction: Transaction, order_id: UUID) -> int:
        started = (REFUNDS.c.order_id == order_id, REFUNDS.c.status == RefundStep.STARTED)
        count = sa.select(sa.func.count()).select_from(REFUNDS).where(*started)
        return int((await transaction.rows(count))[0][0])

    async def started_refunds(self, order_id: UUID) -> Sequence[UUID]:
        started = (REFUNDS.c.order_id == order_id, REFUNDS.c.status == RefundStep.STARTED)
        return [row.id for row in await self._database.rows(sa.select(REFUNDS.c.id).where(*started))]

    async def stuck(self, before: datetime, limit: int) -> Rows:
        """Payments whose step is under way since before then, drawn by lot. Source: one SELECT."""
        old = (PAYMENTS.c.status.in_(UNDER_WAY), PAYMENTS.c.updated_at <= before)
        return await self._database.rows(_by_lot(sa.select(PAYMENTS).where(*old), limit))

    async def stuck_refunds(self, before: datetime, limit: int) -> Rows:
        """Refunds under way since before then, drawn by lot. Source: one SELECT."""
        old = (REFUNDS.c.status == RefundStep.STARTED, REFUNDS.c.created_at <= before)
        return await self._database.rows(_by_lot(sa.select(REFUNDS).where(*old), limit))

    async def take_event(self, transaction: Transaction, id: str, type: str) -> bool:
        """False where this event of the service was taken before."""
        values = {"id": id, "type": type, "received_at": self._clock()}
        return bool(await transaction.write(transaction.upsert(WEBHOOK_EVENTS).values(values).on_conflict_do_nothing()))

    async def forget_events(self, transaction: Transaction, before: datetime) -> int:
        """Events that were taken before then would be taken again; how many."""
        return await transaction.write(sa.delete(WEBHOOK_EVENTS).where(WEBHOOK_EVENTS.c.received_at < before))


def _by_lot(select: sa.Select[Any], limit: int) -> sa.Select[Any]:
    """Never the oldest first: those that fail each time would be the oldest for ever, and keep out all others."""
    return select.order_by(sa.func.random()).limit(limit)


def _there(row: Row | None, id: UUID) -> Row:
    if row is None:
        raise LookupError(f"no payment or refund is kept for {id}")
    return row
