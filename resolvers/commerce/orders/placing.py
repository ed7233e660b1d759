"""Placing: the cart becomes an order, its payment is authorised.

What an attempt buys is fixed when its payment is written down. A repeat of its key goes on only where the cart still
says the same at the same price; where not, the attempt ends and its payment is released.
"""

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

import orjson

from datasources.commerce.errors import BasketChanged, EmptyCart, OutOfStock, PaymentDeclined, PaymentReleased
from datasources.commerce.events import EventType
from datasources.commerce.inventory import Wanted
from datasources.commerce.payments import NO_SUCH_METHOD, PaymentStatus, Step
from datasources.commerce.seals import PostalAddress, seal
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import ADDRESSES, ORDERS
from datasources.errors import InvalidInput, NotFound, Refusal, SourceError, SourceUnavailable
from datasources.idempotency import Once
from datasources.ids import uuid7
from datasources.sql import Transaction
from datasources.table import Row
from loaders.commerce import CommerceLoaders
from resolvers.commerce import contact
from resolvers.commerce.cart import priced
from resolvers.commerce.orders.cancelling import decline, release
from resolvers.commerce.orders.reading import fresh
from resolvers.commerce.pricing import Totals
from resolvers.commerce.rules import order_number
from resolvers.context import Context
from resolvers.text import plain

MAX_METHOD = 64


@dataclass(frozen=True, slots=True)
class PlaceOrder:
    """Buys the actor's cart. One of `address_id` and `address`; without `currency` it is the customer's own.

    `method` is a payment method at the payment service.
    """

    method: str
    address_id: UUID | None = None
    address: PostalAddress | None = None
    currency: str | None = None


@dataclass(frozen=True, slots=True)
class Basket:
    """What is bought: the lines of the cart, as their prices are, and where they go."""

    cart_lines: Sequence[Row]
    totals: Totals
    address: PostalAddress

    @property
    def quantities(self) -> dict[UUID, int]:
        return {line.product_id: line.quantity for line in self.cart_lines}

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(orjson.dumps(asdict(self.totals), default=str)).hexdigest()


async def place_order(context: Context, command: PlaceOrder, key: str) -> Any:
    """The order of all that is in the actor's cart.

    Raises: Unauthenticated, NotFound, InvalidInput, EmptyCart, OutOfStock, PaymentDeclined, PaymentReleased,
    BasketChanged, KeyReused; SourceError, after which the same key goes on.
    """
    commerce = context.of(Commerce)
    once = commerce.once(key, "placeOrder", asdict(command))
    attempt = await once.answer(commerce.sources.database)
    if attempt is None or await _is_open(commerce, attempt):
        try:
            basket = await _fill(context, command)
            attempt = await _begin(context, command, once, basket)
            if attempt["basket"] != basket.fingerprint:
                raise BasketChanged
            await _finish(commerce, UUID(attempt["payment"]), basket)
        except Refusal:
            attempt = await once.answer(commerce.sources.database)
            if attempt is None:
                raise
            with suppress(SourceError):  # what is to be voided is written down, and the settler goes on
                await release(commerce, UUID(attempt["payment"]))
            if await _order_id(commerce, attempt) is None:
                raise
            # A twin with the same key was faster: it took what this one did not find any more.
    return await _outcome(context, attempt)


async def _fill(context: Context, command: PlaceOrder) -> Basket:
    """What the cart says now; a friendly refusal where it can be seen already that nothing will come of it."""
    commerce = context.of(Commerce)
    address = await _address(context, command)
    cart = await commerce.carts.mine()
    lines = () if cart is None else await commerce.carts.lines_of([cart.id])
    if cart is None or not lines:
        raise EmptyCart
    available = await commerce.inventory.available_of([line.product_id for line in lines])
    for line in lines:
        if not line.active:
            raise InvalidInput("cart", f"{line.sku} is not sold any more; remove it from the cart.")
        if line.quantity > (left := available.get(line.product_id, 0)):
            raise OutOfStock(line.sku, line.quantity, left)
    totals = await priced(context, lines, command.currency or cart.currency, address.country)
    if not totals.total_minor:
        raise InvalidInput("cart", "This costs nothing, and there is no way to pay that; add something with a price.")
    return Basket(lines, totals, address)


async def _address(context: Context, command: PlaceOrder) -> PostalAddress:
    if (command.address_id is None) == (command.address is None):
        raise InvalidInput("addressId", "Say where it goes: by `addressId` or by `address`, not both.")
    if command.address is not None:
        return contact.postal_address(command.address)
    kept = await context.loaders.load(CommerceLoaders.address_by_id, command.address_id)
    mine = kept is not None and kept.customer_id == context.actor.signed_in
    address = context.of(Commerce).seals.address(ADDRESSES.c.sealed, kept.id, kept.sealed) if mine else None
    if address is None:
        raise NotFound("address")
    return address


