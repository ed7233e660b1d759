"""Tickets: opened about orders, worked on, and told of to those who see them."""

from typing import Any

from datasources.enterprise.crm.tickets import TicketPriority
from resolvers.enterprise.crm.tickets import open_ticket
from tests.commerce.shop import Shop
from tests.enterprise.company import Company
from tests.enterprise.crm import TICKET, WORK, Crm
from tests.gateway_client import Gateway
from tests.listening import Listen

LIST = """query ($status: TicketStatus) { tickets(status: $status) { totalCount nodes { subject status priority
  order { number tickets { totalCount } } contact { name } assignee { name } comments { text author { name } } } } }"""
ORDERS = "{ orders { nodes { tickets { nodes { subject } } } } }"
CHANGED = 'subscription ($id: ID) { ticketChanged(id: $id, after: "oldest") { type ticket { subject status } } }'
OF_CONTACT = "query ($id: ID!) { contact(id: $id) { tickets { nodes { subject priority } } } }"


async def test_a_ticket_is_worked_on_until_it_is_solved(
    company: Company, gateway: Gateway, crm: Crm, shop: Shop, listen: Listen
) -> None:
    ada = await shop.customer()
    await crm.linked(await crm.contact("Ada Byron"), shop.id("Customer", ada.id))
    orders = [shop.id("Order", await shop.order(ada)) for _ in range(3)]
    for order in (*orders, orders[0]):
        ticket = await crm.ticket(company.agent, f"Ticket {orders.index(order)}", orderId=order)
    done = await company.do(
        WORK,
        company.agent,
        ticketId=ticket,
        status="PENDING",
        assigneeId=company.id(company.agent),
        comment="Asked the\nwarehouse.",
    )
    comment = {"text": "Asked the\nwarehouse.", "author": {"name": "Agnes Ent"}}
    assert done["record"] == {
        "id": ticket,
        "status": "PENDING",
        "assignee": {"name": "Agnes Ent"},
        "comments": [comment],
    }
    pending = (await gateway.data(LIST, {"status": "PENDING"}, as_=company.sales))["tickets"]
    assert pending == {
        "totalCount": 1,
        "nodes": [
            {
                "subject": "Ticket 0",
                "status": "PENDING",
                "priority": "NORMAL",
                "order": {"number": "T-1", "tickets": {"totalCount": 2}},
                "contact": {"name": "Ada Byron"},
                "assignee": {"name": "Agnes Ent"},
                "comments": [comment],
            }
        ],
    }
    assert (await gateway.data(LIST, as_=company.agent))["tickets"]["totalCount"] == 4
    assert max(gateway.calls.values()) == 1
    assert await gateway.data(ORDERS, as_=ada) == {"orders": {"nodes": [{"tickets": {"nodes": []}}] * 3}}
    async with listen(CHANGED, company.agent) as next:
        assert [(await next())["type"] for _ in range(5)] == ["TICKET_OPENED"] * 4 + ["TICKET_CHANGED"]


async def test_a_ticket_is_about_one_thing_that_is_there(company: Company, crm: Crm, shop: Shop) -> None:
    contact, order = await crm.contact(), shop.id("Order", await shop.order(await shop.customer()))
    what = {"subject": "x", "text": "x"}
    for about, code in (
        ({}, "INVALID_INPUT"),
        ({"contactId": contact, "orderId": order}, "INVALID_INPUT"),
        ({"orderId": shop.id("Order", company.sales.id)}, "NOT_FOUND"),
        ({"contactId": shop.id("Contact", company.sales.id)}, "NOT_FOUND"),
    ):
        assert (await company.do(TICKET, company.agent, **what, **about))["problem"]["code"] == code
    twice = [await crm.ticket(company.agent, contactId=contact, idempotencyKey="one") for _ in range(2)]
    assert twice[0] == twice[1]


async def test_what_processes_open_is_of_the_contact_that_comes_later(
    company: Company, gateway: Gateway, crm: Crm, shop: Shop
) -> None:
    ada = await shop.customer()
    about: dict[str, Any] = {"order_id": await shop.order(ada), "customer_id": ada.id, "priority": TicketPriority.HIGH}
    async with company.database.transaction() as transaction:
        await open_ticket(company.stores(), transaction, subject="Payment failed", text="Declined.", **about)
    contact = await crm.contact()
    await crm.linked(contact, shop.id("Customer", ada.id))
    found = (await gateway.data(OF_CONTACT, {"id": contact}, as_=company.agent))["contact"]["tickets"]["nodes"]
    assert found == [{"subject": "Payment failed", "priority": "HIGH"}]
