"""Invoices: exact totals, numbers without gaps, nothing entered or paid twice, and four eyes where it is much."""

import asyncio
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.enterprise.tables import EMPLOYEES, EVENTS, INVOICES
from resolvers.context import Context
from resolvers.enterprise.crm.privacy import export
from resolvers.enterprise.invoices import tell_overdue
from schema.node import global_id
from tests.commerce.shop import Shop, Sold
from tests.enterprise.company import Company
from tests.enterprise.invoices import APPROVE, CANCEL, CHANGE, ENTER, ISSUE, ORDER, PAY, Desk, line
from tests.enterprise.supply import RECEIVE, Supply, pieces
from tests.gateway_client import Gateway
from tests.listening import Listen

LIST = """query ($direction: InvoiceDirection, $status: InvoiceStatus, $overdue: Boolean) {
  invoices(direction: $direction, status: $status, overdue: $overdue) { totalCount nodes { number overdue
    lines { text quantity unitPrice { amount } taxBps tax { amount } } customer { id } order { number } } } }"""
COMPARED = """query ($id: ID!) { invoice(id: $id) { supplier { id } purchaseOrder { id } compared {
  invoiced ordered received unitPrice { amount } agreedPrice { amount } differences } } }"""
CHANGED = 'subscription { invoiceChanged(after: "oldest") { type invoice { id status } } }'
AGED = """{ agedInvoices(direction: RECEIVABLE) { lateDays invoices total { amount currency } } }"""


