"""The order and the lists of orders, as the actor may see them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments import Step
from datasources.commerce.stores import Commerce
from datasources.errors import NotFound
from datasources.sql import Transaction
from datasources.table import Row
from loaders.commerce import CommerceLoaders
from resolvers.context import Context

MOST_TOGETHER = 10


async def get_order(context: Context, id: UUID) -> Any:
    """The order; None where there is none, or none that the actor may see."""
    return await context.loaders.load(CommerceLoaders.order_by_id, id)


async def has_received(context: Context, product_id: UUID) -> bool:
    """Whether the actor was sent this product. Raises: Unauthenticated."""
    return await context.of(Commerce).orders.has_received(product_id)


async def bought_together(context: Context) -> Sequence[UUID]:
    """Products that were in orders with what the actor bought, the most frequent first. Raises: Unauthenticated."""
    return await context.of(Commerce).orders.bought_together(MOST_TOGETHER)


async def must_see(context: Context, id: UUID) -> Row:
    """Raises: NotFound."""
    order: Row | None = await get_order(context, id)
    if order is None:
        raise NotFound("order")
    return order


async def fresh(context: Context, id: UUID) -> Any:
    """The order as it is after a change."""
    context.loaders.forget()
    return await get_order(context, id)


@dataclass(frozen=True, slots=True)
class Held:
    """An order with its payment; nobody else moves them on until the transaction ends."""

    order: Row
    payment: Row

    @property
    def standing(self) -> OrderStatus:
        """The order's status, or the one that it is on its way to."""
        under_way = {Step.CAPTURING: OrderStatus.SHIPPED, Step.VOIDING: OrderStatus.CANCELLED}
        return under_way.get(self.payment.status, OrderStatus(self.order.status))


async def hold(commerce: Commerce, transaction: Transaction, id: UUID) -> Held:
    """Raises: NotFound."""
    payment = await commerce.payments.records.hold(transaction, id)
    order = await commerce.orders.get_in(transaction, id)
    if order is None:
        raise NotFound("order")
    return Held(order, payment)
