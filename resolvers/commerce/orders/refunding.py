"""Refunding: money goes back for some lines or all, and the goods into stock where they came back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasources.actor import SYSTEM
from datasources.commerce.errors import RefundRefused
from datasources.commerce.events import EventType
from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments import RefundStep
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.ids import uuid7
from datasources.sql import Transaction
from datasources.table import Row, Rows
from resolvers.commerce.orders.reading import fresh, hold, must_see
from resolvers.commerce.rules import Refundable, all_that_is_left, must_move, refund_amount, status_after_refund
from resolvers.context import Context
from resolvers.text import plain

MAX_REASON = 200


@dataclass(frozen=True, slots=True)
class RefundOrder:
    """`lines` are quantities by order line; None is all that is left. `restock`: the goods came back, and are good."""

    order_id: UUID
    lines: Mapping[UUID, int] | None
    restock: bool
    reason: str | None


async def refund_order(context: Context, command: RefundOrder, key: str) -> Any:
    """Gives money back for an order that was shipped.

    Raises: Forbidden, NotFound, InvalidMove, InvalidInput, RefundRefused, KeyReused; SourceError, after which the same
    key goes on.
    """
    context.actor.require("orders:write")
    commerce = context.of(Commerce)
    await must_see(context, command.order_id)
    reason = None if command.reason is None else plain(command.reason, "reason", MAX_REASON)
    lines = None if command.lines is None else {str(id): quantity for id, quantity in command.lines.items()}
    request = {"order": command.order_id, "lines": lines, "restock": command.restock, "reason": reason}

    async def begin(transaction: Transaction) -> dict[str, str]:
        held = await hold(commerce, transaction, command.order_id)
        must_move(held.standing, OrderStatus.REFUNDED)
        if command.restock and await commerce.payments.records.has_restocked_in_vain(transaction, command.order_id):
            raise InvalidInput("restock", "Goods of a refund that failed are in stock already; do not restock again.")
        payment = held.payment
        found = _refundable(await commerce.orders.lines_in(transaction, command.order_id))
        wanted = all_that_is_left(found) if command.lines is None else dict(command.lines)
        amount_minor = refund_amount(found, wanted, payment.amount_minor - payment.refunded_minor)
        refund = {
            "id": uuid7(context.clock()),
            "order_id": command.order_id,
            "amount_minor": amount_minor,
            "currency": payment.currency,
            "lines": {str(id): quantity for id, quantity in wanted.items()},
            "restock": command.restock,
            "reason": reason,
            "actor_id": context.actor.id,
        }
        await _count(commerce, transaction, payment.id, amount_minor, wanted)
        await commerce.payments.records.insert_refund(transaction, refund)
        return {"refund": str(refund["id"])}

    begun = await commerce.once(key, "refundOrder", request).do(commerce.sources.database, begin)
    await finish_refund(commerce, UUID(begun["refund"]))
    if (await commerce.payments.records.get_refund(UUID(begun["refund"]))).status == RefundStep.REFUSED:
        raise RefundRefused
    return await fresh(context, command.order_id)


async def finish_refund(commerce: Commerce, refund_id: UUID) -> None:
    """Gives back what is to be given back. Raises: SourceError."""
    refund = await commerce.payments.records.get_refund(refund_id)
    if refund.status != RefundStep.STARTED:
        return
    payment = await commerce.payments.records.of_order(refund.order_id)
    try:
        provider_id = await commerce.payments.provider.refund(refund, payment.provider_id)
    except RefundRefused:
        await _take_back(commerce, refund)
        return
    async with commerce.sources.database.transaction() as transaction:
        payment = await commerce.payments.records.hold(transaction, refund.order_id)
        if await commerce.payments.records.end_refund(transaction, refund_id, RefundStep.DONE, provider_id):
            await _end(commerce, transaction, refund, payment.customer_id)


async def _end(commerce: Commerce, transaction: Transaction, refund: Row, customer_id: UUID) -> None:
    status = status_after_refund(_refundable(await commerce.orders.lines_in(transaction, refund.order_id)))
    if await commerce.payments.records.refunds_under_way(transaction, refund.order_id):
        status = OrderStatus.PARTIALLY_REFUNDED
    await commerce.orders.advance(transaction, refund.order_id, status, refund.actor_id, note=refund.reason)
    if refund.restock:
        await commerce.inventory.restock(transaction, refund.order_id, _quantities(refund))
    await commerce.events.append(
        transaction,
        EventType.ORDER_REFUNDED,
        refund.order_id,
        owner=customer_id,
        refund=str(refund.id),
        amount_minor=refund.amount_minor,
        currency=refund.currency,
    )


async def _take_back(commerce: Commerce, refund: Row) -> None:
    """The service said no: what was counted as given back is not."""
    async with commerce.sources.database.transaction() as transaction:
        payment = await commerce.payments.records.hold(transaction, refund.order_id)
        if await commerce.payments.records.end_refund(transaction, refund.id, RefundStep.REFUSED):
            await _discount(commerce, transaction, payment.id, refund)


async def undo_refund(commerce: Commerce, order_id: UUID, provider_id: str) -> None:
    """The service had said yes, but the money came back: it may be given again. Goods that were restocked stay."""
    async with commerce.sources.database.transaction() as transaction:
        payment = await commerce.payments.records.hold(transaction, order_id)
        refund = await commerce.payments.records.fail_refund(transaction, provider_id)
        if refund is None:
            return
        await _discount(commerce, transaction, payment.id, refund)
        others = await commerce.payments.records.has_refund(transaction, order_id)
        status = OrderStatus.PARTIALLY_REFUNDED if others else OrderStatus.SHIPPED
        await commerce.orders.advance(transaction, order_id, status, SYSTEM.signed_in, note="A refund failed")
        await commerce.events.append(
            transaction,
            EventType.ORDER_REFUND_FAILED,
            order_id,
            owner=payment.customer_id,
            refund=str(refund.id),
            amount_minor=refund.amount_minor,
            currency=refund.currency,
        )


async def _discount(commerce: Commerce, transaction: Transaction, payment_id: UUID, refund: Row) -> None:
    less = {id: -quantity for id, quantity in _quantities(refund).items()}
    await _count(commerce, transaction, payment_id, -refund.amount_minor, less)


async def _count(
    commerce: Commerce, transaction: Transaction, payment_id: UUID, minor: int, quantities: Mapping[UUID, int]
) -> None:
    if not await commerce.payments.records.add_refunded(transaction, payment_id, minor):
        raise InvalidInput("lines", "This is more than was taken and not yet given back.")
    await commerce.orders.add_refunded(transaction, quantities)


def _quantities(refund: Row) -> dict[UUID, int]:
    return {UUID(id): quantity for id, quantity in refund.lines.items()}


def _refundable(lines: Rows) -> list[Refundable]:
    return [Refundable(line.id, line.quantity, line.refunded_quantity, line.total_minor) for line in lines]