async def _begin(context: Context, command: PlaceOrder, once: Once, basket: Basket) -> dict[str, str]:
    """Writes down what is about to be asked of the payment service, once for the key."""
    commerce = context.of(Commerce)
    now = context.clock()
    payment = {
        "id": uuid7(now),
        "order_id": uuid7(now),
        "customer_id": context.actor.signed_in,
        "amount_minor": basket.totals.total_minor,
        "currency": basket.totals.currency,
        "method": plain(command.method, "paymentMethod", MAX_METHOD),
        "actor_id": context.actor.signed_in,
    }

    async def begin(transaction: Transaction) -> dict[str, str]:
        if not await commerce.customers.hold(transaction, context.actor.signed_in):
            raise NotFound("customer")
        await commerce.payments.records.insert(transaction, payment)
        return {"payment": str(payment["id"]), "basket": basket.fingerprint}

    begun: dict[str, str] = await once.do(commerce.sources.database, begin)
    return begun


async def _finish(commerce: Commerce, payment_id: UUID, basket: Basket) -> None:
    """Authorises the payment and places the order, unless another was faster or it was given up meanwhile.

    Raises: PaymentDeclined, InvalidInput, OutOfStock, BasketChanged, SourceError.
    """
    payment = await commerce.payments.records.get(payment_id)
    if payment.status != Step.AUTHORISING:
        return
    provider_id = await _authorise(commerce, payment)
    async with commerce.sources.database.transaction() as transaction:
        await commerce.customers.hold(transaction, payment.customer_id)
        if await commerce.payments.records.move(
            transaction, payment_id, Step.AUTHORISING, Step.AUTHORISED, provider_id=provider_id
        ):
            await _place(commerce, transaction, payment, provider_id, basket)


async def _authorise(commerce: Commerce, payment: Row) -> str:
    """The payment's id at the service. Raises: PaymentDeclined, InvalidInput for the method, SourceError."""
    try:
        told = await commerce.payments.provider.authorise(payment)
    except PaymentDeclined as declined:
        await decline(commerce, payment, Step.AUTHORISING, declined.decline_code)
        raise _refusal(declined.decline_code) from None
    wanted = (PaymentStatus.AUTHORISED, payment.amount_minor, payment.currency)
    if (told.status, told.amount_minor, told.currency) != wanted:
        raise SourceUnavailable(commerce.sources.payments.name, "it did not authorise what it was asked to")
    return told.id


async def _place(commerce: Commerce, transaction: Transaction, payment: Row, provider_id: str, basket: Basket) -> None:
    cart_id = await commerce.carts.open(transaction)
    if await commerce.carts.empty(transaction, cart_id) != basket.quantities:
        raise BasketChanged
    order_id = payment.order_id
    lines = _lines(commerce, order_id, basket)
    order = {
        "id": order_id,
        "number": order_number(order_id),
        "customer_id": payment.customer_id,
        "currency": basket.totals.currency,
        "subtotal_minor": basket.totals.subtotal_minor,
        "tax_minor": basket.totals.tax_minor,
        "total_minor": basket.totals.total_minor,
        "rate": str(basket.totals.rate),
        "country": basket.address.country,
        "sealed_address": seal(commerce.sources.cipher, ORDERS.c.sealed_address, order_id, basket.address.json()),
        "payment_id": provider_id,
    }
    await commerce.orders.insert(transaction, order, lines, payment.customer_id)
    wanted = [Wanted(line["id"], line["product_id"], line["sku"], line["quantity"]) for line in lines]
    await commerce.inventory.reserve(transaction, order_id, wanted)
    await commerce.orders.add_sold(transaction, basket.quantities)
    await commerce.events.append(
        transaction,
        EventType.ORDER_PLACED,
        order_id,
        owner=payment.customer_id,
        total_minor=order["total_minor"],
        currency=order["currency"],
    )


def _lines(commerce: Commerce, order_id: UUID, basket: Basket) -> list[dict[str, Any]]:
    """The columns of the order's lines: what was sold, as it is now."""
    return [
        {
            **asdict(priced_line),
            "id": uuid7(commerce.sources.clock()),
            "order_id": order_id,
            "position": position,
            "sku": cart_line.sku,
            "name": cart_line.name,
            "refunded_quantity": 0,
        }
        for position, (cart_line, priced_line) in enumerate(
            zip(basket.cart_lines, basket.totals.lines, strict=True), start=1
        )
    ]


async def _is_open(commerce: Commerce, attempt: Mapping[str, str]) -> bool:
    payment = await commerce.payments.records.get(UUID(attempt["payment"]))
    return bool(payment.status == Step.AUTHORISING)


async def _order_id(commerce: Commerce, attempt: Mapping[str, str]) -> UUID | None:
    """The id of the order that the attempt became; None where it became none."""
    payment = await commerce.payments.records.get(UUID(attempt["payment"]))
    found = await commerce.orders.by_ids([payment.order_id])
    return payment.order_id if found else None


async def _outcome(context: Context, attempt: Mapping[str, str]) -> Any:
    """What came of an attempt that is over."""
    commerce = context.of(Commerce)
    order_id = await _order_id(commerce, attempt)
    if order_id is not None:
        return await fresh(context, order_id)
    payment = await commerce.payments.records.get(UUID(attempt["payment"]))
    if payment.status == Step.DECLINED:
        raise _refusal(payment.decline_code)
    raise PaymentReleased


def _refusal(decline_code: str) -> Refusal:
    """The declined card's, or the input's that names no card."""
    if decline_code == NO_SUCH_METHOD:
        return InvalidInput("paymentMethod", "The payment service does not know it; take another, with a new key.")
    return PaymentDeclined(decline_code)
