"""Contacts: sealed at rest, found by their address, told to and erased for who they are."""

import asyncio
import base64
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from datasources.cipher import Cipher
from datasources.enterprise.crm.contacts import PLACES
from datasources.enterprise.tables import METADATA
from resolvers.enterprise.crm.contacts import account_owner
from resolvers.enterprise.crm.privacy import reseal
from tests.commerce.shop import Shop
from tests.enterprise.company import Company
from tests.enterprise.crm import CHANGE_CONTACT, CONTACT, LINK, TICKET, WORK, Crm
from tests.gateway_client import Gateway

PATIENCE_S = 60
BY_EMAIL = "query ($email: String) { contacts(email: $email) { totalCount nodes { name email } } }"
SEARCH = "query ($name: String) { companies(name: $name) { totalCount nodes { name } } }"
ONE = """query ($id: ID!) { contact(id: $id) { name email erasedAt opportunities { nodes { title } }
  activities { nodes { subject } } tickets { nodes { subject text comments { text } } }
  changes { nodes { field before after } } } }"""
EXPORT = "mutation ($id: ID!) { exportCustomer(input: {customerId: $id}) { document problem { code } } }"
ERASE = 'mutation ($id: ID!) { eraseCustomer(input: {customerId: $id, idempotencyKey: "e"}) { problem { code } } }'
MARK = "zqxmark"


async def kept(company: Company) -> str:
    """Every value of every table, as text."""
    tables = [await company.database.rows(sa.select(table)) for table in METADATA.tables.values()]
    values = [value for rows in tables for row in rows for value in row]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values).lower()


async def test_a_contact_is_sealed_and_found_by_its_address(company: Company, gateway: Gateway, crm: Crm) -> None:
    id = await crm.contact("Zqxmark Byron", email="zqxmark@example.com")
    assert MARK not in await kept(company)
    found = (await gateway.data(BY_EMAIL, {"email": "ZQXMARK@Example.com"}, as_=company.buyer))["contacts"]
    assert found == {"totalCount": 1, "nodes": [{"name": "Zqxmark Byron", "email": "zqxmark@example.com"}]}
    twice = await company.do(CONTACT, company.sales, name="Other", email="Zqxmark@example.com")
    assert (twice["record"], twice["problem"]["field"]) == (None, "email")
    other = await crm.contact("Other", email="other@example.com")
    taken = await company.do(CHANGE_CONTACT, company.sales, contactId=other, email="zqxmark@example.com")
    assert taken["problem"]["field"] == "email"
    done = await company.do(CHANGE_CONTACT, company.sales, contactId=id, name="Ada King")
    assert done["record"] == {"id": id, "name": "Ada King", "email": "zqxmark@example.com"}
    changed = (await gateway.data(ONE, {"id": id}, as_=company.manager))["contact"]["changes"]["nodes"]
    assert changed == [{"field": "sealed_name", "before": '"sealed"', "after": '"sealed"'}]
    for name in ("Casa_Verde", "Aldgate 100% Interiors"):
        await crm.company(name)
    for words, names in (("casa", ["Casa_Verde"]), ("0%", ["Aldgate 100% Interiors"]), ("_", ["Casa_Verde"])):
        assert (await gateway.data(SEARCH, {"name": words}, as_=company.sales))["companies"] == {
            "totalCount": 1,
            "nodes": [{"name": name} for name in names],
        }


async def test_a_contact_is_one_customer_for_good(company: Company, crm: Crm, shop: Shop) -> None:
    ada, bo = [shop.id("Customer", (await shop.customer(f"{name}@example.com")).id) for name in ("ada", "bo")]
    firm = await crm.company(ownerId=company.id(company.rep))
    one, other = await crm.contact("Ada", companyId=firm), await crm.contact("Bo")
    race = [company.do(LINK, company.sales, contactId=id, customerId=ada) for id in (one, other)]
    done = await asyncio.gather(*race)
    problems = [made["problem"]["code"] for made in done if made["problem"]]
    assert problems == ["INVALID_INPUT"]
    linked = one if done[0]["problem"] is None else other
    assert (await company.do(LINK, company.sales, contactId=linked, customerId=bo))["problem"]["field"] == "contactId"
    nobody = shop.id("Customer", company.sales.id)
    assert (await company.do(LINK, company.sales, contactId=other, customerId=nobody))["problem"]["code"] == "NOT_FOUND"


