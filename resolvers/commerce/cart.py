"""Filling a cart, and what it costs."""

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import BASE_CURRENCY
from datasources.errors import InvalidInput, NotFound
from datasources.sql import Transaction
from loaders.commerce import CommerceLoaders
from resolvers.commerce.pricing import MAX_QUANTITY, Line, Totals, price_lines, quantity_of
from resolvers.context import Context


async def get_cart(context: Context) -> Any:
    """The actor's cart; None where it never had one. Raises: Unauthenticated."""
    _ = context.actor.signed_in
    return await context.of(Commerce).carts.mine()


async def add_to_cart(context: Context, product_id: UUID, quantity: int, key: str) -> Any:
    """So many more of a product, once for `key`. Raises: InvalidInput, NotFound, KeyReused."""
    quantity_of(quantity)
    await _must_be_sold(context, product_id)
    commerce = context.of(Commerce)

    async def add(transaction: Transaction) -> bool:
        cart_id = await commerce.carts.open(transaction)
        await commerce.carts.add(transaction, cart_id, product_id, quantity, at_most=MAX_QUANTITY)
        await commerce.events.append(
            transaction, EventType.CART_CHANGED, cart_id, owner=context.actor.signed_in, product=str(product_id)
        )
        return True

    await commerce.once(key, "addToCart", [product_id, quantity]).do(commerce.sources.database, add)
    return await _fresh(context)


async def set_cart_line(context: Context, product_id: UUID, quantity: int) -> Any:
    """So many of a product and no other number; none removes it. Raises: InvalidInput, NotFound."""
    if quantity:
        quantity_of(quantity)
        await _must_be_sold(context, product_id)
    carts = context.of(Commerce).carts

    async def put(transaction: Transaction, cart_id: UUID) -> None:
        if quantity:
            await carts.put(transaction, cart_id, product_id, quantity)
        else:
            await carts.remove(transaction, cart_id, product_id)

    return await _change(context, put, product=str(product_id))


async def clear_cart(context: Context) -> Any:
    """Raises: NotFound where the actor is no customer."""
    return await _change(context, context.of(Commerce).carts.empty)


async def priced(context: Context, cart_lines: Sequence[Any], currency: str, country: str) -> Totals:
    """What `cart_lines` (with `product_id`, `quantity` and `price_minor`) cost now, in `currency`.

    Raises: InvalidInput, SourceUnavailable, SourceTimeout.
    """
    rate = await context.of(Commerce).sources.rates.rate(BASE_CURRENCY, currency)
    return totals(cart_lines, rate, currency, country)


def totals(cart_lines: Sequence[Any], rate: Decimal, currency: str, country: str) -> Totals:
    """`priced`, at a known rate. Raises: InvalidInput."""
    lines = [Line(line.product_id, line.quantity, line.price_minor) for line in cart_lines]
    return price_lines(lines, rate=rate, currency=currency, country=country)


async def _change(context: Context, change: Callable[[Transaction, UUID], Awaitable[Any]], **data: Any) -> Any:
    commerce = context.of(Commerce)
    async with commerce.sources.database.transaction() as transaction:
        cart_id = await commerce.carts.open(transaction)
        await change(transaction, cart_id)
        await commerce.events.append(
            transaction, EventType.CART_CHANGED, cart_id, owner=context.actor.signed_in, **data
        )
    return await _fresh(context)


async def _fresh(context: Context) -> Any:
    context.loaders.forget()
    return await get_cart(context)


async def _must_be_sold(context: Context, product_id: UUID) -> None:
    product = await context.loaders.load(CommerceLoaders.product_by_id, product_id)
    if product is None:
        raise NotFound("product")
    if not product.active:
        raise InvalidInput("productId", "This product is not sold any more; choose another.")
