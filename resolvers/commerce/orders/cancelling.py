"""Cancelling: the payment is voided, the stock given back."""

from typing import Any
from uuid import UUID

from datasources.actor import SYSTEM
from datasources.commerce.errors import PaymentDeclined
from datasources.commerce.events import EventType
from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments import Step
from datasources.commerce.stores import Commerce
from datasources.errors import SourceRefused
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.commerce.orders.reading import fresh, hold, must_see
from resolvers.commerce.rules import must_move
from resolvers.context import Context

_BAD_REQUEST = 400
"""Whatever is wrong with the request, it was so the first time too: nothing was authorised."""


async def cancel_order(context: Context, id: UUID, key: str) -> Any:
    """Calls off an order that is not shipped, for its customer or staff.

    Raises: NotFound, Forbidden, InvalidMove, KeyReused; SourceError, after which the same key goes on.
    """
    commerce = context.of(Commerce)
    order = await must_see(context, id)
    if order.customer_id != context.actor.id:
        context.actor.require("orders:write")

    async def begin(transaction: Transaction) -> dict[str, str]:
        held = await hold(commerce, transaction, id)
        must_move(held.standing, OrderStatus.CANCELLED)
        await commerce.payments.records.move(
            transaction, held.payment.id, Step.AUTHORISED, Step.VOIDING, actor_id=context.actor.id
        )
        return {"payment": str(held.payment.id)}

    begun = await commerce.once(key, "cancelOrder", {"order": id}).do(commerce.sources.database, begin)
    await finish_voiding(commerce, UUID(begun["payment"]))
    return await fresh(context, id)


async def release(commerce: Commerce, payment_id: UUID) -> None:
    """Ends an attempt that has no order yet: nothing will be bought, nothing stays reserved on the card."""
    async with commerce.sources.database.transaction() as transaction:
        await commerce.payments.records.move(transaction, payment_id, Step.AUTHORISING, Step.VOIDING)
    await finish_voiding(commerce, payment_id)


async def finish_voiding(commerce: Commerce, payment_id: UUID) -> None:
    """Voids at the service what is to be voided, and cancels the order where there is one. Raises: SourceError."""
    payment = await commerce.payments.records.get(payment_id)
    if payment.status != Step.VOIDING:
        return
    try:
        # Nobody knows whether an attempt without an answer reached the service: asking again tells its id.
        provider_id = payment.provider_id or (await commerce.payments.provider.authorise(payment)).id
    except PaymentDeclined as declined:
        await decline(commerce, payment, Step.VOIDING, declined.decline_code)
        return
    except SourceRefused as refused:
        if refused.status != _BAD_REQUEST:
            raise
        await decline(commerce, payment, Step.VOIDING, "bad_request")
        return
    await commerce.payments.provider.void(payment, provider_id)
    async with commerce.sources.database.transaction() as transaction:
        if await commerce.payments.records.move(
            transaction, payment_id, Step.VOIDING, Step.VOIDED, provider_id=provider_id
        ):
            await undo(commerce, transaction, payment)


async def decline(commerce: Commerce, payment: Row, step: Step, reason: str) -> None:
    """Ends a payment that the service declined while it was at this step, and tells of it, once."""
    async with commerce.sources.database.transaction() as transaction:
        if await commerce.payments.records.move(transaction, payment.id, step, Step.DECLINED, decline_code=reason):
            await tell_failed(commerce, transaction, payment, reason)


async def tell_failed(commerce: Commerce, transaction: Transaction, payment: Row, reason: str) -> None:
    await commerce.events.append(
        transaction,
        EventType.ORDER_PAYMENT_FAILED,
        payment.order_id,
        owner=payment.customer_id,
        reason=reason,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
    )


async def undo(commerce: Commerce, transaction: Transaction, payment: Row) -> None:
    """Cancels the order of a payment that has just been voided, if it was ever placed."""
    order = await commerce.orders.get_in(transaction, payment.order_id)
    if order is None:
        return
    await commerce.inventory.release(transaction, order.id)
    sold = {line.product_id: -line.quantity for line in await commerce.orders.lines_in(transaction, order.id)}
    await commerce.orders.add_sold(transaction, sold)
    await commerce.orders.advance(transaction, order.id, OrderStatus.CANCELLED, payment.actor_id or SYSTEM.signed_in)
    await commerce.events.append(
        transaction, EventType.ORDER_CANCELLED, order.id, owner=order.customer_id, payment=str(payment.id)
    )
