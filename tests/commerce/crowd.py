"""A crowd: many customers with all that hangs on their orders, and what the graph must tell of them."""

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa

from datasources.commerce.tables import ORDER_LINES, ORDERS, STOCK_LEVELS
from datasources.ids import utc_now, uuid7
from datasources.money import Money
from tests.commerce.shop import START, Shop
from tests.sandbox_process import RunningSandbox

Json = dict[str, Any]

NESTED = """
query ($customers: Int!) {
  customers(first: $customers) { nodes {
    name
    orders(first: 5) { nodes {
      number
      total { amount currency }
      lines {
        quantity
        product {
          name
          available
          stockLevels { warehouse { code } onHand reserved available }
          priceIn(currency: USD) { amount currency }
        }
      }
      payment { status amount { amount currency } }
      shipment { status trackingNumber }
    } }
  } }
}
"""
GOODS = 30
ORDERS_EACH = 6
"""One more than are asked for."""


class Crowd:
    """Orders of a customer are numbered from 0, the oldest: 0 and 1 are not paid, 2 is authorised, the others are paid
    and delivered.
    """

    def __init__(self, shop: Shop, switches: RunningSandbox) -> None:
        self._shop = shop
        self._switches = switches
        self._mark = uuid4().hex  # the services remember the crowds of other tests
        self._rows: defaultdict[sa.Table, list[Json]] = defaultdict(list)
        self._goods: list[UUID] = []

    async def gather(self, size: int) -> None:
        category = await self._shop.category("Goods")
        for n in range(GOODS):
            stock = {"BER": 1 + n, "LYS": 2 + n}
            self._goods.append(await self._shop.product(f"Good {n}", price=_price(n), stock=stock, category=category))
        for n in range(size):
            customer = await self._shop.customer(f"{n}@example.com", name=f"Customer {n}")
            for order in range(ORDERS_EACH):
                self._order(n, order, customer.signed_in)
        async with self._shop.database.transaction() as transaction:
            await transaction.write(sa.update(STOCK_LEVELS).values(reserved=1))
            for table in (ORDERS, ORDER_LINES):
                await transaction.write(sa.insert(table), self._rows[table])
        paid = [row for row in self._rows[ORDERS] if row["payment_id"]]
        self._switches.import_payments([_intent(row) for row in paid])
        self._switches.import_shipments([_shipment(row) for row in paid if row["shipment_id"]])

    def told(self, size: int, dollars: Decimal) -> Json:
        """What NESTED must answer for the newest `size` customers, of whom there are as many."""
        newest = range(ORDERS_EACH - 1, 0, -1)
        nodes = [
            {"name": f"Customer {n}", "orders": {"nodes": [self._told_order(n, order, dollars) for order in newest]}}
            for n in reversed(range(size))
        ]
        return {"customers": {"nodes": nodes}}

    def _order(self, n: int, order: int, customer: UUID) -> None:
        at = START + timedelta(days=order, seconds=n)
        goods = _goods_of(n, order)
        total = sum(quantity * _price(good) for good, quantity in goods)
        row = {
            "id": uuid7(at),
            "number": f"C-{n}-{order}",
            "customer_id": customer,
            "status": "shipped" if order > 2 else "placed",
            "currency": "EUR",
            "subtotal_minor": total,
            "tax_minor": 0,
            "total_minor": total,
            "rate": "1",
            "country": "DE",
            "payment_id": f"pi_{self._mark}{n}x{order}" if order > 1 else None,
            "shipment_id": f"shp_{self._mark}{n}x{order}" if order > 2 else None,
            "placed_at": at,
            "updated_at": at,
        }
        self._rows[ORDERS].append(row)
        for position, (good, quantity) in enumerate(goods, 1):
            line = {
                "id": uuid7(at),
                "order_id": row["id"],
                "position": position,
                "product_id": self._goods[good],
                "sku": f"GOOD-{good}",
                "name": f"Good {good}",
                "currency": "EUR",
                "quantity": quantity,
                "refunded_quantity": 0,
                "unit_price_minor": _price(good),
                "tax_minor": 0,
                "total_minor": quantity * _price(good),
                "total_base_minor": quantity * _price(good),
            }
            self._rows[ORDER_LINES].append(line)

    def _told_order(self, n: int, order: int, dollars: Decimal) -> Json:
        goods = _goods_of(n, order)
        total = _euros(sum(quantity * _price(good) for good, quantity in goods))
        tracking = {"status": "DELIVERED", "trackingNumber": f"TRK-C-{n}-{order}"}
        return {
            "number": f"C-{n}-{order}",
            "total": total,
            "lines": [{"quantity": quantity, "product": _told_good(good, dollars)} for good, quantity in goods],
            "payment": {"status": "CAPTURED" if order > 2 else "AUTHORISED", "amount": total} if order > 1 else None,
            "shipment": tracking if order > 2 else None,
        }


def _goods_of(n: int, order: int) -> list[tuple[int, int]]:
    """Of which goods how many: two different ones."""
    first = (7 * n + 3 * order) % GOODS
    return [(first, 1 + order), ((first + 11) % GOODS, 1 + n % 3)]


def _price(good: int) -> int:
    return 999 + 137 * good


def _told_good(good: int, dollars: Decimal) -> Json:
    price = Money(_price(good), "EUR").converted(dollars, "USD")
    levels = {"BER": 1 + good, "LYS": 2 + good}
    return {
        "name": f"Good {good}",
        "available": sum(levels.values()) - 2,
        "stockLevels": [
            {"warehouse": {"code": code}, "onHand": on_hand, "reserved": 1, "available": on_hand - 1}
            for code, on_hand in levels.items()
        ],
        "priceIn": {"amount": str(price.amount), "currency": "USD"},
    }


def _euros(minor: int) -> Json:
    return {"amount": str(Money(minor, "EUR").amount), "currency": "EUR"}


def _intent(order: Json) -> Json:
    """Its payment, as the service imports it."""
    amount = order["total_minor"]
    captured = {"status": "succeeded", "amount_received": amount}
    state = captured if order["shipment_id"] else {"status": "requires_capture"}
    created = int(order["placed_at"].timestamp())
    return {"id": order["payment_id"], "amount": amount, "currency": "eur", "created": created, **state}


def _shipment(order: Json) -> Json:
    """As the carriers import it, long ago."""
    return {
        "id": order["shipment_id"],
        "reference": order["number"],
        "carrier": "dhl",
        "tracking_number": f"TRK-{order['number']}",
        "created_at": (utc_now() - timedelta(days=30)).isoformat(),
    }
