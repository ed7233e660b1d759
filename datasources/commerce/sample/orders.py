"""Sample orders, each with all that belongs to it: lines, stock, history, payment, shipment."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from datasources.commerce.sample import words
from datasources.commerce.sample.catalogue import SampleProduct
from datasources.commerce.sample.draft import Draft
from datasources.commerce.sample.payments import add_payment, add_refund, add_shipment
from datasources.commerce.sample.people import Person
from datasources.commerce.sample.stock import Ledger, Place
from datasources.commerce.sample.stories import Change, Story, changes, stories
from datasources.commerce.stock_ledger import MovementKind
from datasources.commerce.tables import ALLOCATIONS, BASE_CURRENCY, ORDER_CHANGES, ORDER_LINES, ORDERS, PRODUCTS
from datasources.money import Money

Line = dict[str, Any]
Order = dict[str, Any]

_MOVED = {"shipped": MovementKind.SHIPPED, "cancelled": MovementKind.RELEASED}


class Taken(NamedTuple):
    """Pieces of a line from one warehouse."""

    line: Line
    place: Place
    quantity: int


def add_orders(
    draft: Draft, people: Sequence[Person], products: Sequence[SampleProduct], ledger: Ledger, keeper: UUID
) -> None:
    """Sells `products` to `people`; `keeper` ships and refunds."""
    sold = dict.fromkeys((product.id for product in products), 0)
    for number, story in enumerate(stories(draft, people), start=1):
        for line in _add_order(draft, number, story, products, ledger, keeper):
            sold[line["product_id"]] += line["quantity"]
    for row in draft.rows[PRODUCTS]:
        row["units_sold"] = sold[row["id"]]


def _add_order(
    draft: Draft, number: int, story: Story, products: Sequence[SampleProduct], ledger: Ledger, keeper: UUID
) -> list[Line]:
    """The lines that count as sold."""
    happened = changes(draft, story, keeper)
    last = happened[-1]
    order, lines = _order(draft, number, story, products)
    returned = _returned(lines, last)
    restock = bool(returned) and draft.random.random() < 0.8
    draft.rows[ORDERS].append(order)
    draft.rows[ORDER_LINES] += lines
    for change in happened:
        values = {"status": change.status, "actor_id": change.actor, "note": change.note, "at": change.at}
        draft.add(ORDER_CHANGES, change.at, order_id=order["id"], **values)
        if change.status == "shipped":
            order["shipment_id"] = f"shp_sample_{number:06}"
            add_shipment(draft, order, change.at)
    order |= {"status": last.status, "updated_at": last.at}
    add_payment(draft, order, returned, last)
    if returned:
        add_refund(draft, order, returned, last, restock=restock)
    for taken in _allocated(draft, lines, order["country"], ledger):
        _move(ledger, order["id"], taken, happened, returned if restock else ())
    return [] if last.status == "cancelled" else lines


def _order(draft: Draft, number: int, story: Story, products: Sequence[SampleProduct]) -> tuple[Order, list[Line]]:
    """As it is placed."""
    id = draft.id(story.placed_at)
    address = story.customer.address
    country = words.COUNTRIES[address.country]
    lines = [
        {"id": draft.id(story.placed_at), "order_id": id, "position": position, **_sale(draft, product, country)}
        for position, product in enumerate(_picked(draft, story, products), start=1)
    ]
    total_minor, tax_minor = (sum(line[name] for line in lines) for name in ("total_minor", "tax_minor"))
    order = {
        "id": id,
        "number": f"S-{number:06}",
        "customer_id": story.customer.id,
        "status": "placed",
        "currency": country.currency,
        "subtotal_minor": total_minor - tax_minor,
        "tax_minor": tax_minor,
        "total_minor": total_minor,
        "rate": words.RATES[country.currency],
        "country": address.country,
        "sealed_address": draft.seal(ORDERS.c.sealed_address, id, address.json()),
        "payment_id": f"pi_sample_{number:06}",
        "shipment_id": None,
        "placed_at": story.placed_at,
        "updated_at": story.placed_at,
    }
    return order, lines


def _picked(draft: Draft, story: Story, products: Sequence[SampleProduct]) -> list[SampleProduct]:
    (wanted,) = draft.random.choices((1, 2, 3, 4, 5), (15, 25, 25, 15, 20))
    if story.end == "partially_refunded":
        wanted = max(2, wanted)
    picked: dict[UUID, SampleProduct] = {}
    while len(picked) < wanted:
        product = products[int(draft.random.random() ** 2 * len(products))]  # the square prefers the popular ones
        picked[product.id] = product
    return list(picked.values())


def _sale(draft: Draft, product: SampleProduct, country: words.Country) -> Line:
    (quantity,) = draft.random.choices((1, 2, 3, 4), (70, 18, 8, 4))
    unit_price_minor = _converted(product.price_minor, country.currency)
    tax_minor = _tax(quantity * unit_price_minor, country.tax_bps)
    base_net_minor = quantity * product.price_minor
    return {
        "product_id": product.id,
        "sku": product.sku,
        "name": product.name,
        "currency": country.currency,
        "quantity": quantity,
        "refunded_quantity": 0,
        "unit_price_minor": unit_price_minor,
        "tax_minor": tax_minor,
        "total_minor": quantity * unit_price_minor + tax_minor,
        "total_base_minor": base_net_minor + _tax(base_net_minor, country.tax_bps),
    }


def _returned(lines: Sequence[Line], last: Change) -> Sequence[Line]:
    """All lines, the first or none; each as a whole, so that no amount has to be divided."""
    returned = {"refunded": lines, "partially_refunded": lines[:1]}.get(last.status, ())
    for line in returned:
        line["refunded_quantity"] = line["quantity"]
    return returned


def _allocated(draft: Draft, lines: Sequence[Line], country: str, ledger: Ledger) -> Iterator[Taken]:
    """Mostly from the nearest warehouse; now and then a line comes from two."""
    near, far = words.COUNTRIES[country].warehouses
    for line in lines:
        quantity = line["quantity"]
        parts = {near if draft.random.random() < 0.8 else far: quantity}
        if quantity > 1 and draft.random.random() < 0.1:
            parts = {near: quantity - 1, far: 1}
        for code, part in parts.items():
            warehouse_id = ledger.warehouses[code]
            allocation = {"order_line_id": line["id"], "warehouse_id": warehouse_id, "quantity": part}
            draft.rows[ALLOCATIONS].append(allocation)
            yield Taken(line, (line["product_id"], warehouse_id), part)


def _move(ledger: Ledger, order_id: UUID, taken: Taken, happened: Sequence[Change], restocked: Sequence[Line]) -> None:
    for change in happened:
        if change.status == "placed":
            ledger.reserve(taken.place, taken.quantity, change.at, change.actor, order_id)
        elif kind := _MOVED.get(change.status):
            ledger.move(kind, taken.place, taken.quantity, change.at, change.actor, order_id)
        elif taken.line in restocked:
            ledger.move(MovementKind.RETURNED, taken.place, taken.quantity, change.at, change.actor, order_id)


@cache
def _converted(base_minor: int, currency: str) -> int:
    return Money(base_minor, BASE_CURRENCY).converted(Decimal(words.RATES[currency]), currency).minor


def _tax(net_minor: int, tax_bps: int) -> int:
    return int((Decimal(net_minor) * tax_bps / 10_000).quantize(Decimal(1), ROUND_HALF_EVEN))
