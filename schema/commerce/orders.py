"""Orders: what was bought, what it cost, and how far it is."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from datasources.commerce.errors import (
    AuthorisationLost,
    BasketChanged,
    EmptyCart,
    InvalidMove,
    OutOfStock,
    PaymentDeclined,
    PaymentReleased,
    RefundRefused,
    ShipmentRefused,
)
from datasources.commerce.orders import OrderStatus
from datasources.commerce.payments import RefundStep
from datasources.errors import InvalidInput, KeyReused, NotFound
from datasources.money import Currency
from loaders.commerce import CommerceLoaders
from resolvers.commerce import orders
from resolvers.commerce.orders import PlaceOrder, RefundOrder
from resolvers.commerce.rules import ChangedBy, changed_by
from schema.access import INHERITED, SIGNED_IN, policy, scope
from schema.commerce.customers import SEALED, AddressInput
from schema.connection import Connection
from schema.cost import Cost
from schema.enums import told
from schema.fields import computed, edge, root, root_page
from schema.money import Money
from schema.node import Node, id_of, uuid_of
from schema.problems import Problem, mutation, payload

if TYPE_CHECKING:
    from schema.commerce.catalogue import Product
    from schema.commerce.customers import Customer
    from schema.commerce.payments import Payment
    from schema.commerce.shipments import Shipment

BATCHED = Cost(weight=1)
"""The carriers' service answers for many at once."""
PAID = Cost(weight=300)
"""The payment service is asked, once or several times, between two transactions."""
_OWN = policy("its customer, or scope orders:read or orders:write")

told(
    OrderStatus,
    "How far an order is.",
    PLACED="It is paid for on the card, waits to be shipped, and can be cancelled.",
    SHIPPED="It left, and the money was taken.",
    CANCELLED="It was never shipped, and nothing was taken.",
    PARTIALLY_REFUNDED="Some of the money was given back.",
    REFUNDED="All of the money was given back.",
)
told(
    RefundStep,
    "How far a refund is.",
    name="RefundStatus",
    STARTED="The payment service was asked, or is about to be.",
    DONE="The money is on its way back.",
    REFUSED="The payment service said no: nothing was given back.",
)
told(
    ChangedBy,
    "Who did it.",
    name="OrderChangedBy",
    CUSTOMER="Whose order it is.",
    SYSTEM="Nobody: the house itself, as when a payment expires.",
)


def _restocked(status: str, restock: bool) -> bool:
    return restock and status == RefundStep.DONE


@strawberry.type(description="So many of one product, as it was when it was sold.", directives=[_OWN])
class OrderLine(Node, batch=CommerceLoaders.order_line_by_id):
    product: Annotated["Product", strawberry.lazy("schema.commerce.catalogue")] = edge(
        CommerceLoaders.product_by_id, key="product_id", description="As it is now, retired or not."
    )
    sku: str
    name: str
    quantity: int
    refunded_quantity: int = strawberry.field(description="How many of them were refunded, or are about to be.")
    unit_price: Money = computed(Money.of, "unit_price_minor", "currency", description="Of one, without tax.")
    tax: Money = computed(Money.of, "tax_minor", "currency", description="Of the whole line.")
    total: Money = computed(Money.of, "total_minor", "currency", description="Of the whole line, with tax.")


@strawberry.type(description="A step in the life of an order.", directives=[INHERITED])
class OrderChange:
    status: OrderStatus = computed(OrderStatus, "status", description="What the order became.")
    by: ChangedBy = computed(changed_by, "actor_id", "customer_id")
    note: str | None = strawberry.field(description="Why, where somebody said so.")
    at: datetime


@strawberry.type(description="Money given back.", directives=[INHERITED])
class Refund:
    status: RefundStep = computed(RefundStep, "status")
    amount: Money = computed(Money.of, "amount_minor", "currency")
    reason: str | None
    restocked: bool = computed(_restocked, "status", "restock", description="Whether the goods came back into stock.")
    created_at: datetime