async def test_who_looks_after_a_customer(company: Company, crm: Crm, shop: Shop) -> None:
    enterprise = company.stores()
    ada, bo, eve = [(await shop.customer(f"{name}@example.com")).signed_in for name in ("ada", "bo", "eve")]
    firm = await crm.company(ownerId=company.id(company.rep))
    await crm.linked(await crm.contact(companyId=firm), shop.id("Customer", ada))
    await crm.linked(await crm.contact(companyId=firm, ownerId=company.id(company.sales)), shop.id("Customer", bo))
    async with company.database.transaction() as transaction:
        found = [await account_owner(enterprise, transaction, id) for id in (ada, bo, eve)]
    assert found == [company.rep.id, company.sales.id, None]


async def test_whom_commerce_erases_is_told_all_before_and_erased_here(
    company: Company, gateway: Gateway, crm: Crm, shop: Shop
) -> None:
    ada = await shop.customer()
    mine = {"id": shop.id("Customer", ada.id)}
    order = await shop.order(ada, status="shipped")
    ticket = await crm.ticket(company.agent, MARK, orderId=shop.id("Order", order))
    id = await crm.contact("Zqxmark", email="zqxmark@example.com")
    await crm.linked(id, mine["id"])
    await company.do(WORK, company.agent, ticketId=ticket, comment=MARK)
    await crm.activity(company.sales, MARK, contactId=id)
    await crm.opportunity(company.sales, id, title=MARK)
    told = (await gateway.data(EXPORT, mine, as_=ada))["exportCustomer"]["document"]["enterprise"]
    assert (told["contact"]["name"], told["contact"]["email"]) == ("Zqxmark", "zqxmark@example.com")
    held = {name: len(rows) for name, rows in told.items() if name != "contact"}
    of_crm = {"tickets": 1, "ticket_comments": 1, "activities": 1, "opportunities": 1}
    assert held == of_crm | {"invoices": 0, "invoice_lines": 0}
    assert str(told).count(MARK) >= 4
    assert (await gateway.data(ERASE, mine, as_=ada))["eraseCustomer"]["problem"] is None
    async with asyncio.timeout(PATIENCE_S):
        while (await gateway.data(ONE, {"id": id}, as_=company.manager))["contact"]["erasedAt"] is None:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    assert MARK not in await kept(company)
    left = (await gateway.data(ONE, {"id": id}, as_=company.director))["contact"]
    assert (left["name"], left["email"], left["opportunities"]["nodes"]) == (None, None, [{"title": None}])
    assert left["tickets"]["nodes"] == [{"subject": None, "text": None, "comments": []}]
    again = await company.do(CHANGE_CONTACT, company.sales, contactId=id, name="Back")
    assert again["problem"]["code"] == "NOT_FOUND"
    assert (await company.do(TICKET, company.agent, subject="x", text="x", contactId=id))["record"] is None


async def test_a_rotated_key_seals_anew(company: Company, crm: Crm) -> None:
    await crm.contact("Ada", email="ada@example.com")
    await crm.contact("Bo")
    old = company.house.settings.encryption_keys.get_secret_value()
    new = Cipher.from_setting(f"new:{base64.b64encode(b'n' * 32).decode()},{old}")
    sources = replace(company.sources, cipher=new)
    done = [(of.column, of.seen, of.resealed, of.broken) for of in await reseal(sources, lambda what, share: None)]
    assert done == [("contacts.sealed_name", 2, 2, 0), ("contacts.sealed_email", 1, 1, 0)]
    rows: list[Any] = [row for column in PLACES for row in await company.database.rows(sa.select(column)) if row[0]]
    assert not any(new.needs_resealing(row[0]) for row in rows)
