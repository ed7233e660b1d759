"""Purchase orders: drafted, approved by another, sent, received in parts, cancelled.

Processes draft and approve them, too: `draft_for` and `approve` write in the caller's transaction.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from datasources.enterprise.errors import FourEyes, OverReceived
from datasources.enterprise.events import EventType
from datasources.enterprise.policies import visible_supply
from datasources.enterprise.processes import RUNNER
from datasources.enterprise.roles import Role
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.supply.purchases import PurchaseStatus
from datasources.enterprise.tables import PURCHASE_ORDERS
from datasources.errors import Forbidden, InvalidInput
from datasources.ids import uuid7
from datasources.money import Money
from datasources.sql import Transaction
from datasources.table import Row
from loaders.enterprise import EnterpriseLoaders
from resolvers.context import Context
from resolvers.enterprise.records import Record, add, change, hold, once, telling, update, within
from resolvers.enterprise.supply.rules import check_approval, check_automatic, check_move, purchase_number
from resolvers.enterprise.supply.suppliers import MAX_PIECES, Exist, the_supplier

MAX_LINES = 100
MAX_TOTAL_MINOR = 10**12
Quantities = Sequence[tuple[UUID, int]]
"""Products, each once, and how many pieces of each."""


PURCHASE = Record(
    type="PurchaseOrder",
    table=PURCHASE_ORDERS,
    batch=EnterpriseLoaders.purchase_by_id,
    created=EventType.PURCHASE_DRAFTED,
    changed=EventType.PURCHASE_APPROVED,
    visible=visible_supply,
    told=telling(number="number", supplier="supplier_id", amount_minor="total_minor", currency="currency"),
)


async def draft_purchase(
    context: Context, exist: Exist, *, supplier_id: UUID, warehouse_id: UUID, lines: Quantities, key: str
) -> Any:
    """A draft, at the supplier's prices as they are now.

    Raises: Forbidden, InvalidInput, NotFound, KeyReused.
    """
    context.actor.require("supply:write")
    wanted = _pieces(lines)
    await exist(context, None, warehouse_id)

    async def draft(transaction: Transaction) -> UUID:
        return await _draft(context.of(Enterprise), transaction, supplier_id, warehouse_id, wanted)

    request = [supplier_id, warehouse_id, lines]
    return await once(context, PURCHASE.batch, "draftPurchaseOrder", key, request, draft)


async def draft_for(
    enterprise: Enterprise,
    transaction: Transaction,
    *,
    product_id: UUID,
    warehouse_id: UUID,
    available: int | None = None,
) -> UUID | None:
    """Drafts what the reorder point of the product in the warehouse says, or the supplier's minimum if that is more.

    None where there is no such point, where it says 0, where its supplier has no price, or where some of the product
    may still come to the warehouse: so there is one order at a time, since the point is held until the transaction
    ends. With `available`, as `stock.moved` tells it, None also where that is above the point.
    """
    point = await enterprise.suppliers.point_of(transaction, product_id, warehouse_id)
    if point is None or not point.reorder_quantity or (available is not None and available > point.reorder_at):
        return None
    price = await enterprise.suppliers.price_of(transaction, point.supplier_id, product_id)
    if price is None or await enterprise.purchases.is_open_for(transaction, product_id, warehouse_id):
        return None
    wanted = {product_id: max(point.reorder_quantity, price.minimum_quantity)}
    return await _draft(enterprise, transaction, point.supplier_id, warehouse_id, wanted)


async def amount_of(enterprise: Enterprise, transaction: Transaction, purchase_id: UUID) -> Money:
    """The total of the order. Raises: NotFound."""
    purchase = await hold(enterprise, transaction, PURCHASE, purchase_id)
    return Money(purchase.total_minor, purchase.currency)


async def approve(enterprise: Enterprise, transaction: Transaction, purchase_id: UUID, approver: UUID | None) -> None:
    """Approves a draft as this employee, who did not draft it and may up to its amount.

    What the same person ordered of the supplier within a day, and somebody approved, counts with it: parts of an order
    are as good as one. None where nobody has to: a workflow says so, of what it drafted itself, up to AUTOMATIC_MINOR.
    Raises: NotFound, InvalidMove, FourEyes, OverLimit; Forbidden for who does not work here any more.
    """
    purchase = await hold(enterprise, transaction, PURCHASE, purchase_id)
    check_move(PurchaseStatus(purchase.status), PurchaseStatus.APPROVED)
    total = Money(purchase.total_minor, purchase.currency)
    if approver is None:
        if purchase.drafted_by != enterprise.actor.signed_in:
            raise FourEyes
        check_automatic(total)
    else:
        person = await enterprise.staff.here(transaction, approver)
        if person is None:
            raise Forbidden("approvals:decide")
        if purchase.drafted_by != RUNNER.id:  # what workflows draft is small, and of many products
            beside = await enterprise.purchases.approved_beside(transaction, purchase)
            total = Money(total.minor + beside, total.currency)
        check_approval(total, purchase.drafted_by, approver, Role(person.role), person.approves_minor)
    approved = {"status": PurchaseStatus.APPROVED, "approved_by": approver}
    await update(enterprise, transaction, PURCHASE, purchase, approved)


async def approve_purchase(context: Context, *, purchase_order_id: UUID, key: str) -> Any:
    """Raises: Forbidden, NotFound, InvalidMove, FourEyes, OverLimit, KeyReused."""
    context.actor.require("approvals:decide")

    async def work(transaction: Transaction) -> UUID:
        await approve(context.of(Enterprise), transaction, purchase_order_id, context.actor.signed_in)
        return purchase_order_id

    return await once(context, PURCHASE.batch, "approvePurchaseOrder", key, [purchase_order_id], work)


async def send_purchase(context: Context, *, purchase_order_id: UUID, key: str) -> Any:
    """Notes that it was sent to the supplier. Raises: Forbidden, NotFound, InvalidMove, KeyReused."""
    return await _moved(context, purchase_order_id, PurchaseStatus.SENT, "sendPurchaseOrder", key)


async def cancel_purchase(context: Context, *, purchase_order_id: UUID, key: str) -> Any:
    """What has not come is not waited for any more. Raises: Forbidden, NotFound, InvalidMove, KeyReused."""
    return await _moved(context, purchase_order_id, PurchaseStatus.CANCELLED, "cancelPurchaseOrder", key)


async def receive_goods(context: Context, *, purchase_order_id: UUID, lines: Quantities, key: str) -> Any:
    """Notes what came, never more than was ordered; commerce hears of it, and raises its stock.

    Raises: Forbidden, InvalidInput, NotFound, InvalidMove, OverReceived, KeyReused.
    """
    context.actor.require("supply:write")
    enterprise = context.of(Enterprise)
    purchases, id, wanted = enterprise.purchases, purchase_order_id, _pieces(lines)

    async def receive(transaction: Transaction) -> UUID:
        purchase = await hold(enterprise, transaction, PURCHASE, id)
        check_move(PurchaseStatus(purchase.status), PurchaseStatus.PARTLY_RECEIVED)
        for product_id, quantity in wanted.items():
            if not await purchases.take(transaction, id, product_id, quantity):
                left = (await purchases.missing(transaction, id)).get(product_id, 0)
                raise OverReceived(f"Only {left} pieces of it are still to come; receive no more than were ordered.")
        receipt_id = await purchases.add_receipt(transaction, id, wanted)
        complete = not any((await purchases.missing(transaction, id)).values())
        status = PurchaseStatus.RECEIVED if complete else PurchaseStatus.PARTLY_RECEIVED
        await update(enterprise, transaction, PURCHASE, purchase, {"status": status}, EventType.PURCHASE_RECEIVED)
        came = [{"product": str(product), "quantity": quantity} for product, quantity in wanted.items()]
        told: dict[str, Any] = {"purchase": str(id), "warehouse": str(purchase.warehouse_id), "lines": came}
        await enterprise.events.append(transaction, EventType.GOODS_RECEIVED, receipt_id, **told)
        return id

    return await once(context, PURCHASE.batch, "receiveGoods", key, [id, lines], receive)


async def _draft(
    enterprise: Enterprise, transaction: Transaction, supplier_id: UUID, warehouse_id: UUID, wanted: Mapping[UUID, int]
) -> UUID:
    """Raises: NotFound, InvalidInput."""
    supplier = await the_supplier(enterprise, transaction, supplier_id)
    lines = []
    for product_id, quantity in wanted.items():
        price = await enterprise.suppliers.price_of(transaction, supplier_id, product_id)
        if price is None:
            raise InvalidInput("lines", "The supplier has no price for one of the products; set it first.")
        if quantity < price.minimum_quantity:
            raise InvalidInput("lines", f"Of {price.sku} the supplier sends {price.minimum_quantity} pieces or more.")
        of = {"product_id": product_id, "sku": price.sku, "quantity": quantity}
        lines.append({**of, "unit_minor": price.price_minor, "currency": supplier.currency})
    total_minor = sum(line["quantity"] * line["unit_minor"] for line in lines)
    if total_minor > MAX_TOTAL_MINOR:
        raise InvalidInput("lines", "This is more than one order is for; order less.")
    id = uuid7(enterprise.sources.clock())
    of = {"supplier_id": supplier_id, "warehouse_id": warehouse_id, "drafted_by": enterprise.actor.signed_in}
    what = {"number": purchase_number(id), "currency": supplier.currency, "total_minor": total_minor}
    draft = {"id": id, "status": PurchaseStatus.DRAFT, "approved_by": None}
    await add(enterprise, transaction, PURCHASE, {**draft, **of, **what})
    await enterprise.purchases.add_lines(transaction, id, lines)
    return id


async def _moved(context: Context, id: UUID, status: PurchaseStatus, operation: str, key: str) -> Any:
    context.actor.require("supply:write")

    async def decide(_: Transaction, purchase: Row) -> Mapping[str, Any]:
        check_move(PurchaseStatus(purchase.status), status)
        return {"status": status}

    return await change(context, PURCHASE, operation, key, id, None, decide, EventType(f"purchase.{status}"))


def _pieces(lines: Quantities) -> dict[UUID, int]:
    """Raises: InvalidInput."""
    pieces = {product_id: within(quantity, "quantity", 1, MAX_PIECES) for product_id, quantity in lines}
    if not 0 < len(lines) <= MAX_LINES or len(pieces) != len(lines):
        raise InvalidInput("lines", f"Write 1 to {MAX_LINES} lines, each of another product.")
    return pieces
