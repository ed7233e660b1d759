"""The till: a test buys, ships, cancels and refunds in one line each, and looks at what the services say then."""

from collections import Counter
from itertools import count
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.commerce.tables import (
    EVENTS,
    ORDER_LINES,
    ORDERS,
    PAYMENTS,
    PRODUCTS,
    REFUNDS,
    STOCK_LEVELS,
    STOCK_MOVEMENTS,
)
from house import House
from resolvers.commerce.orders.shipping import LOST
from resolvers.commerce.settling import Settled, settle
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox.clients import Payments
from tests.sandbox_process import RunningSandbox

Json = dict[str, Any]

ADDRESS = {"recipient": "Ada", "street": "Way 1", "city": "Berlin", "postalCode": "10115", "country": "DE"}
_PAYLOAD = """{
  order { id status lines { id quantity refundedQuantity } }
  problem { __typename code }
}"""
PLACE = f"mutation ($input: PlaceOrderInput!) {{ done: placeOrder(input: $input) {_PAYLOAD} }}"
CANCEL = f"mutation ($input: MoveOrderInput!) {{ done: cancelOrder(input: $input) {_PAYLOAD} }}"
SHIP = f"mutation ($input: MoveOrderInput!) {{ done: shipOrder(input: $input) {_PAYLOAD} }}"
REFUND = f"mutation ($input: RefundOrderInput!) {{ done: refundOrder(input: $input) {_PAYLOAD} }}"
ADD = """
mutation ($input: AddToCartInput!) { addToCart(input: $input) { problem { code message } } }
"""


_CONSISTENT = {
    # the order's status, our record of its payment, the service's
    ("placed", "authorised", "requires_capture"),
    ("shipped", "captured", "succeeded"),
    ("partially_refunded", "captured", "succeeded"),
    ("refunded", "captured", "succeeded"),
    ("cancelled", "voided", "canceled"),
    (None, "voided", "canceled"),
    (None, "declined", None),
}


