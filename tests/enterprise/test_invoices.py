"""Invoices: exact totals, numbers without gaps, nothing entered or paid twice, and four eyes where it is much."""

import asyncio

import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.enterprise.tables import EVENTS, INVOICES
from datasources.ids import uuid7
from resolvers.context import Context
from resolvers.enterprise.invoices import tell_overdue
from schema.node import global_id
from tests.commerce.shop import Shop, Sold
from tests.enterprise.company import Company
from tests.enterprise.invoices import APPROVE, CANCEL, CHANGE, ENTER, ISSUE, ORDER, PAY, Desk, line
from tests.gateway_client import Gateway

LIST = """query ($direction: InvoiceDirection, $status: InvoiceStatus, $overdue: Boolean) {
  invoices(direction: $direction, status: $status, overdue: $overdue) { totalCount nodes { number overdue
    lines { text quantity unitPrice { amount } taxBps tax { amount } } customer { id } order { number } } } }"""
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

    one, other = uuid7(company.clock()), uuid7(company.clock())
    assert (await desk.enter("R-1", line("10.00"), supplier=one))["invoice"]["number"] == "R-1"
    assert (await desk.enter(" R-1 ", line("11.00"), supplier=one))["problem"]["code"] == "ENTERPRISE_INVOICED_ALREADY"
    assert (await desk.enter("R-1", line("10.00"), supplier=other))["invoice"]["number"] == "R-1"
    assert len(await desk.events("invoice.drafted")) == await company.database.scalar(
        sa.select(sa.func.count()).select_from(INVOICES)
    )


async def test_suppliers_are_paid_by_four_eyes(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    supplier = uuid7(company.clock())
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

    # The director may approve and pay, but not what they entered, and not both where it is more than their own limit.
    own = {"supplierId": global_id("Supplier", supplier), "number": "R-3", "issuedOn": desk.day(), "dueOn": desk.day(1)}
    mine = (await company.do(ENTER, company.director, **own, lines=[line("1000000.01", 1, 0)]))["invoice"]
    assert (await desk.move(APPROVE, mine, company.director))["problem"]["code"] == "ENTERPRISE_FOUR_EYES"
    yen = (await desk.enter("R-4", line("100", 1, 0, "JPY"), supplier=supplier))["invoice"]
    assert (await desk.move(APPROVE, yen, company.manager))["problem"]["code"] == "ENTERPRISE_OVER_LIMIT"
    assert (await desk.move(APPROVE, yen, company.director))["problem"] is None
    assert (await desk.move(ISSUE, yen))["invoice"]["status"] == "ISSUED"
    assert (await desk.move(PAY, yen, company.director))["problem"]["code"] == "ENTERPRISE_NEEDS_APPROVAL"
    assert (await desk.move(PAY, yen))["invoice"]["status"] == "PAID"


async def test_lists_say_what_is_late_and_to_whom(company: Company, shop: Shop, gateway: Gateway) -> None:
    desk = Desk(company)
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    mine = (await desk.draft(ada, line("1.00", 2, 0)))["invoice"]
    theirs = (await desk.draft(bo, line("3.00", 1, 0), line("4.00", 1, 0)))["invoice"]
    unsent = (await desk.draft(ada, line("5.00")))["invoice"]
    for one in (mine, theirs):
        await desk.move(ISSUE, one)
    payable = (await desk.enter("R-1", line("1.00"), supplier=ada.signed_in))["invoice"]
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