async def test_an_invoice_is_drafted_changed_issued_and_paid(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    ada = await shop.customer()
    draft = (await desk.draft(ada, line("0.03", 1, 1900), line("10.10", 3, 1900), line("-5.00", 1, 700)))["invoice"]
    # Line by line, half to even: 0.0057 -> 0.01, 5.757 -> 5.76, -0.35.
    assert (draft["total"], draft["tax"]) == ({"amount": "30.75", "currency": "EUR"}, {"amount": "5.42"})
    assert (draft["number"], draft["status"], draft["issuedOn"]) == (None, "DRAFT", None)
    yen = await desk.move(CHANGE, draft, lines=[line("25", 1, 1000, "JPY"), line("35", 1, 1000, "JPY")])
    assert yen["invoice"]["tax"] == {"amount": "6"}  # 2.5 and 3.5 become 2 and 4
    mixed = await desk.move(CHANGE, draft, lines=[line("25", 1, 1000, "JPY"), line("35")])
    assert mixed["problem"]["code"] == "INVALID_INPUT"
    issued = (await desk.move(ISSUE, draft))["invoice"]
    year = company.clock().year
    assert (issued["number"], issued["status"], issued["issuedOn"]) == (f"{year}-000001", "ISSUED", desk.day())
    assert await desk.events("invoice.issued") == [
        {
            "direction": "receivable",
            "number": f"{year}-000001",
            "currency": "JPY",
            "amount_minor": 66,
            "tax_minor": 6,
        }
    ]
    assert (await desk.move(CHANGE, draft, dueOn=desk.day(20)))["problem"]["code"] == "ENTERPRISE_INVOICE_STATUS"
    assert (await desk.move(PAY, draft, paidOn=desk.day(1)))["problem"]["code"] == "INVALID_INPUT"
    assert (await desk.move(PAY, draft))["invoice"]["paidOn"] == desk.day()
    again = [await desk.move(one, draft) for one in (PAY, CANCEL, ISSUE)]
    assert [one["problem"]["code"] for one in again] == ["ENTERPRISE_INVOICE_STATUS"] * 3
    told = await company.database.rows(sa.select(EVENTS.c.type).where(EVENTS.c.type.like("invoice.%")))
    assert sorted(row.type for row in told) == ["invoice.changed", "invoice.drafted", "invoice.issued", "invoice.paid"]


async def test_numbers_have_no_gaps_however_many_are_issued_at_once(company: Company, shop: Shop) -> None:
    desk = Desk(company)
    ada = await shop.customer()
    drafts = [(await desk.draft(ada, line("1.00")))["invoice"] for _ in range(20)]
    late = (await desk.draft(ada, line("1.00")))["invoice"]
    company.clock.forward(days=1)
    await desk.move(CHANGE, late, dueOn=desk.day(-1))
    # What is refused in the middle takes no number along.
    done = await asyncio.gather(*(desk.move(ISSUE, one) for one in (*drafts[:10], late, *drafts[10:])))
    numbers = sorted(one["invoice"]["number"] for one in done if one["invoice"])
    assert numbers == [f"{company.clock().year}-{number:06}" for number in range(1, 21)]
    assert [one["problem"]["code"] for one in done if one["problem"]] == ["INVALID_INPUT"]
    company.clock.forward(days=365)
    await desk.move(CHANGE, late, dueOn=desk.day())
    assert (await desk.move(ISSUE, late))["invoice"]["number"] == f"{company.clock().year}-000001"


async def test_nothing_is_invoiced_twice(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    ada = await shop.customer()
    good = await shop.order(ada, Sold(await shop.product(), 3, 1000, 570))
    odd = await shop.order(ada, Sold(await shop.product(), 1, 1000, 1))
    ask = {"dueOn": desk.day(14)}
    wishes = (company.do(ORDER, company.controller, orderId=global_id("Order", good), **ask) for _ in range(4))
    done = await asyncio.gather(*wishes)
    (first,) = [one["invoice"] for one in done if one["invoice"]]
    assert first["total"] == {"amount": "35.70", "currency": "EUR"}
    assert [one["problem"]["code"] for one in done if one["problem"]] == ["ENTERPRISE_INVOICED_ALREADY"] * 3
    differs = await company.do(ORDER, company.controller, orderId=global_id("Order", odd), **ask)
    assert differs["problem"]["code"] == "ENTERPRISE_ORDER_DIFFERS"
    assert (await desk.move(CHANGE, first, lines=[line("1.00")]))["problem"]["code"] == "INVALID_INPUT"
    await desk.move(CANCEL, first)
    again = await company.do(ORDER, company.controller, orderId=global_id("Order", good), **ask)
    assert again["invoice"]["status"] == "DRAFT"

    supply = Supply(company)
    one, other = await supply.supplier(), await supply.supplier("Other")
    assert (await desk.enter("R-1", line("10.00"), supplier=one))["invoice"]["number"] == "R-1"
    assert (await desk.enter(" R-1 ", line("11.00"), supplier=one))["problem"]["code"] == "ENTERPRISE_INVOICED_ALREADY"
    assert (await desk.enter("R-1", line("10.00"), supplier=other))["invoice"]["number"] == "R-1"
    assert len(await desk.events("invoice.drafted")) == await company.database.scalar(
        sa.select(sa.func.count()).select_from(INVOICES)
    )


async def test_suppliers_are_paid_by_four_eyes(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    supplier = await Supply(company).supplier()
    bill = (await desk.enter("R-1", line("20000.00", 1, 0), supplier=supplier))["invoice"]
    dear = (await desk.enter("R-2", line("20000.00", 1, 1), supplier=supplier))["invoice"]
    assert (await desk.move(ISSUE, bill))["problem"]["code"] == "ENTERPRISE_NEEDS_APPROVAL"
    (refused,) = await gateway.refused(
        APPROVE, {"input": {"invoiceId": bill["id"], "idempotencyKey": "k"}}, as_=company.controller
    )
    assert refused == "FORBIDDEN"
    assert (await desk.move(APPROVE, dear, company.manager))["problem"]["code"] == "ENTERPRISE_OVER_LIMIT"
    assert (await desk.move(APPROVE, bill, company.manager))["invoice"]["status"] == "DRAFT"
    await desk.move(CHANGE, bill, lines=[line("19999.00", 1, 0)])
    assert (await desk.move(ISSUE, bill))["problem"]["code"] == "ENTERPRISE_NEEDS_APPROVAL"
    await desk.move(APPROVE, bill, company.manager)
    assert (await desk.move(ISSUE, bill))["invoice"]["number"] == "R-1"
    assert (await desk.move(PAY, bill))["invoice"]["status"] == "PAID"
    part = (await desk.enter("R-7", line("2.00", 1, 0), supplier=supplier))["invoice"]
    assert (await desk.move(APPROVE, part, company.manager))["problem"]["code"] == "ENTERPRISE_OVER_LIMIT"

    # The director may approve and pay, but not what they entered, and not both where it is more than their own limit.
    own = {"supplierId": supplier, "number": "R-3", "issuedOn": desk.day(), "dueOn": desk.day(1)}
    mine = (await company.do(ENTER, company.director, **own, lines=[line("1000000.01", 1, 0)]))["invoice"]
    assert (await desk.move(APPROVE, mine, company.director))["problem"]["code"] == "ENTERPRISE_FOUR_EYES"
    yen = (await desk.enter("R-4", line("100", 1, 0, "JPY"), supplier=supplier))["invoice"]
    assert (await desk.move(APPROVE, yen, company.manager))["problem"]["code"] == "ENTERPRISE_OVER_LIMIT"
    assert (await desk.move(APPROVE, yen, company.director))["problem"] is None
    assert (await desk.move(ISSUE, yen))["invoice"]["status"] == "ISSUED"
    assert (await desk.move(PAY, yen, company.director))["problem"]["code"] == "ENTERPRISE_NEEDS_APPROVAL"
    assert (await desk.move(PAY, yen))["invoice"]["status"] == "PAID"

    # Nor by writing their own lines into what another entered; nor once they have left, while their token lives.
    (theirs, late) = [
        (await desk.enter(number, line("100", 1, 0, "JPY"), supplier=supplier))["invoice"] for number in ("R-5", "R-6")
    ]
    await desk.move(CHANGE, theirs, company.director, lines=[line("900000", 1, 0, "JPY")])
    assert (await desk.move(APPROVE, theirs, company.director))["problem"]["code"] == "ENTERPRISE_FOUR_EYES"
    left = sa.update(EMPLOYEES).where(EMPLOYEES.c.id == company.director.id).values(left_at=company.clock())
    async with company.database.transaction() as transaction:
        await transaction.write(left)
    given = {"input": {"invoiceId": late["id"], "idempotencyKey": "left"}}
    assert await gateway.refused(APPROVE, given, as_=company.director) == ["FORBIDDEN"]


async def test_what_agrees_with_its_purchase_order_needs_no_approval(
    company: Company, shop: Shop, gateway: Gateway
) -> None:
    desk, supply = Desk(company), Supply(company)
    mug, pot = await shop.product(), await shop.product("Pot")
    supplier, berlin = await supply.supplier(), await shop.warehouse("BER")
    for product in (mug, pot):
        await supply.price(supplier, product, "4.00")
    order = await supply.sent(supplier, berlin, (mug, 10), (pot, 5))
    await supply.made(RECEIVE, purchaseOrderId=order, lines=pieces((mug, 6)))

    async def compared(number: str, *lines: tuple[UUID, int, str]) -> tuple[Any, Any, str | None]:
        """The invoice, what differs by line, and why it is not issued."""
        bought = [of(*one) for one in lines]
        bill = (await desk.enter(number, *bought, supplier=supplier, purchaseOrderId=order))["invoice"]
        found = (await gateway.data(COMPARED, {"id": bill["id"]}, as_=company.manager))["invoice"]
        assert (found["supplier"]["id"], found["purchaseOrder"]["id"]) == (supplier, order)
        problem = (await desk.move(ISSUE, bill))["problem"]
        return bill, [line["differences"] for line in found["compared"]], problem and problem["code"]

    def of(product: UUID, quantity: int, price: str) -> dict[str, Any]:
        return line(price, quantity) | {"productId": global_id("Product", product)}

    first, differences, problem = await compared("R-1", (mug, 4, "4.04"))  # a percent is within the tolerance
    assert (differences, problem) == ([[]], None)
    dear = await compared("R-2", (mug, 1, "4.05"))
    assert dear[1:] == ([["PRICE"]], "ENTERPRISE_NEEDS_APPROVAL")
    bowl = await shop.product("Bowl")
    more, *rest = await compared("R-3", (mug, 1, "4.00"), (mug, 2, "4.00"), (pot, 1, "4.00"), (bowl, 1, "1.00"))
    assert rest == [[["NOT_RECEIVED"]] * 3 + [["NOT_ORDERED"]], "ENTERPRISE_NEEDS_APPROVAL"]
    await desk.move(CANCEL, first)
    await desk.move(CHANGE, more, lines=[of(mug, 3, "4.00"), of(mug, 3, "3.00")])
    assert (await desk.move(ISSUE, more))["invoice"]["status"] == "ISSUED"
    assert (await desk.move(ISSUE, dear[0]))["problem"]["code"] == "ENTERPRISE_NEEDS_APPROVAL"
    other = await supply.supplier("Another")
    of_another = await desk.enter("R-4", line("1.00"), supplier=other, purchaseOrderId=order)
    assert of_another["problem"]["code"] == "NOT_FOUND"
    nobody = await desk.enter("R-5", line("1.00"), supplier=global_id("Supplier", mug))
    assert nobody["problem"]["code"] == "NOT_FOUND"


async def test_lists_say_what_is_late_and_to_whom(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    mine = (await desk.draft(ada, line("1.00", 2, 0)))["invoice"]
    theirs = (await desk.draft(bo, line("3.00", 1, 0), line("4.00", 1, 0)))["invoice"]
    unsent = (await desk.draft(ada, line("5.00")))["invoice"]
    for one in (mine, theirs):
        await desk.move(ISSUE, one)
    payable = (await desk.enter("R-1", line("1.00"), supplier=await Supply(company).supplier()))["invoice"]
    company.clock.forward(days=14)
    assert (await gateway.data(LIST, {"overdue": True}, as_=company.controller))["invoices"]["totalCount"] == 0
    company.clock.forward(days=1)
    await desk.move(PAY, mine)
    late = (await gateway.data(LIST, {"overdue": True}, as_=company.controller))["invoices"]
    assert gateway.calls == {
        "enterprise.invoices": 1,
        "enterprise.invoices.count": 1,
        "enterprise.lines_by_invoice": 1,
        "commerce.customer_by_id": 1,
    }
    assert [(one["overdue"], one["customer"]["id"], len(one["lines"])) for one in late["nodes"]] == [
        (True, global_id("Customer", bo.signed_in), 2)
    ]
    assert (await gateway.data(LIST, {"direction": "PAYABLE"}, as_=company.manager))["invoices"]["totalCount"] == 1
    assert (await gateway.data(LIST, {"overdue": False}, as_=company.director))["invoices"]["totalCount"] == 3
    company.clock.forward(days=30)
    assert (await gateway.data(AGED, as_=company.controller))["agedInvoices"] == [
        {"lateDays": 31, "invoices": 1, "total": {"amount": "7.00", "currency": "EUR"}}
    ]

    # A customer sees what was issued to them; nobody else's, no draft, and nothing of suppliers.
    one = "query ($id: ID!) { invoice(id: $id) { number } }"
    assert (await gateway.data(LIST, as_=ada))["invoices"]["totalCount"] == 1
    for hidden in (theirs, unsent, payable):
        assert await gateway.data(one, {"id": hidden["id"]}, as_=ada) == {"invoice": None}
        assert await gateway.data(one, {"id": hidden["id"]}, as_=company.sales) == {"invoice": None}
    assert (await gateway.data(one, {"id": mine["id"]}, as_=ada))["invoice"]["number"]
    assert await gateway.refused(one, {"id": mine["id"]}) == ["UNAUTHENTICATED"]
    assert await gateway.refused(AGED, as_=ada) == ["FORBIDDEN"]
    with Context(SYSTEM, company.house.sources, company.clock) as context:
        held = await export(context, ada.signed_in)
    assert held is not None
    assert [(one["status"], len(held["invoice_lines"])) for one in held["invoices"]] == [("paid", 1)]
    before = len(await company.database.rows(sa.select(EVENTS.c.type)))
    for mutation in (ISSUE, CANCEL):
        input = {"invoiceId": unsent["id"], "idempotencyKey": "k"}
        assert await gateway.refused(mutation, {"input": input}, as_=company.manager) == ["FORBIDDEN"]
    assert len(await company.database.rows(sa.select(EVENTS.c.type))) == before


async def test_what_is_overdue_is_told_once(company: Company, shop: Shop) -> None:
    desk = Desk(company)
    ada = await shop.customer()
    drafts = [(await desk.draft(ada, line("1.00")))["invoice"] for _ in range(3)]
    for one in drafts[:2]:
        await desk.move(ISSUE, one)
    company.clock.forward(days=14)

    async def tell() -> None:
        with Context(SYSTEM, company.house.sources, company.clock) as context:
            await tell_overdue(context)

    await tell()
    assert await desk.events("invoice.overdue") == []
    company.clock.forward(days=1)
    await asyncio.gather(tell(), tell())
    await tell()
    assert sorted(one["number"][-1] for one in await desk.events("invoice.overdue")) == ["1", "2"]


async def test_of_an_invoice_those_hear_who_see_it(company: Company, shop: Shop, listen: Listen) -> None:
    """A customer hears of their own once it is issued, the accountant of all."""
    desk = Desk(company)
    ada, bo = await shop.customer("ada@example.com"), await shop.customer("bo@example.com")
    theirs, mine = [(await desk.draft(one, line("1.00")))["invoice"] for one in (bo, ada)]
    for one in (theirs, mine):
        await desk.move(ISSUE, one)
    async with listen(CHANGED, ada) as next:
        assert (await next())["invoice"] == {"id": mine["id"], "status": "ISSUED"}
    async with listen(CHANGED, company.controller) as next:
        told = [await next() for _ in range(4)]
    assert [(one["type"], one["invoice"]["id"]) for one in told] == [
        ("INVOICE_DRAFTED", theirs["id"]),
        ("INVOICE_DRAFTED", mine["id"]),
        ("INVOICE_ISSUED", theirs["id"]),
        ("INVOICE_ISSUED", mine["id"]),
    ]