@strawberry.type(description="Where an order is sent.", directives=[INHERITED])
class ShippingAddress:
    recipient: str
    street: str
    city: str
    postal_code: str
    country: str = strawberry.field(description="Two letters of ISO 3166, as DE.")


@strawberry.type(description="What a customer bought at once.", directives=[_OWN])
class Order(Node, batch=CommerceLoaders.order_by_id):
    number: str = strawberry.field(description="Unique, for people: 7QK3M-0ZT9X.")
    status: OrderStatus = computed(OrderStatus, "status")
    subtotal: Money = computed(Money.of, "subtotal_minor", "currency", description="Without tax.")
    tax: Money = computed(Money.of, "tax_minor", "currency")
    total: Money = computed(Money.of, "total_minor", "currency", description="What was to be paid.")
    placed_at: datetime
    shipping_address: ShippingAddress | None = edge(
        CommerceLoaders.order_address,
        key=("id", "sealed_address"),
        cost=SEALED,
        description="Null after the customer's erasure, and, with an error, where it cannot be read.",
    )
    customer: Annotated["Customer", strawberry.lazy("schema.commerce.customers")] | None = edge(
        CommerceLoaders.customer_by_id, key="customer_id", description="Null where you may not see customers."
    )
    lines: list[OrderLine] = edge(
        CommerceLoaders.lines_by_order, key="id", cost=Cost(size=5), description="In the order of the cart."
    )
    history: list[OrderChange] = edge(
        CommerceLoaders.history_by_order, key="id", cost=Cost(size=5), description="The oldest first."
    )
    refunds: list[Refund] = edge(
        CommerceLoaders.refunds_by_order, key="id", cost=Cost(size=1), description="The oldest first."
    )
    payment: Annotated["Payment", strawberry.lazy("schema.commerce.payments")] | None = edge(
        CommerceLoaders.payment_by_id,
        key="payment_id",
        description="Null, with an error, while the payment service is away.",
    )
    shipment: Annotated["Shipment", strawberry.lazy("schema.commerce.shipments")] | None = edge(
        CommerceLoaders.shipment_by_id,
        key="shipment_id",
        cost=BATCHED,
        description="Null before it is shipped and, with an error, while the carriers' service is away.",
    )


def _in_status(status: OrderStatus | None = None) -> dict[str, Any]:
    return {"status": status}


@strawberry.type
class OrdersQuery:
    order: Order | None = root(
        CommerceLoaders.order_by_id,
        SIGNED_IN,
        "The order with this id; null where there is none, or none that you may see.",
        key=id_of("Order"),
    )
    orders: Connection[Order] | None = root_page(
        CommerceLoaders.orders,
        SIGNED_IN,
        "Your orders, or everybody's for staff with orders:read or orders:write; the newest first.",
        arguments=_in_status,
    )


_KEY = "New for each wish. Repeat it after a time-out: the same wish then goes on where it was, and is done once."


@strawberry.type(description="An order cannot go from where it is to where it should.", directives=[INHERITED])
class InvalidMoveProblem(Problem):
    refusal = InvalidMove

    status: OrderStatus = computed(OrderStatus, "status", description="What the order is, or is about to be.")
    wanted: OrderStatus = computed(OrderStatus, "wanted")


@strawberry.input(description="Buys your cart. Say where it goes by `addressId` or by `address`.")
class PlaceOrderInput:
    address_id: strawberry.ID | None = strawberry.field(default=None, description="One of your own addresses.")
    address: AddressInput | None = strawberry.field(default=None, description="Kept with the order only.")
    payment_method: str = strawberry.field(description="The id of a payment method at the payment service.")
    currency: Currency | None = strawberry.field(default=None, description="What you pay in; else your own.")
    idempotency_key: str = strawberry.field(description=_KEY)

    def command(self) -> PlaceOrder:
        """Raises: InvalidInput."""
        return PlaceOrder(
            method=self.payment_method,
            address_id=None if self.address_id is None else uuid_of(self.address_id, "Address", "addressId"),
            address=None if self.address is None else self.address.value(),
            currency=None if self.currency is None else self.currency.value,
        )


