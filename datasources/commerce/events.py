"""What happens in commerce, and is written into its log."""

from enum import StrEnum


class EventType(StrEnum):
    """The word before the dot says what the subject is: a cart, a customer, an order, a product.

    What money moved by is told with `amount_minor` and `currency`: of `order.shipped`, whose payment was taken, with
    `tax_minor`; of `order.refunded` and `order.refund_failed`, with the `refund`.

    Of `order.payment_failed` there may be no order, since it came to none; `data` has the amount and the `reason`: why
    the payment service declined, `no_such_method`, or `authorisation_lost` of an order that was to be shipped.

    Of `stock.moved` it is the product; `data` has `warehouse`, `kind`, the changes `on_hand` and `reserved`, and how
    many are `available` there after them.
    """

    CART_CHANGED = "cart.changed"
    CUSTOMER_CREATED = "customer.created"
    CUSTOMER_CHANGED = "customer.changed"
    CUSTOMER_ADDRESS_ADDED = "customer.address_added"
    CUSTOMER_ADDRESS_REMOVED = "customer.address_removed"
    CUSTOMER_EXPORTED = "customer.exported"
    CUSTOMER_ERASED = "customer.erased"
    ORDER_PLACED = "order.placed"
    ORDER_PAYMENT_FAILED = "order.payment_failed"
    ORDER_SHIPPED = "order.shipped"
    ORDER_CANCELLED = "order.cancelled"
    ORDER_REFUNDED = "order.refunded"
    ORDER_REFUND_FAILED = "order.refund_failed"
    PRODUCT_CREATED = "product.created"
    PRODUCT_CHANGED = "product.changed"
    PRODUCT_RETIRED = "product.retired"
    PRODUCT_RESTORED = "product.restored"
    STOCK_MOVED = "stock.moved"