class Till:
    def __init__(self, house: House, gateway: Gateway, shop: Shop, switches: RunningSandbox) -> None:
        self._house = house
        self._gateway = gateway
        self._shop = shop
        self._switches = switches
        self._keys = count(1)
        self.staff = shop.staff("orders:read", "orders:write")

    def key(self) -> str:
        return f"key-{next(self._keys)}"

    async def fill(self, customer: Actor, product: UUID, quantity: int = 1) -> None:
        """Puts so many more of a product into the customer's cart."""
        wanted = {"productId": self._shop.id("Product", product), "quantity": quantity, "idempotencyKey": self.key()}
        added = await self._gateway.data(ADD, {"input": wanted}, as_=customer)
        assert added["addToCart"]["problem"] is None

    async def place(self, customer: Actor, key: str | None = None, **changes: Any) -> str:
        """What came of it: the id of the order, or the code of the problem or error."""
        wanted = {"address": ADDRESS, "paymentMethod": "pm_card_visa", "idempotencyKey": key or self.key()}
        return await self._do(PLACE, customer, wanted | changes)

    async def ship(self, id: str, key: str | None = None) -> str:
        return await self._do(SHIP, self.staff, {"orderId": id, "idempotencyKey": key or self.key()})

    async def cancel(self, id: str, key: str | None = None, *, as_: Actor | None = None) -> str:
        return await self._do(CANCEL, as_ or self.staff, {"orderId": id, "idempotencyKey": key or self.key()})

    async def refund(self, id: str, key: str | None = None, **changes: Any) -> str:
        return await self._do(REFUND, self.staff, {"orderId": id, "idempotencyKey": key or self.key()} | changes)

    async def move(self, operation: str, id: str, key: str) -> str:
        """`operation` is ship, cancel or refund."""
        match operation:
            case "ship":
                return await self.ship(id, key)
            case "cancel":
                return await self.cancel(id, key)
        return await self.refund(id, key)

    async def bought(self, customer: Actor, product: UUID, quantity: int = 1) -> str:
        """The id of a placed order."""
        await self.fill(customer, product, quantity)
        id = await self.place(customer)
        assert "_" not in id
        return id

    async def settle(self, after_s: float = 121) -> Settled:
        """As the house does now and then, some time after whatever happened."""
        self._shop.clock.forward(seconds=after_s)
        with self._house.open_context(SYSTEM) as context:
            return await settle(context)

    async def told(self, id: str) -> Json:
        """The status of an order and of its lines."""
        query = "query ($id: ID!) { order(id: $id) { status lines { id quantity refundedQuantity } } }"
        told: Json = (await self._gateway.data(query, {"id": id}, as_=self.staff))["order"]
        return told

    async def history(self, id: str) -> list[tuple[str, str]]:
        """What an order became, and by whom."""
        query = "query ($id: ID!) { order(id: $id) { history { status by } } }"
        told = (await self._gateway.data(query, {"id": id}, as_=self.staff))["order"]["history"]
        return [(change["status"], change["by"]) for change in told]

    async def orders_of(self, customer: Actor) -> list[str]:
        """The statuses of the customer's orders."""
        mine = sa.select(ORDERS.c.status).where(ORDERS.c.customer_id == customer.id)
        return [row.status for row in await self._shop.database.rows(mine)]

    async def breaker_closes(self) -> None:
        """The house asks the healed payment service again."""
        await self._shop.sources.payments.check()

    async def statuses(self) -> Counter[str]:
        """How many orders are in which status."""
        return Counter(row.status for row in await self._shop.database.rows(sa.select(ORDERS.c.status)))

    async def stock(self, product: UUID) -> tuple[int, int, int]:
        """On hand, reserved, and how many were sold."""
        levels = sa.select(sa.func.sum(STOCK_LEVELS.c.on_hand), sa.func.sum(STOCK_LEVELS.c.reserved))
        level = await self._shop.database.row(levels.where(STOCK_LEVELS.c.product_id == product))
        sold = await self._shop.database.scalar(sa.select(PRODUCTS.c.units_sold).where(PRODUCTS.c.id == product))
        assert level is not None
        return int(level[0]), int(level[1]), int(sold)

    async def money(self) -> list[tuple[str, int, int]]:
        """What the payment service has of every payment that it was asked for: status, captured, refunded; sorted.

        Each key there is one of our payments, so no payment is there that we do not know.
        """
        rows = await self._shop.database.rows(sa.select(PAYMENTS))
        assert self.asked("/v1/payment_intents") <= {str(row.id) for row in rows}
        with Payments(self._switches.url) as payments:
            intents = [payments.intent(row.provider_id) for row in rows if row.provider_id]
        back = [(one["latest_charge"] or {"amount_refunded": 0})["amount_refunded"] for one in intents]
        told = zip(intents, back, strict=True)
        return sorted((one["status"], one["amount_received"], refunded) for one, refunded in told)

    async def refunds(self) -> list[tuple[str, int]]:
        """Our own records of refunds: status and amount."""
        rows = await self._shop.database.rows(sa.select(REFUNDS).order_by(REFUNDS.c.created_at, REFUNDS.c.id))
        return [(row.status, row.amount_minor) for row in rows]

    async def steps(self) -> Counter[str]:
        """Our own records of payments, by their step."""
        return Counter(row.status for row in await self._shop.database.rows(sa.select(PAYMENTS.c.status)))

    async def failed(self) -> list[tuple[Any, Any]]:
        """Of which customers it was told that a payment failed, and how."""
        told = sa.select(EVENTS.c.owner, EVENTS.c.data).where(EVENTS.c.type == "order.payment_failed")
        return [(row.owner, row.data) for row in await self._shop.database.rows(told)]

    async def balance(self) -> None:
        """The books balance: nothing is under way; orders, our records and the payment service say the same."""
        orders = {row.id: row for row in await self._shop.database.rows(sa.select(ORDERS))}
        payments = await self._shop.database.rows(sa.select(PAYMENTS))
        with Payments(self._switches.url) as service:
            for payment in payments:
                order = orders.pop(payment.order_id, None)
                intent = service.intent(payment.provider_id) if payment.provider_id else None
                found = (order and order.status, payment.status, intent and intent["status"])
                assert found in _CONSISTENT, found
                if intent is not None:
                    assert intent["amount"] == payment.amount_minor
                    assert intent["amount_received"] == (payment.amount_minor if payment.status == "captured" else 0)
                    back = (intent["latest_charge"] or {"amount_refunded": 0})["amount_refunded"]
                    assert back == payment.refunded_minor
        assert orders == {}
        assert self.asked("/v1/payment_intents") <= {str(payment.id) for payment in payments}
        assert "started" not in [status for status, _ in await self.refunds()]
        await self._balance_stock()
        await self._balance_events(Counter(payment.status for payment in payments))

    async def _balance_events(self, steps: Counter[str]) -> None:
        """Each thing was told once."""
        told = await self._shop.database.rows(sa.select(EVENTS).where(EVENTS.c.type.like("order.%")))
        orders = await self.statuses()
        assert Counter(row.type for row in told if row.data.get("reason") != LOST) == Counter(
            {
                "order.placed": orders.total(),
                "order.payment_failed": steps["declined"],
                "order.shipped": steps["captured"],
                "order.cancelled": orders["cancelled"],
                "order.refunded": [status for status, _ in await self.refunds()].count("done"),
            }
        )

    async def _balance_stock(self) -> None:
        """What is reserved is what placed orders wait for, and the ledger explains every level."""
        waiting = sa.select(sa.func.coalesce(sa.func.sum(ORDER_LINES.c.quantity), 0)).join(ORDERS)
        placed = await self._shop.database.scalar(waiting.where(ORDERS.c.status == "placed"))
        sums = []
        for of in (
            (STOCK_LEVELS.c.on_hand, STOCK_LEVELS.c.reserved),
            (STOCK_MOVEMENTS.c.on_hand_change, STOCK_MOVEMENTS.c.reserved_change),
        ):
            row = await self._shop.database.row(sa.select(*(sa.func.sum(column) for column in of)))
            assert row is not None
            sums.append((int(row[0]), int(row[1])))
        assert sums[0] == sums[1]
        assert sums[0][1] == placed

    def asked(self, path: str) -> set[str | None]:
        """The idempotency keys under which the payment service was asked for this."""
        received = self._switches.requests("payments")
        return {one["idempotency_key"] for one in received if one["path"] == path and one["method"] == "POST"}

    async def _do(self, mutation: str, actor: Actor, input: Json) -> str:
        answer = await self._gateway.ask(mutation, {"input": input}, as_=actor)
        if "errors" in answer:
            return str(answer["errors"][0]["extensions"]["code"])
        done = answer["data"]["done"]
        return str(done["problem"]["code"] if done["problem"] else done["order"]["id"])
