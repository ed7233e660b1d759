"""What happens to orders, each in two halves.

The first half is one transaction: it claims the caller's idempotency key, the order's next step, and writes down what
is about to be asked of the outside. The second half, `finish_…`, asks, and ends the step in another transaction. It
may be repeated at any time and by several at once: by the same key, by a webhook, by the settler.

reading.py     the order and the lists of orders
placing.py     the cart becomes an order, its payment is authorised
shipping.py    the parcel is ordered, the payment captured
cancelling.py  the payment is voided, the stock given back
refunding.py   money goes back for some lines or all
"""

from resolvers.commerce.orders.cancelling import cancel_order
from resolvers.commerce.orders.paid import paid_for, paid_since
from resolvers.commerce.orders.placing import PlaceOrder, place_order
from resolvers.commerce.orders.reading import bought_together, get_order, has_received
from resolvers.commerce.orders.refunding import RefundOrder, refund_order
from resolvers.commerce.orders.shipping import ship_order

__all__ = [
    "PlaceOrder",
    "RefundOrder",
    "bought_together",
    "cancel_order",
    "get_order",
    "has_received",
    "paid_for",
    "paid_since",
    "place_order",
    "refund_order",
    "ship_order",
]