@strawberry.input(description="Which order to move on.")
class MoveOrderInput:
    order_id: strawberry.ID
    idempotency_key: str = strawberry.field(description=_KEY)

    def id(self) -> UUID:
        """Raises: InvalidInput."""
        return uuid_of(self.order_id, "Order", "orderId")


@strawberry.input(description="How many pieces of one line.")
class RefundLineInput:
    order_line_id: strawberry.ID = strawberry.field(description="Of one of the order's lines.")
    quantity: int


@strawberry.input(description="Gives money back.")
class RefundOrderInput:
    order_id: strawberry.ID
    lines: list[RefundLineInput] | None = strawberry.field(
        default=None, description="What is refunded; all that is left, where it is left out."
    )
    restock: bool = strawberry.field(default=False, description="Whether the goods came back and can be sold again.")
    reason: str | None = strawberry.field(default=None, description="For the history, which the customer sees.")
    idempotency_key: str = strawberry.field(description=_KEY)

    def command(self) -> RefundOrder:
        """Raises: InvalidInput."""
        lines = None
        if self.lines is not None:
            lines = {uuid_of(line.order_line_id, "OrderLine", "lines"): line.quantity for line in self.lines}
            if len(lines) < len(self.lines):
                raise InvalidInput("lines", "A line is named twice; name each once.")
        return RefundOrder(uuid_of(self.order_id, "Order", "orderId"), lines, self.restock, self.reason)


@strawberry.type(description="The order as it is now, or why it was refused.", directives=[INHERITED])
class OrderPayload:
    order: Order | None = None
    problem: Problem | None = None


@strawberry.type
class OrdersMutation:
    @mutation(
        SIGNED_IN,
        "Orders what is in your cart, and reserves its price on your card.",
        InvalidInput,
        NotFound,
        EmptyCart,
        OutOfStock,
        PaymentDeclined,
        PaymentReleased,
        BasketChanged,
        KeyReused,
        cost=PAID,
    )
    async def place_order(self, info: strawberry.Info, input: PlaceOrderInput) -> OrderPayload | None:
        return await payload(
            OrderPayload, order=lambda: orders.place_order(info.context, input.command(), input.idempotency_key)
        )

    @mutation(
        SIGNED_IN,
        "Cancels an order that is not shipped: your own, or any with scope orders:write.",
        InvalidInput,
        NotFound,
        InvalidMove,
        KeyReused,
        cost=PAID,
    )
    async def cancel_order(self, info: strawberry.Info, input: MoveOrderInput) -> OrderPayload | None:
        key, context = input.idempotency_key, info.context
        return await payload(OrderPayload, order=lambda: orders.cancel_order(context, input.id(), key))

    @mutation(
        scope("orders:write"),
        "Ships an order, and takes the money.",
        InvalidInput,
        NotFound,
        InvalidMove,
        ShipmentRefused,
        AuthorisationLost,
        KeyReused,
        cost=PAID,
    )
    async def ship_order(self, info: strawberry.Info, input: MoveOrderInput) -> OrderPayload | None:
        key, context = input.idempotency_key, info.context
        return await payload(OrderPayload, order=lambda: orders.ship_order(context, input.id(), key))

    @mutation(
        scope("orders:write"),
        "Gives money back for an order that was shipped: for some lines, or all.",
        InvalidInput,
        NotFound,
        InvalidMove,
        RefundRefused,
        KeyReused,
        cost=PAID,
    )
    async def refund_order(self, info: strawberry.Info, input: RefundOrderInput) -> OrderPayload | None:
        return await payload(
            OrderPayload, order=lambda: orders.refund_order(info.context, input.command(), input.idempotency_key)
        )
