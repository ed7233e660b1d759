"""What happens in commerce, as those hear of it who subscribe."""

from datetime import datetime

import strawberry

from datasources.actor import Actor
from datasources.commerce.events import EventType
from datasources.commerce.policies import visible_orders
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.events import Cursor, Topic, types_of
from datasources.statements import EVERY
from loaders.commerce import CommerceLoaders
from schema.access import PUBLIC, SIGNED_IN
from schema.commerce.catalogue import Product
from schema.commerce.customers import Customer
from schema.commerce.orders import Order
from schema.enums import told
from schema.feeds import GO_ON, OfSubjects, event, everything, feed
from schema.fields import computed, edge
from schema.node import edge_to, uuid_of

MAX_IDS = 100

_NOW = "As it is now."
_SEEN = "As it is now; null where you may not see it."

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


@event("Something became of an order.")
class OrderEvent(CommerceEvent):
    subjects = ("order",)
    order: Order | None = edge_to(Order, "subject", _SEEN)


@event("There is more of a product, or less.")
class StockEvent(CommerceEvent):
    subjects = ("stock",)
    product: Product | None = edge_to(Product, "subject", _NOW)
    available: int = edge(
        CommerceLoaders.available_by_product,
        key="subject",
        description="Pieces that can be ordered now, in all warehouses.",
    )


@event("A product was made, changed, or taken off the lists.")
class ProductEvent(CommerceEvent):
    subjects = ("product",)
    product: Product | None = edge_to(Product, "subject", _NOW)


@event("Something became of what is kept of a customer.")
class CustomerEvent(CommerceEvent):
    subjects = ("customer",)
    customer: Customer | None = edge_to(Customer, "subject", _SEEN)


@event("A customer put something into the cart, or took it out.")
class CartEvent(CommerceEvent):
    subjects = ("cart",)
    customer: Customer | None = edge_to(Customer, "owner", "Whose cart it is; null where you may not see it.")


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
    commerce_events: CommerceEvent = everything(Commerce, EventType)
