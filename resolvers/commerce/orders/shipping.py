"""Shipping: the parcel is ordered at the carrier, then the payment is captured."""

from dataclasses import asdict
from typing import Any
from uuid import UUID

from datasources.commerce.errors import AuthorisationLost, ShipmentRefused
from datasources.commerce.events import EventType
from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments import Step
from datasources.commerce.shipments import Shipment
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import ORDERS
from datasources.errors import SourceRefused
from datasources.sql import Transaction
from datasources.table import Row
from resolvers.commerce.orders.cancelling import tell_failed, undo
from resolvers.commerce.orders.reading import fresh, hold, must_see
from resolvers.commerce.rules import must_move
from resolvers.context import Context

UNIT_WEIGHT_G = 500
"""Products have no weight of their own yet; the carrier wants one."""
MAX_WEIGHT_G = 1_000_000
_INVALID = 422
LOST = "authorisation_lost"


async def ship_order(context: Context, id: UUID, key: str) -> Any:
    """Sends the whole order and takes the money.

    Raises: Forbidden, NotFound, InvalidMove, ShipmentRefused, AuthorisationLost, KeyReused; SourceError, after which
    the same key goes on.
    """
    context.actor.require("orders:write")
    commerce = context.of(Commerce)
    await must_see(context, id)

    async def begin(transaction: Transaction) -> dict[str, str]:
        held = await hold(commerce, transaction, id)
        must_move(held.standing, OrderStatus.SHIPPED)
        await commerce.payments.records.move(
            transaction, held.payment.id, Step.AUTHORISED, Step.CAPTURING, actor_id=context.actor.id
        )
        return {"payment": str(held.payment.id)}

    begun = await commerce.once(key, "shipOrder", {"order": id}).do(commerce.sources.database, begin)
    match await finish_shipping(commerce, UUID(begun["payment"])):
        case Step.AUTHORISED:
            raise ShipmentRefused
        case Step.VOIDING | Step.VOIDED:
            raise AuthorisationLost
    return await fresh(context, id)


async def finish_shipping(commerce: Commerce, payment_id: UUID) -> Step:
    """Ships what is to be shipped; the payment's step after that: captured, or authorised or voided where it failed.

    Raises: SourceError.
    """
    payment = await commerce.payments.records.get(payment_id)
    if payment.status == Step.CAPTURING:
        await _ship(commerce, payment)
        payment = await commerce.payments.records.get(payment_id)
    return Step(payment.status)


async def _ship(commerce: Commerce, payment: Row) -> None:
    try:
        shipment = await _order_parcel(commerce, payment.order_id)
    except ShipmentRefused:
        # The money comes last, so there is none to give back.
        async with commerce.sources.database.transaction() as transaction:
            await commerce.payments.records.move(transaction, payment.id, Step.CAPTURING, Step.AUTHORISED)
        return
    try:
        await commerce.payments.provider.capture(payment)
    except AuthorisationLost:
        await commerce.shipments.cancel(shipment.id, f"{payment.id}:cancel")
        async with commerce.sources.database.transaction() as transaction:
            if await commerce.payments.records.move(transaction, payment.id, Step.CAPTURING, Step.VOIDED):
                await tell_failed(commerce, transaction, payment, LOST)
                await undo(commerce, transaction, payment)
        return
    async with commerce.sources.database.transaction() as transaction:
        if await commerce.payments.records.move(transaction, payment.id, Step.CAPTURING, Step.CAPTURED):
            order_id, actor_id = payment.order_id, payment.actor_id
            await commerce.inventory.ship(transaction, order_id)
            await commerce.orders.advance(transaction, order_id, OrderStatus.SHIPPED, actor_id, shipment_id=shipment.id)
            lines = await commerce.orders.lines_in(transaction, order_id)
            await commerce.events.append(
                transaction,
                EventType.ORDER_SHIPPED,
                order_id,
                owner=payment.customer_id,
                shipment=shipment.id,
                amount_minor=payment.amount_minor,
                tax_minor=sum(line.tax_minor for line in lines),
                currency=payment.currency,
            )


async def _order_parcel(commerce: Commerce, order_id: UUID) -> Shipment:
    """The order's id is the key: one order is one parcel, however often it is asked for. Raises: ShipmentRefused."""
    (order,) = await commerce.orders.by_ids([order_id])
    lines = await commerce.orders.lines_of([order_id])
    address = commerce.seals.address(ORDERS.c.sealed_address, order.id, order.sealed_address)
    if address is None:
        raise ShipmentRefused
    try:
        return await commerce.shipments.create(
            reference=order.number,
            address=asdict(address),
            weight_g=min(MAX_WEIGHT_G, UNIT_WEIGHT_G * sum(line.quantity for line in lines)),
            idempotency_key=str(order_id),
        )
    except SourceRefused as refused:
        if refused.status != _INVALID:
            raise
        raise ShipmentRefused from None
