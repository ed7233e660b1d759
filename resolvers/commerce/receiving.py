"""Goods that the company received become stock."""

from uuid import UUID

import structlog

from datasources.commerce.stock_ledger import AdjustmentReason, MovementKind
from datasources.commerce.stores import Commerce
from datasources.errors import InvalidInput
from datasources.events import Event
from datasources.sql import Transaction
from resolvers.context import Context

GOODS_RECEIVED = frozenset({"goods.received"})

log = structlog.get_logger("heddle")


async def receive_goods(context: Context, transaction: Transaction, event: Event) -> None:
    """Raises the stock of what the receipt says, once, as its consumer sees to it.

    What cannot be stock (the product or warehouse is none of ours, or it would be too much) is logged as an error and
    left out: whoever received it is gone, and the goods that came after must not wait for it.
    """
    inventory = context.of(Commerce).inventory
    warehouse_id = UUID(event.data["warehouse"])
    received: dict[UUID, int] = {}
    for line in event.data["lines"]:
        product_id = UUID(line["product"])
        received[product_id] = received.get(product_id, 0) + line["quantity"]
    known = await inventory.stockable(transaction, warehouse_id, [*received])
    for product_id, quantity in sorted(received.items()):
        try:
            if product_id not in known:
                raise InvalidInput("product", "There is no such product or warehouse.")
            await inventory.adjust(
                transaction, product_id, warehouse_id, quantity, MovementKind.RECEIVED, AdjustmentReason.RECEIVED
            )
        except InvalidInput as refusal:
            what = {"receipt": str(event.subject), "product": str(product_id), "quantity": quantity}
            log.error("goods not taken into stock", why=str(refusal), **what)
