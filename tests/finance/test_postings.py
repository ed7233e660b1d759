"""Orders of the shop, and invoices, become postings, once, whatever happens meanwhile."""

import asyncio
from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from datasources.actor import SYSTEM
from datasources.commerce.events import EventType
from datasources.enterprise.events import EventType as Enterprises
from datasources.enterprise.sources import EnterpriseSources
from datasources.enterprise.stores import Enterprise
from datasources.events import Cursor, Event, Overtaken, Position
from datasources.events.journal import START
from datasources.finance.ledger import AccountKind
from datasources.finance.tables import AUDIT, ENTRIES
from resolvers.consumers import _Consuming
from resolvers.finance.postings import post_invoice, refunded, sale
from schema.finance.domain import FINANCE
from tests.commerce.shop import Shop
from tests.finance.bank import Bank

TRIAL = "{ trialBalance { kind currency debit { amount } credit { amount } explained } }"


async def happened(shop: Shop, type: EventType, order: UUID, **data: Any) -> None:
    async with shop.database.transaction() as transaction:
        await shop.sources.events(SYSTEM).append(transaction, type, order, **data)


async def consume(bank: Bank, of: Shop | EnterpriseSources) -> None:
    """All that is there by now, as the house does it in the background, and maybe together with it."""
    name, sources = ("commerce", of.sources) if isinstance(of, Shop) else ("enterprise", of)
    (consumer,) = (one for one in FINANCE.consumers if one.of == name)
    consuming = _Consuming(consumer, sources.tail, bank.sources.offsets, bank.house.open_context)
    while True:
        with suppress(Overtaken):
            await consuming._begin()
            while await consuming._page():
                pass
            return


async def books(bank: Bank) -> list[tuple[str, str, str]]:
    rows = (await bank.gateway.data(TRIAL, as_=bank.accountant))["trialBalance"]
    assert all(row["explained"] for row in rows)
    return [(row["kind"], row["debit"]["amount"], row["credit"]["amount"]) for row in rows]


@pytest.mark.parametrize("again", [False, True])
async def test_orders_are_posted_once(bank: Bank, shop: Shop, again: bool) -> None:
    order, taken_back = uuid4(), uuid4()
    euros = {"currency": "EUR"}
    await happened(shop, EventType.ORDER_SHIPPED, order, amount_minor=119_00, tax_minor=19_00, **euros)
    await happened(shop, EventType.ORDER_REFUNDED, order, amount_minor=11_90, refund=str(uuid4()), **euros)
    await happened(shop, EventType.ORDER_REFUNDED, order, amount_minor=1_00, refund=str(taken_back), **euros)
    await happened(shop, EventType.ORDER_REFUND_FAILED, order, amount_minor=1_00, refund=str(taken_back), **euros)
    await happened(shop, EventType.ORDER_SHIPPED, uuid4(), shipment="of a time before there were amounts")
    await happened(shop, EventType.ORDER_PLACED, uuid4())
    for _ in range(1 + again):
        await consume(bank, shop)
    assert await bank.count(ENTRIES) == 4
    assert await books(bank) == [
        ("CLEARING", "120.00", "12.90"),
        ("REVENUE", "10.85", "100.85"),
        ("TAX", "2.05", "19.15"),
    ]
    await bank.must_balance()


class Invoices:
    """Of the enterprise: what happened to them is told in its log."""

    def __init__(self, sources: EnterpriseSources) -> None:
        self.sources = sources

    async def tell(self, type: Enterprises, id: UUID, direction: str, minor: int, tax: int, **more: Any) -> None:
        data: dict[str, Any] = {
            "direction": direction,
            "number": f"R-{id.hex[:4]}",
            "currency": "EUR",
            "amount_minor": minor,
        }
        async with self.sources.database.transaction() as transaction:
            told = data | {"tax_minor": tax, "order": None} | more
            await self.sources.events(SYSTEM).append(transaction, type, id, **told)


@pytest.fixture
def invoices(bank: Bank) -> Invoices:
    return Invoices(bank.house.sources[Enterprise])


