"""Orders of the shop become postings, once, whatever happens meanwhile."""

from contextlib import suppress
from typing import Any
from uuid import UUID, uuid4

import pytest

from datasources.actor import SYSTEM
from datasources.commerce.events import EventType
from datasources.events import Overtaken
from datasources.finance.ledger import AccountKind
from datasources.finance.stores import Finance
from datasources.finance.tables import ENTRIES
from resolvers.consumers import _Consuming
from resolvers.finance.postings import refund, sale
from schema.finance.domain import FINANCE
from tests.commerce.shop import Shop
from tests.finance.bank import Bank

TRIAL = "{ trialBalance { kind currency debit { amount } credit { amount } explained } }"


async def happened(shop: Shop, type: EventType, order: UUID, **data: Any) -> None:
    async with shop.database.transaction() as transaction:
        await shop.sources.events(SYSTEM).append(transaction, type, order, **data)


async def consume(bank: Bank, shop: Shop) -> None:
    """All that is there by now, as the house does it in the background, and maybe together with it."""
    (consumer,) = FINANCE.consumers
    finance = bank.house.sources[Finance]
    consuming = _Consuming(consumer, shop.sources.tail, finance.offsets, bank.house.open_context)
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


def test_what_goes_back_leaves_nothing_behind() -> None:
    """Whatever the parts, tax and revenue of an order that is refunded as a whole end at zero."""
    booked = dict(sale(100_01, 15_97))
    for part in (1, 33_33, 50_00, 16_67):
        for kind, minor in refund(part, booked).items():
            booked[kind] += minor
        assert sum(booked.values()) == 0
        assert booked[AccountKind.TAX] >= 0
    assert set(booked.values()) == {0}
