"""What commerce refuses, where there is more to say than a message."""

from collections.abc import Sequence
from typing import Any

from datasources.errors import Refusal


class OutOfStock(Refusal):
    """`available` is what there is of the product, over all warehouses."""

    code = "COMMERCE_OUT_OF_STOCK"

    def __init__(self, sku: str, wanted: int, available: int) -> None:
        super().__init__(f"Of {sku} there are {available} left, not {wanted}; take fewer, or another product.")
        self.sku = sku
        self.wanted = wanted
        self.available = available

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "sku": self.sku, "wanted": self.wanted, "available": self.available}


class EmptyCart(Refusal):
    code = "COMMERCE_EMPTY_CART"

    def __init__(self) -> None:
        super().__init__("Your cart is empty; add something first.")


class PaymentDeclined(Refusal):
    """`decline_code` is the payment service's word for why: `insufficient_funds`, `expired_card`, …"""

    code = "COMMERCE_PAYMENT_DECLINED"

    def __init__(self, decline_code: str) -> None:
        super().__init__("The card was declined and nothing was taken; try another, with a new idempotency key.")
        self.decline_code = decline_code


class PaymentReleased(Refusal):
    code = "COMMERCE_PAYMENT_RELEASED"

    def __init__(self) -> None:
        super().__init__("This attempt ended without an order and nothing was taken; take a new idempotency key.")


class BasketChanged(Refusal):
    code = "COMMERCE_BASKET_CHANGED"

    def __init__(self) -> None:
        super().__init__("The cart or its prices changed since this attempt began; look again, and take a new key.")


class AuthorisationLost(Refusal):
    code = "COMMERCE_AUTHORISATION_LOST"

    def __init__(self) -> None:
        super().__init__("The payment's authorisation ended before it was taken; the order is cancelled, unpaid.")


class ShipmentRefused(Refusal):
    code = "COMMERCE_SHIPMENT_REFUSED"

    def __init__(self) -> None:
        super().__init__("The carrier does not take this order's parcel; nothing was charged. Cancel the order.")


class RefundRefused(Refusal):
    code = "COMMERCE_REFUND_REFUSED"

    def __init__(self) -> None:
        super().__init__("The payment service refused the refund; nothing was given back.")


class InvalidMove(Refusal):
    """An order cannot go from one status to the other."""

    code = "COMMERCE_INVALID_MOVE"

    def __init__(self, status: str, wanted: str) -> None:
        super().__init__(f"An order that is {status} cannot become {wanted}.".replace("_", " "))
        self.status = status
        self.wanted = wanted


class ErasureTooEarly(Refusal):
    """`orders` are the numbers of those still to be shipped; there are none where only a payment is open."""

    code = "COMMERCE_ERASURE_TOO_EARLY"

    def __init__(self, orders: Sequence[str]) -> None:
        waiting = f"The orders {', '.join(orders)} are under way" if orders else "A payment is still being settled"
        remedy = "have them shipped or cancelled first" if orders else "try again in some minutes"
        super().__init__(f"{waiting}, and we need this data for that; {remedy}.")
        self.orders = orders

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "orders": self.orders}


class StockReserved(Refusal):
    """Orders wait for what would be taken away; `available` is what no order waits for, in that warehouse."""

    code = "COMMERCE_STOCK_RESERVED"

    def __init__(self, available: int) -> None:
        super().__init__(f"Only {available} pieces there are not reserved for orders; take away {available} at most.")
        self.available = available

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "available": self.available}
