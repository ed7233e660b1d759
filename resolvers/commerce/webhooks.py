"""What the payment service tells of its own accord: signed, repeated, and in no sure order.

An event is only a hint that a payment changed: what is so is asked of the service, so late events do no harm.
"""

from typing import Any

from pydantic import BaseModel, ValidationError

from datasources.actor import SYSTEM
from datasources.commerce.payments import PaymentStatus, ProviderPayment, Step, check_signature
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.table import Row
from resolvers.commerce.orders.cancelling import finish_voiding
from resolvers.commerce.orders.refunding import finish_refund, undo_refund
from resolvers.commerce.orders.shipping import finish_shipping
from resolvers.context import Context


class _Data(BaseModel, frozen=True):
    object: dict[str, Any]


class Event(BaseModel, frozen=True):
    """Stripe's event, about a payment intent, or about something that names its payment intent."""

    id: str
    type: str
    data: _Data

    @property
    def payment_id(self) -> str | None:
        about = self.data.object
        id = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
        return id if isinstance(id, str) else None

    @property
    def refund_id(self) -> str | None:
        id = self.data.object.get("id") if self.data.object.get("object") == "refund" else None
        return id if isinstance(id, str) else None


async def take_event(context: Context, body: bytes, signature: str) -> None:
    """Takes one event; a repeated one, or one about a payment that is not ours, changes nothing.

    Raises: BadSignature, InvalidInput; SourceError, after which the event is to be sent again.
    """
    commerce = context.of(Commerce)
    check_signature(signature, body, commerce.sources.webhook_secret, context.clock())
    event = _read(body)
    payment = event.payment_id and await commerce.payments.records.by_provider_id(event.payment_id)
    if not payment:
        return
    present = await commerce.payments.provider.get(payment.provider_id)
    async with commerce.sources.database.transaction() as transaction:
        is_new = await commerce.payments.records.take_event(transaction, event.id, event.type)
        if is_new and present.status is PaymentStatus.VOIDED:
            # It expired, or was cancelled by hand: the order can never be paid.
            await commerce.payments.records.move(
                transaction, payment.id, Step.AUTHORISED, Step.VOIDING, actor_id=SYSTEM.id
            )
    await _finish(commerce, payment, present)
    if present.status is PaymentStatus.CAPTURED:
        if event.refund_id and not await commerce.payments.provider.is_refunded(event.refund_id):
            await undo_refund(commerce, payment.order_id, event.refund_id)
        await _recount(commerce, payment)


async def _recount(commerce: Commerce, payment: Row) -> None:
    """Comes last: a refund that has not ended would be counted twice, as the service's and as ours."""
    present = await commerce.payments.provider.get(payment.provider_id)
    async with commerce.sources.database.transaction() as transaction:
        held = await commerce.payments.records.hold(transaction, payment.order_id)
        await commerce.payments.records.recount_refunded(transaction, held, present.refunded_minor)


async def _finish(commerce: Commerce, payment: Row, present: ProviderPayment) -> None:
    """Ends what is under way where the service has decided it; what it has not, is left to whoever asks it."""
    if present.status is PaymentStatus.VOIDED:
        await finish_voiding(commerce, payment.id)
    if present.status is PaymentStatus.CAPTURED:
        await finish_shipping(commerce, payment.id)
        for refund_id in await commerce.payments.records.started_refunds(payment.order_id):
            await finish_refund(commerce, refund_id)


def _read(body: bytes) -> Event:
    try:
        return Event.model_validate_json(body)
    except ValidationError:
        raise InvalidInput("body", "This is not an event of the payment service.") from None
