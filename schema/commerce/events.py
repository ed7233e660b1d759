"""What happens in commerce, as those hear of it who subscribe."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.actor import Actor
from datasources.commerce.events import EventType
from datasources.commerce.policies import visible_orders
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.events import Cursor, Topic, types_of
from datasources.statements import EVERY
from loaders.commerce import CommerceLoaders
from schema.access import PUBLIC, SIGNED_IN, scope
from schema.enums import told
from schema.feeds import GO_ON, HEARD, OfSubjects, feed
from schema.fields import computed, edge
from schema.node import uuid_of

if TYPE_CHECKING:
    from schema.commerce.catalogue import Product
    from schema.commerce.customers import Customer
    from schema.commerce.orders import Order

MAX_IDS = 100

told(
    EventType,
    "What happened.",
    name="CommerceEventType",
    CUSTOMER_EXPORTED="All that is kept of a customer was given out.",
    ORDER_PAYMENT_FAILED="A payment was declined, or its authorisation had ended: there is no order, or not any more.",
    ORDER_REFUND_FAILED="The money came back from the customer's bank: it was not refunded.",
    STOCK_MOVED="Something came in, left, was counted, reserved or given free.",
)


@strawberry.interface(description="Something that happened in commerce.")
class CommerceEvent(OfSubjects):
    cursor: Cursor = strawberry.field(description=GO_ON)
    type: EventType = computed(EventType, "type")
    at: datetime


@strawberry.type(description="Something became of an order.", directives=[HEARD])
class OrderEvent(CommerceEvent):
    subjects = ("order",)

    order: Annotated["Order", strawberry.lazy("schema.commerce.orders")] | None = edge(
        CommerceLoaders.order_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="There is more of a product, or less.", directives=[HEARD])
class StockEvent(CommerceEvent):
    subjects = ("stock",)

    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] | None = edge(
        CommerceLoaders.product_by_id, key="subject", description="As it is now."
    )
    available: int = edge(
        CommerceLoaders.available_by_product,
        key="subject",
        description="Pieces that can be ordered now, in all warehouses.",
    )


@strawberry.type(description="A product was made, changed, or taken off the lists.", directives=[HEARD])
class ProductEvent(CommerceEvent):
    subjects = ("product",)

    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] | None = edge(
        CommerceLoaders.product_by_id, key="subject", description="As it is now."
    )


@strawberry.type(description="Something became of what is kept of a customer.", directives=[HEARD])
class CustomerEvent(CommerceEvent):
    subjects = ("customer",)

    customer: Annotated["Customer", strawberry.lazy("schema.commerce.customers")] | None = edge(
        CommerceLoaders.customer_by_id, key="subject", description="As it is now; null where you may not see it."
    )


@strawberry.type(description="A customer put something into the cart, or took it out.", directives=[HEARD])
class CartEvent(CommerceEvent):
    subjects = ("cart",)

    customer: Annotated["Customer", strawberry.lazy("schema.commerce.customers")] | None = edge(
        CommerceLoaders.customer_by_id, key="owner", description="Whose cart it is; null where you may not see it."
    )


OF_ORDERS = types_of(EventType, "order") - {EventType.ORDER_PAYMENT_FAILED}
"""Where a payment failed there is no order, or it is told of as cancelled."""


def _orders(actor: Actor, id: strawberry.ID | None = None, customer_id: strawberry.ID | None = None) -> Topic:
    """Raises: InvalidInput."""
    if id is not None and customer_id is not None:
        raise InvalidInput("customerId", "Send `id` or `customerId`: an order has one customer.")
    if id is not None:
        whose = uuid_of(id, "Order")
    elif customer_id is not None:
        whose = uuid_of(customer_id, "Customer", "customerId")
    elif visible_orders(actor) is EVERY:
        return Topic(OF_ORDERS)
    else:
        whose = actor.signed_in
    return Topic(OF_ORDERS, frozenset((whose,)))


def _stock(_: Actor, product_ids: list[strawberry.ID] | None = None) -> Topic:
    """Raises: InvalidInput."""
    if product_ids is None:
        return Topic(types_of(EventType, "stock"))
    if not 0 < len(product_ids) <= MAX_IDS:
        raise InvalidInput("productIds", f"Name 1 to {MAX_IDS} products, or leave it out for all.")
    return Topic(types_of(EventType, "stock"), frozenset(uuid_of(id, "Product", "productIds") for id in product_ids))


def _all(_: Actor, types: list[EventType] | None = None) -> Topic:
    return Topic(frozenset(EventType if types is None else types))


@strawberry.type
class CommerceSubscription:
    order_changed: OrderEvent = feed(
        Commerce,
        SIGNED_IN,
        "What becomes of an order, of those of a customer, or of all that you may see.",
        topic=_orders,
        seen=CommerceLoaders.order_by_id,
    )
    stock_changed: StockEvent = feed(
        Commerce,
        PUBLIC,
        "What becomes of the stock of some products, or of all.",
        topic=_stock,
        seen=CommerceLoaders.product_by_id,
    )
    commerce_events: CommerceEvent = feed(
        Commerce, scope("events:read"), "Everything that happens in commerce, or some types of it.", topic=_all
    )
