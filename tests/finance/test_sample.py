"""The sample data balances; customers' accounts and orders' postings are reached from commerce; rights of persons."""

from typing import Any

from datasources.actor import Actor
from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.enterprise.stores import Enterprise
from datasources.finance.people import person_by_email
from datasources.finance.sample.fill import fill_own, fill_wallets
from datasources.finance.stores import Finance
from datasources.finance.tables import ACCOUNTS, TRANSFERS
from resolvers.finance.privacy import export
from schema.links.commerce_finance import fill_accounts
from tests.commerce.shop import Shop
from tests.finance.bank import ISSUE_INVOICE, PAY_INVOICE, Bank
from tests.finance.test_postings import consume, happened

CUSTOMER = "query ($id: ID!) { customer(id: $id) { accounts { number booked { amount } } } }"
CUSTOMERS = "{ customers { nodes { accounts { number holds { id } } } } }"
ORDER = "query ($id: ID!) { order(id: $id) { number postings { kind lines { amount { amount } } } } }"
INVOICE = "query ($id: ID!) { invoice(id: $id) { postings { kind lines { amount { amount } } } } }"
EXPORT = "{ trialBalance { balance { amount } explained } }"


async def test_the_sample_balances_and_says_who_works_here(bank: Bank, shop: Shop) -> None:
    sources = bank.house.sources
    ada = await shop.customer()
    people = [ada.signed_in, *[(await shop.customer(f"{i}@example.com")).signed_in for i in range(20)]]
    assert await fill_own(bank.sources) is True
    assert await fill_own(bank.sources) is False
    assert await fill_accounts(sources) is True
    assert await fill_wallets(bank.sources, people) is False
    assert await bank.count(ACCOUNTS) == 22
    assert await bank.count(TRANSFERS) > 50
    await bank.must_balance()
    accountant = await person_by_email(bank.sources, "accountant@example.com")
    assert accountant
    rows = (await bank.gateway.data(EXPORT, as_=accountant))["trialBalance"]
    assert sum(float(row["balance"]["amount"]) for row in rows) == 0
    assert all(row["explained"] for row in rows)
    assert sources[Commerce] is shop.sources


async def test_customers_lead_to_their_accounts_by_one_statement(bank: Bank, shop: Shop) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    wallet = await bank.wallet(ada, money=5_00)
    await bank.wallet(bo, name="Bo Lindqvist")
    mine = {"id": shop.id("Customer", ada.id)}
    found = await bank.gateway.data(CUSTOMER, mine, as_=ada)
    assert found["customer"]["accounts"] == [{"number": wallet.number, "booked": {"amount": "5.00"}}]
    assert (await bank.gateway.data(CUSTOMER, mine, as_=shop.staff("customers:read")))["customer"]["accounts"] == []
    await bank.gateway.data(CUSTOMERS, as_=shop.staff("customers:read", "books:read"))
    calls = {name: n for name, n in bank.gateway.calls.items() if name.startswith("finance.")}
    assert calls.keys() == {"finance.accounts_by_owner", "finance.holds_by_account"}
    assert calls["finance.holds_by_account"] == 1


async def test_orders_lead_to_their_postings_for_those_who_keep_the_books(bank: Bank, shop: Shop) -> None:
    ada = await shop.customer()
    order = await shop.order(ada)
    told: dict[str, Any] = {"amount_minor": 12_00, "tax_minor": 2_00, "currency": "EUR"}
    await happened(shop, EventType.ORDER_SHIPPED, order, **told)
    await consume(bank, shop)
    one = {"id": shop.id("Order", order)}
    seen = (await bank.gateway.data(ORDER, one, as_=shop.staff("orders:read", "books:read")))["order"]["postings"]
    assert [posting["kind"] for posting in seen] == ["SALE"]
    assert sorted(line["amount"]["amount"] for line in seen[0]["lines"]) == ["-12.00", "10.00", "2.00"]
    assert (await bank.gateway.data(ORDER, one, as_=ada))["order"]["postings"] == []


async def test_invoices_lead_to_their_postings_and_their_payment(bank: Bank, shop: Shop) -> None:
    ada, clerk = await shop.customer(), bank.clerk
    invoice = await bank.invoice(ada)
    controller = bank.staff("invoices:read", "books:read")

    async def postings(actor: Actor) -> Any:
        await consume(bank, bank.house.sources[Enterprise])
        found = (await bank.gateway.data(INVOICE, {"id": invoice}, as_=actor))["invoice"]["postings"]
        return [(one["kind"], sorted(line["amount"]["amount"] for line in one["lines"])) for one in found]

    assert await postings(controller) == []
    assert (await bank.do(ISSUE_INVOICE, clerk, invoiceId=invoice))["problem"] is None
    issued = ("INVOICE", ["-23.80", "20.00", "3.80"])
    assert await postings(controller) == [issued]
    bank.clock.forward(seconds=1)
    assert (await bank.do(PAY_INVOICE, clerk, invoiceId=invoice))["problem"] is None
    bank.gateway.calls.clear()
    assert await postings(controller) == [issued, ("PAYMENT", ["-23.80", "23.80"])]
    calls = {name: n for name, n in bank.gateway.calls.items() if name.startswith("finance.")}
    assert calls == {"finance.entries_by_invoice": 1, "finance.lines_by_entry": 1}
    assert await postings(ada) == await postings(clerk) == []
    await bank.must_balance()


async def test_persons_are_told_what_is_held_of_them(bank: Bank) -> None:
    ada, bo = await bank.wallet(money=5_00), await bank.wallet(name="Bo Lindqvist")
    await bank.send(ada, bo, 1_00)
    with bank.house.open_context(bo.owner) as context:
        told = await export(context, bo.owner.signed_in)
        assert await export(context, bank.person().signed_in) is None
    assert told
    assert (told["name"], told["accounts"]) == (
        "Bo Lindqvist",
        [{"number": bo.number, "currency": "EUR", "booked": "1.00"}],
    )
    assert [(one["amount"], one["sent"], one["text"]) for one in told["transfers"]] == [("1.00", False, "Rent")]
    assert bank.house.sources[Finance] is bank.sources