@pytest.mark.parametrize("again", [False, True])
async def test_invoices_are_posted_once_and_so_are_their_payments(
    bank: Bank, shop: Shop, invoices: Invoices, again: bool
) -> None:
    ours, theirs, void, of_order, order = [uuid4() for _ in range(5)]
    told: dict[str, Any] = {"amount_minor": 11_90, "tax_minor": 1_90, "currency": "EUR"}
    await happened(shop, EventType.ORDER_SHIPPED, order, **told)
    await invoices.tell(Enterprises.INVOICE_DRAFTED, ours, "receivable", 119_00, 19_00)
    await invoices.tell(Enterprises.INVOICE_ISSUED, ours, "receivable", 119_00, 19_00)
    await invoices.tell(Enterprises.INVOICE_ISSUED, theirs, "payable", 60_00, 10_00)
    await invoices.tell(Enterprises.INVOICE_ISSUED, void, "receivable", 5_00, 0)
    for type in (Enterprises.INVOICE_ISSUED, Enterprises.INVOICE_PAID):
        await invoices.tell(type, of_order, "receivable", 11_90, 1_90, order=str(order))
    await invoices.tell(Enterprises.INVOICE_CANCELLED, void, "receivable", 5_00, 0)
    for _ in range(1 + again):
        await asyncio.gather(consume(bank, shop), consume(bank, invoices.sources))
    assert await bank.count(ENTRIES) == 5
    assert await books(bank) == [
        ("CLEARING", "11.90", "0.00"),
        ("EXPENSE", "50.00", "0.00"),
        ("INPUT_TAX", "10.00", "0.00"),
        ("PAYABLE", "0.00", "60.00"),
        ("RECEIVABLE", "124.00", "5.00"),
        ("REVENUE", "5.00", "115.00"),
        ("TAX", "0.00", "20.90"),
    ]
    await invoices.tell(Enterprises.INVOICE_PAID, theirs, "payable", 60_00, 10_00)
    await invoices.tell(Enterprises.INVOICE_PAID, ours, "receivable", 119_00, 19_00)
    await consume(bank, invoices.sources)
    rows = {kind: (debit, credit) for kind, debit, credit in await books(bank)}
    assert rows["CASH"] == ("119.00", "60.00")
    assert (rows["RECEIVABLE"], rows["PAYABLE"]) == (("124.00", "124.00"), ("60.00", "60.00"))
    await bank.must_balance()


async def test_a_consumer_that_dies_has_posted_all_of_an_invoice_or_nothing(bank: Bank) -> None:
    """It dies after it wrote and before it committed; then two go on at once, and another begins anew."""
    data = {"direction": "receivable", "number": "R-1", "currency": "EUR", "amount_minor": 1_19, "tax_minor": 19}
    at, after = bank.clock(), Position(1, 1)
    event = Event(after, Cursor(""), Enterprises.INVOICE_ISSUED, uuid4(), None, data | {"order": None}, None, at)

    async def handle(name: str, *, dies: bool = False) -> None:
        with bank.house.open_context(SYSTEM) as context, suppress(Overtaken, asyncio.CancelledError):
            async with bank.sources.offsets.moving(name, START, after) as transaction:
                await post_invoice(context, transaction, event)
                if dies:
                    raise asyncio.CancelledError

    await handle("one", dies=True)
    assert (await bank.count(ENTRIES), await bank.count(AUDIT)) == (0, 0)
    await asyncio.gather(handle("one"), handle("one"))
    await handle("one")
    await handle("another")
    assert (await bank.count(ENTRIES), await bank.count(AUDIT)) == (1, 1)
    assert await books(bank) == [("RECEIVABLE", "1.19", "0.00"), ("REVENUE", "0.00", "1.00"), ("TAX", "0.00", "0.19")]
    await bank.must_balance()


def test_what_goes_back_leaves_nothing_behind() -> None:
    """Whatever the parts, tax and revenue of an order that is refunded as a whole end at zero."""
    booked = dict(sale(100_01, 15_97))
    for part in (1, 33_33, 50_00, 16_67):
        for kind, minor in refunded(part, booked).items():
            booked[kind] += minor
        assert sum(booked.values()) == 0
        assert booked[AccountKind.TAX] >= 0
    assert set(booked.values()) == {0}
