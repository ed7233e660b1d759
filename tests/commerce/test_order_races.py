"""Orders when many hands move at once: each piece is sold once, each wish done once, and one of two rivals wins."""

import asyncio
from collections import Counter

import pytest

from house import House
from tests.commerce.shop import Shop
from tests.commerce.till import Till
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox


async def test_fifty_buyers_of_ten_pieces(shop: Shop, till: Till) -> None:
    mug = await shop.product(stock={"BER": 6, "LYS": 4})
    buyers = [await shop.customer(f"{n}@example.com") for n in range(50)]
    for buyer in buyers:
        await till.fill(buyer, mug)
    outcomes = Counter(
        outcome if outcome == "COMMERCE_OUT_OF_STOCK" else "bought"
        for outcome in await asyncio.gather(*(till.place(buyer) for buyer in buyers))
    )
    assert outcomes == {"bought": 10, "COMMERCE_OUT_OF_STOCK": 40}
    assert await till.statuses() == {"placed": 10}
    assert await till.stock(mug) == (10, 10, 10)
    at_the_service = Counter(status for status, _, _ in await till.money())
    assert at_the_service["requires_capture"] == 10
    assert set(at_the_service) <= {"requires_capture", "canceled"}
    assert (await till.steps())["authorised"] == 10
    await till.balance()


async def test_two_workers_over_one_database(
    neighbour: House, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    mug = await shop.product(stock={"BER": 5})
    buyers = [await shop.customer(f"{n}@example.com") for n in range(10)]
    for buyer in buyers:
        await till.fill(buyer, mug)
    gateway = Gateway(neighbour.app, neighbour.tokens)
    async with gateway.http:
        workers = [till, Till(neighbour, gateway, shop, switches)]
        outcomes = await asyncio.gather(*(worker.place(buyer, "twin") for buyer in buyers for worker in workers))
        bought = [outcome for outcome in outcomes if not outcome.isupper()]
        assert len(set(bought)) == 5
        assert await till.statuses() == {"placed": 5}
        assert await till.stock(mug) == (5, 5, 5)
        await asyncio.gather(*(worker.cancel(id, f"cancel {id}") for id in set(bought) for worker in workers))
    assert await till.stock(mug) == (5, 0, 0)
    await till.balance()


@pytest.mark.parametrize("operation", ["place", "ship", "cancel", "refund"])
async def test_twins_with_one_key_do_one_thing(shop: Shop, till: Till, operation: str) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 5})
    if operation == "place":
        await till.fill(ada, mug, 2)
        outcomes = await asyncio.gather(*(till.place(ada, "twin") for _ in range(5)))
        expected = ({"placed": 1}, [("requires_capture", 0, 0)], (5, 2, 2))
    else:
        id = await till.bought(ada, mug, 2)
        if operation == "refund":
            await till.ship(id)
        outcomes = await asyncio.gather(*(till.move(operation, id, "twin") for _ in range(5)))
        expected = {
            "ship": ({"shipped": 1}, [("succeeded", 2380, 0)], (3, 0, 2)),
            "cancel": ({"cancelled": 1}, [("canceled", 0, 0)], (5, 0, 0)),
            "refund": ({"refunded": 1}, [("succeeded", 2380, 2380)], (3, 0, 2)),
        }[operation]
    assert len(set(outcomes)) == 1, outcomes
    assert (await till.statuses(), await till.money(), await till.stock(mug)) == expected
    await till.balance()


async def test_one_cart_is_bought_once_whatever_the_keys(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    await till.fill(ada, mug, 2)
    outcomes = await asyncio.gather(*(till.place(ada) for _ in range(4)))
    refused = [outcome for outcome in outcomes if outcome.startswith("COMMERCE_")]
    assert len(refused) == 3
    assert set(refused) <= {"COMMERCE_BASKET_CHANGED", "COMMERCE_EMPTY_CART"}
    assert await till.stock(mug) == (5, 2, 2)
    assert Counter(status for status, _, _ in await till.money())["requires_capture"] == 1


async def test_ship_and_cancel_race_and_one_wins(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(price=1000, stock={"BER": 20})
    for _ in range(5):
        id = await till.bought(ada, mug)
        outcomes = await asyncio.gather(till.ship(id), till.cancel(id, as_=ada))
        assert sorted(outcomes) == sorted([id, "COMMERCE_INVALID_MOVE"])
        status = (await till.told(id))["status"]
        assert status == ("SHIPPED" if outcomes[0] == id else "CANCELLED")
    await till.balance()
    done = await till.statuses()
    assert await till.stock(mug) == (20 - done["shipped"], 0, done["shipped"])
    assert Counter(await till.money()) == Counter(
        {("succeeded", 1190, 0): done["shipped"], ("canceled", 0, 0): done["cancelled"]}
    )


async def test_a_key_stands_for_one_input(shop: Shop, till: Till) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    await till.fill(ada, mug)
    id = await till.place(ada, "key")
    assert await till.place(ada, "key") == id
    assert await till.place(ada, "key", paymentMethod="pm_card_mastercard") == "IDEMPOTENCY_KEY_REUSED"
    assert await till.cancel(id, "key", as_=ada) == "IDEMPOTENCY_KEY_REUSED"
    assert await till.statuses() == {"placed": 1}
