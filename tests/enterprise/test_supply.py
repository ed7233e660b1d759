"""What is bought: at which price, approved by whom, received how much of, and ordered again when."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from datasources.actor import SYSTEM
from datasources.enterprise.errors import FourEyes, InvalidMove, OverLimit
from datasources.enterprise.roles import Role
from datasources.enterprise.stores import Enterprise
from datasources.enterprise.supply.purchases import PurchaseStatus
from datasources.errors import Forbidden
from datasources.money import Money
from resolvers.enterprise.supply.purchasing import amount_of, approve, draft_for
from resolvers.enterprise.supply.rules import MOVES, Demand, check_approval, check_move, to_order
from schema.links.commerce_enterprise import fill_enterprise
from schema.node import read_id
from tests.commerce.shop import Shop, Sold
from tests.enterprise.company import Company
from tests.enterprise.supply import (
    APPROVE,
    CANCEL,
    CHANGE_SUPPLIER,
    DRAFT,
    POINT,
    PRICE,
    RECEIVE,
    SEND,
    SUPPLIER,
    Supply,
    pieces,
)
from tests.gateway_client import Gateway
from tests.listening import Listen

ORDERS = """{ purchaseOrders(first: 10) { totalCount nodes { number status total { amount } supplier { name }
  warehouse { code } draftedBy { name } lines { quantity unitPrice { amount } total { amount } product { name } }
  receipts(first: 5) { nodes { lines { quantity } } } } } }"""
PRODUCT = """query ($id: ID!) { product(id: $id) {
  suppliers(first: 5) { nodes { price { amount } supplier { name } product { name } } }
  openPurchaseOrders(first: 5) { totalCount nodes { id } } } }"""
SUGGESTED = """{ reorderSuggestions { quantity sold available onOrder cost { amount } product { name }
  warehouse { code } supplier { name } } }"""
CHANGED = 'subscription { purchaseOrderChanged(after: "oldest") { type purchaseOrder { id total { amount } } } }'
STOCK = "query ($id: ID!) { product(id: $id) { available } }"


@pytest.fixture
def supply(company: Company) -> Supply:
    return Supply(company)


async def test_the_list_of_purchase_orders_costs_a_statement_an_edge(
    company: Company, supply: Supply, shop: Shop, gateway: Gateway
) -> None:
    mug, pot, ber = await shop.product("Mug"), await shop.product("Pot"), await shop.warehouse("BER")
    potter = await supply.supplier()
    await supply.price(potter, mug, "2.50")
    await supply.price(potter, pot, "4.00", minimumQuantity=5)
    for _ in range(3):
        id = await supply.sent(potter, ber, (mug, 10), (pot, 5))
        await supply.made(RECEIVE, purchaseOrderId=id, lines=pieces((mug, 4)))
    listed = (await gateway.data(ORDERS, as_=company.buyer))["purchaseOrders"]
    assert gateway.calls == {
        "enterprise.purchases": 1,
        "enterprise.purchases.count": 1,
        "enterprise.supplier_by_id": 1,
        "commerce.warehouse_by_id": 1,
        "enterprise.employee_by_id": 1,
        "enterprise.lines_by_purchase": 1,
        "commerce.product_by_id": 1,
        "enterprise.receipts_by_purchase": 1,
        "enterprise.lines_by_receipt": 1,
    }
    assert (listed["totalCount"], len({one.pop("number") for one in listed["nodes"]})) == (3, 3)
    mugs = {"quantity": 10, "unitPrice": {"amount": "2.50"}, "total": {"amount": "25.00"}, "product": {"name": "Mug"}}
    pots = {"quantity": 5, "unitPrice": {"amount": "4.00"}, "total": {"amount": "20.00"}, "product": {"name": "Pot"}}
    assert listed["nodes"][0] == {
        "status": "PARTLY_RECEIVED",
        "total": {"amount": "45.00"},
        "supplier": {"name": "Töpfer & Co"},
        "warehouse": {"code": "BER"},
        "draftedBy": {"name": "Byron Kaufmann"},
        "lines": [mugs, pots],
        "receipts": {"nodes": [{"lines": [{"quantity": 4}]}]},
    }
    seen = (await gateway.data(PRODUCT, {"id": shop.id("Product", pot)}, as_=company.buyer))["product"]
    price = {"price": {"amount": "4.00"}, "supplier": {"name": "Töpfer & Co"}, "product": {"name": "Pot"}}
    assert seen["suppliers"]["nodes"] == [price]
    assert seen["openPurchaseOrders"]["totalCount"] == 3
    hidden = (await gateway.data(PRODUCT, {"id": shop.id("Product", pot)}, as_=company.sales))["product"]
    assert hidden == {"suppliers": {"nodes": []}, "openPurchaseOrders": {"totalCount": 0, "nodes": []}}


async def test_what_is_received_is_never_more_than_was_ordered(
    company: Company, supply: Supply, shop: Shop, gateway: Gateway
) -> None:
    """Of five receipts of 4 at once, each of 10, two come in; what came is in stock, once."""
    mug, ber = await shop.product("Mug", stock={"BER": 1}), await shop.warehouse("BER")
    potter = await supply.supplier()
    await supply.price(potter, mug, "2.50")
    id = await supply.sent(potter, ber, (mug, 10))
    four: dict[str, Any] = {"purchaseOrderId": id, "lines": pieces((mug, 4))}
    done = await asyncio.gather(*(company.do(RECEIVE, company.buyer, **four) for _ in range(5)))
    assert sorted(one["problem"]["code"] for one in done if one["problem"]) == ["ENTERPRISE_OVER_RECEIVED"] * 3
    assert await supply.refused(RECEIVE, purchaseOrderId=id, lines=pieces((uuid4(), 1))) == "ENTERPRISE_OVER_RECEIVED"
    key = company.key()
    for _ in range(2):
        rest = await supply.made(RECEIVE, purchaseOrderId=id, lines=pieces((mug, 2)), idempotencyKey=key)
    assert (rest["status"], rest["lines"]) == ("RECEIVED", [{"received": 10}])
    assert await supply.refused(RECEIVE, purchaseOrderId=id, lines=pieces((mug, 1))) == "ENTERPRISE_INVALID_MOVE"
    assert await supply.refused(CANCEL, purchaseOrderId=id) == "ENTERPRISE_INVALID_MOVE"
    async with asyncio.timeout(20):
        while await _available(gateway, shop, mug) < 11:  # noqa: ASYNC110 # nothing else tells
            await asyncio.sleep(0.01)
    assert await _available(gateway, shop, mug) == 11


async def test_another_approves_up_to_their_amount(
    company: Company, supply: Supply, shop: Shop, listen: Listen
) -> None:
    mug, ber = await shop.product("Mug"), await shop.warehouse("BER")
    potter, abroad = await supply.supplier(), await supply.supplier("Pots Inc", "USD")
    await supply.price(potter, mug, "200.00")
    await supply.price(abroad, mug, "1.00", "USD")
    small, large = await supply.draft(potter, ber, (mug, 100)), await supply.draft(potter, ber, (mug, 101))
    own = await supply.draft(potter, ber, (mug, 1), by=company.director)
    foreign = await supply.draft(abroad, ber, (mug, 1))
    assert await supply.refused(SEND, purchaseOrderId=small) == "ENTERPRISE_INVALID_MOVE"
    for id in (large, foreign):
        assert await supply.refused(APPROVE, company.manager, purchaseOrderId=id) == "ENTERPRISE_OVER_LIMIT"
    assert await supply.refused(APPROVE, company.director, purchaseOrderId=own) == "ENTERPRISE_FOUR_EYES"
    approved = await supply.made(APPROVE, company.manager, purchaseOrderId=small)
    assert (approved["status"], approved["approvedBy"]) == ("APPROVED", {"name": "Max Nager"})
    await supply.made(APPROVE, company.director, purchaseOrderId=large)
    await supply.made(APPROVE, company.director, purchaseOrderId=foreign)
    assert (await supply.made(CANCEL, purchaseOrderId=own))["status"] == "CANCELLED"
    assert await supply.refused(APPROVE, company.manager, purchaseOrderId=small) == "ENTERPRISE_INVALID_MOVE"
    more = await supply.draft(potter, ber, (mug, 1))
    assert await supply.refused(APPROVE, company.manager, purchaseOrderId=more) == "ENTERPRISE_OVER_LIMIT"
    async with listen(CHANGED, company.buyer) as next:
        told = [await next() for _ in range(8)]
    assert [one["type"].removeprefix("PURCHASE_") for one in told] == ["DRAFTED"] * 4 + ["APPROVED"] * 3 + ["CANCELLED"]
    assert told[4]["purchaseOrder"] == {"id": small, "total": {"amount": "20000.00"}}
    async with listen(CHANGED, company.sales) as next:
        assert await next() == ["FORBIDDEN"]


async def test_processes_draft_one_order_at_a_time(company: Company, supply: Supply, shop: Shop) -> None:
    mug, ber, lys = await shop.product("Mug"), await shop.warehouse("BER"), await shop.warehouse("LYS")
    potter = await supply.supplier()
    await supply.price(potter, mug, "2.00", minimumQuantity=50)
    await supply.point(potter, mug, ber, 5, 20)
    await supply.point(potter, mug, lys, 5, 0)
    enterprise = Enterprise(company.sources, SYSTEM)

    async def draft(warehouse: UUID = ber, available: int | None = None) -> UUID | None:
        async with company.database.transaction() as transaction:
            return await draft_for(enterprise, transaction, product_id=mug, warehouse_id=warehouse, available=available)

    assert [await draft(lys), await draft(uuid4()), await draft(ber, 6)] == [None] * 3
    drafted = [id for id in await asyncio.gather(*(draft(ber, 5) for _ in range(5))) if id]
    assert len(drafted) == 1
    async with company.database.transaction() as transaction:
        assert await amount_of(enterprise, transaction, drafted[0]) == Money(100_00, "EUR")
        with pytest.raises(Forbidden):
            await approve(enterprise, transaction, drafted[0], uuid4())
        await approve(enterprise, transaction, drafted[0], company.manager.signed_in)
    assert await draft() is None
    id = shop.id("PurchaseOrder", drafted[0])
    await supply.made(CANCEL, purchaseOrderId=id)
    again = await draft()
    assert again
    assert again != drafted[0]
    async with company.database.transaction() as transaction:
        await approve(enterprise, transaction, again, None)


async def test_what_to_order_follows_from_sales_stock_and_orders(
    company: Company, supply: Supply, shop: Shop, gateway: Gateway
) -> None:
    """90 sold in 90 days: 1 a day, for 10 + 14 + 7 days; two products, and each statement once."""
    mug, pot = await shop.product("Mug", stock={"BER": 12}), await shop.product("Pot", stock={"BER": 40})
    ber = await shop.warehouse("BER")
    potter = await supply.supplier()
    for product in (mug, pot):
        await supply.price(potter, product, "2.00", minimumQuantity=4)
        await supply.point(potter, product, ber, 5, 20)
        await shop.sold_from(await shop.customer(f"{product.hex}@example.com"), "BER", Sold(product, 90))
    await supply.draft(potter, ber, (mug, 8))
    assert (await gateway.data(SUGGESTED, as_=company.buyer))["reorderSuggestions"] == [
        {
            "quantity": 11,
            "sold": 90,
            "available": 12,
            "onOrder": 8,
            "cost": {"amount": "22.00"},
            "product": {"name": "Mug"},
            "warehouse": {"code": "BER"},
            "supplier": {"name": "Töpfer & Co"},
        }
    ]
    assert gateway.calls == {
        "reorder_points": 1,
        "order_lines": 1,
        "stock_levels": 1,
        "purchase_lines": 1,
        "commerce.product_by_id": 1,
        "commerce.warehouse_by_id": 1,
        "enterprise.supplier_by_id": 1,
    }


async def test_what_is_set_again_is_changed_and_noted(
    company: Company, supply: Supply, shop: Shop, gateway: Gateway
) -> None:
    mug, ber = await shop.product("Mug"), await shop.warehouse("BER")
    potter = await supply.supplier()
    await supply.supplier("Other")
    first, second = await supply.price(potter, mug, "2.00"), await supply.price(potter, mug, "3.00", minimumQuantity=2)
    assert (first["id"], second["price"], second["minimumQuantity"]) == (second["id"], {"amount": "3.00"}, 2)
    await supply.point(potter, mug, ber, 5, 20)
    point = await supply.point(potter, mug, ber, 6, 20)
    noted = "query ($id: ID!) { node(id: $id) { ... on ReorderPoint { changes { nodes { field before after } } } } }"
    seen = await gateway.data(noted, {"id": point["id"]}, as_=company.director)
    assert seen["node"]["changes"]["nodes"] == [{"field": "reorder_at", "before": "5", "after": "6"}]
    assert (await supply.made(CHANGE_SUPPLIER, supplierId=potter, leadTimeDays=3))["leadTimeDays"] == 3
    assert await supply.refused(CHANGE_SUPPLIER, supplierId=potter, name="Other") == "INVALID_INPUT"
    named: dict[str, Any] = {"name": "Other", "email": "o@example.com", "currency": "EUR", "leadTimeDays": 1}
    assert await supply.refused(SUPPLIER, **named) == "INVALID_INPUT"
    product, place = shop.id("Product", mug), shop.id("Warehouse", ber)
    unknown: dict[str, Any] = {"productId": shop.id("Product", uuid4()), "supplierId": potter}
    price: dict[str, Any] = {"sku": "x", "price": {"amount": "1.00", "currency": "EUR"}}
    assert await supply.refused(PRICE, **unknown, **price) == "NOT_FOUND"
    dollars = price | {"price": {"amount": "1.00", "currency": "USD"}}
    assert await supply.refused(PRICE, supplierId=potter, productId=product, **dollars) == "INVALID_INPUT"
    other = shop.id("Supplier", read_id(await supply.supplier("Third"))[1])
    reorder: dict[str, Any] = {"warehouseId": place, "reorderAt": 1, "reorderQuantity": 1}
    assert await supply.refused(POINT, productId=product, supplierId=other, **reorder) == "INVALID_INPUT"
    for lines in ([], pieces((mug, 1)), pieces((mug, 2), (mug, 2)), pieces((mug, 0)), pieces((uuid4(), 2))):
        assert await supply.refused(DRAFT, supplierId=potter, warehouseId=place, lines=lines) == "INVALID_INPUT"


async def test_the_sample_fits_what_was_sold(company: Company, shop: Shop, gateway: Gateway) -> None:
    """Of each product and warehouse from which something was sold: a price, a reorder point, and an order."""
    ada = await shop.customer()
    for name, warehouse, sold in (("Mug", "BER", 90), ("Mug", "LYS", 9), ("Pot", "BER", 30)):
        product = await shop.product(name, sku=f"{name}-{warehouse}", price=2000)
        await shop.sold_from(ada, warehouse, Sold(product, sold))
    assert await fill_enterprise(company.house.sources) is True
    assert await fill_enterprise(company.house.sources) is False
    asked = """{ reorderPoints { nodes { reorderAt reorderQuantity product { sku } warehouse { code } } }
      purchaseOrders { nodes { status total { amount } lines { quantity received } receipts { totalCount } } } }"""
    found = await gateway.data(asked, as_=company.buyer)
    points = {one["product"]["sku"]: one for one in found["reorderPoints"]["nodes"]}
    assert (points["Mug-BER"]["reorderAt"], points["Mug-BER"]["reorderQuantity"]) == (28, 30)
    assert {sku: one["warehouse"]["code"] for sku, one in points.items()} == {
        "Mug-BER": "BER",
        "Mug-LYS": "LYS",
        "Pot-BER": "BER",
    }
    orders = {one["status"]: one for one in found["purchaseOrders"]["nodes"]}
    assert set(orders) == {"RECEIVED", "SENT"}
    for order in orders.values():
        came = order["receipts"]["totalCount"]
        assert all(line["received"] == line["quantity"] * came for line in order["lines"])


def test_the_rules() -> None:
    allowed = {(before, after) for before, moves in MOVES.items() for after in moves}
    for before in PurchaseStatus:
        for after in PurchaseStatus:
            if (before, after) not in allowed:
                with pytest.raises(InvalidMove):
                    check_move(before, after)
    me, other = uuid4(), uuid4()
    check_approval(Money(100, "EUR"), other, me, Role.MANAGER, 100)
    check_approval(Money(100, "USD"), other, me, Role.ADMIN, 0)
    refused: list[tuple[Any, ...]] = [
        (FourEyes, Money(1, "EUR"), me, Role.ADMIN, 100),
        (OverLimit, Money(101, "EUR"), other, Role.ADMIN, 100),
        (OverLimit, Money(1, "USD"), other, Role.MANAGER, 100),
    ]
    for refusal, total, drafted_by, role, limit in refused:
        with pytest.raises(refusal):
            check_approval(total, drafted_by, me, role, limit)
    assert to_order(Demand(30, 30, 0, 0), 10, 4, 6, 1) == 20
    assert to_order(Demand(30, 30, 15, 5), 10, 4, 6, 1) == 0
    assert to_order(Demand(30, 30, 15, 4), 10, 4, 6, 12) == 12
    assert to_order(Demand(1, 90, 0, 0), 10, 14, 0, 1) == 1
    assert to_order(Demand(0, 90, 0, 0), 10, 14, 0, 5) == 0


async def _available(gateway: Gateway, shop: Shop, product: UUID) -> int:
    found: int = (await gateway.data(STOCK, {"id": shop.id("Product", product)}))["product"]["available"]
    return found
