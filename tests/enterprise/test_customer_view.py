"""All of one customer over all domains, in one query, for those who may see each part."""

from typing import Any

from datasources.actor import Actor
from schema.links.commerce_enterprise import fill_enterprise
from tests.commerce.shop import Shop, Sold
from tests.enterprise.company import Company
from tests.enterprise.crm import Crm
from tests.gateway_client import Gateway

VIEW = """query ($id: ID!) { contact(id: $id) { name company { name owner { name } }
  opportunities { nodes { title amount { amount } owner { name } } }
  tickets { nodes { subject order { number } } }
  activities { nodes { subject owner { name } } }
  customer { name
    orders { nodes { number total { amount } tickets { nodes { subject } } } }
    profile { handle posts { nodes { text } } }
    accounts { currency booked { amount } }
    contact { id } } } }"""
PROFILE = 'mutation { createProfile(input: {handle: "ada", name: "Ada"}) { problem { code } } }'
POST = 'mutation { createPost(input: {text: "Good morning", idempotencyKey: "p"}) { problem { code } } }'
OPEN = 'mutation { openAccount(input: {currency: EUR, name: "Ada", idempotencyKey: "a"}) { problem { code } } }'
LISTS = """{ contacts(first: 100) { nodes { name customer { orders { nodes { id } } }
    tickets { nodes { order { id } } } } }
  forecast(months: 5) { month } opportunities { totalCount } companies { totalCount } tickets { totalCount } }"""


async def test_one_query_shows_all_of_a_customer(company: Company, gateway: Gateway, crm: Crm, shop: Shop) -> None:
    ada = await shop.customer()
    for mutation in (PROFILE, POST, OPEN):
        (done,) = (await gateway.data(mutation, as_=ada)).values()
        assert done == {"problem": None}
    mug = await shop.product()
    orders = [await shop.order(ada, Sold(mug, price=price), number=f"A-{price}") for price in (5_00, 7_00)]
    contact = await crm.contact(companyId=await crm.company(ownerId=company.id(company.rep)))
    await crm.linked(contact, shop.id("Customer", ada.id))
    await crm.opportunity(company.sales, contact)
    await crm.opportunity(company.rep, contact, closes_on="2026-03-21", title="Of rep")
    await crm.ticket(company.agent, orderId=shop.id("Order", orders[0]))
    await crm.activity(company.manager, contactId=contact, ownerId=company.id(company.agent))
    opportunity = {"title": "A new reception", "amount": {"amount": "1000.00"}, "owner": {"name": "Sally Salieri"}}
    whole: dict[str, Any] = {
        "name": "Ada Byron",
        "company": {"name": "Aldgate Interiors", "owner": {"name": "Rene Porter"}},
        "opportunities": {"nodes": [opportunity, opportunity | {"title": "Of rep", "owner": {"name": "Rene Porter"}}]},
        "tickets": {"nodes": [{"subject": "Where is my parcel?", "order": {"number": "A-500"}}]},
        "activities": {"nodes": [{"subject": "Ask how it went", "owner": {"name": "Agnes Ent"}}]},
        "customer": {
            "name": "Ada",
            "orders": {
                "nodes": [
                    {"number": "A-700", "total": {"amount": "7.00"}, "tickets": {"nodes": []}},
                    {
                        "number": "A-500",
                        "total": {"amount": "5.00"},
                        "tickets": {"nodes": [{"subject": "Where is my parcel?"}]},
                    },
                ]
            },
            "profile": {"handle": "ada", "posts": {"nodes": [{"text": "Good morning"}]}},
            "accounts": [{"currency": "EUR", "booked": {"amount": "0.00"}}],
            "contact": {"id": contact},
        },
    }
    found = await gateway.data(VIEW, {"id": contact}, as_=company.director)
    # Owners of the company, of opportunities and of activities share a call where these come at once.
    assert gateway.calls.pop("enterprise.employee_by_id") <= 3
    assert gateway.calls == {
        "enterprise.contact_by_id": 1,
        "enterprise.company_by_id": 1,
        "enterprise.opportunities_by_contact": 1,
        "enterprise.tickets_by_contact": 1,
        "commerce.order_by_id": 1,
        "enterprise.activities_by_contact": 1,
        "commerce.customer_by_id": 1,
        "commerce.orders_by_customer": 1,
        "enterprise.tickets_by_order": 1,
        "social.profile_by_id": 1,
        "social.posts_by_author": 1,
        "finance.accounts_by_owner": 4,  # three of them note in the audit log that staff saw them
        "enterprise.contact_by_customer": 1,
    }
    assert found["contact"] == whole
    whole["opportunities"]["nodes"].pop()
    whole["activities"]["nodes"].clear()
    whole["customer"]["accounts"].clear()
    assert (await gateway.data(VIEW, {"id": contact}, as_=company.sales))["contact"] == whole
    whole["opportunities"]["nodes"].clear()
    whole |= {"tickets": {"nodes": []}, "customer": None}
    assert (await gateway.data(VIEW, {"id": contact}, as_=company.buyer))["contact"] == whole


async def test_the_sample_fits_the_shop(company: Company, gateway: Gateway, shop: Shop) -> None:
    names = ["late", "ada", "bo", *(f"c{number}" for number in range(9))]
    people: list[Actor] = [await shop.customer(f"{name}@example.com", name=name) for name in names]
    for person in people:
        await shop.order(person)
    assert await fill_enterprise(company.house.sources) is True
    assert await fill_enterprise(company.house.sources) is False
    found = await gateway.data(LISTS, as_=company.director)
    contacts = found["contacts"]["nodes"]
    assert sorted(one["name"] for one in contacts) == sorted(names)
    tickets = [(one["customer"]["orders"]["nodes"], ticket) for one in contacts for ticket in one["tickets"]["nodes"]]
    assert len(tickets) == found["tickets"]["totalCount"] == 6
    assert all(ticket["order"] in orders for orders, ticket in tickets)
    assert (found["opportunities"]["totalCount"], found["companies"]["totalCount"]) == (9, 6)
    assert found["forecast"] != []
