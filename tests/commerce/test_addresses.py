"""Addresses: a customer keeps its own, and only some."""

import asyncio

import sqlalchemy as sa

from datasources.commerce.tables import ADDRESSES, EVENTS
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

ADD = """
mutation ($input: AddAddressInput!) {
  addAddress(input: $input) {
    address { id recipient street city postalCode country } problem { code ... on InputProblem { field } }
  }
}
"""
REMOVE = """
mutation ($id: ID!) {
  removeAddress(input: {addressId: $id}) { customer { addresses { street } } problem { code message } }
}
"""


def new_address(**changes: object) -> dict[str, object]:
    parts = {"recipient": "Ada", "street": "Dorset St 1", "city": "London", "postalCode": "W1U 4EE", "country": "GB"}
    return {**parts, **changes}


def adding(key: str = "k1", **changes: object) -> dict[str, object]:
    return {"input": {"address": new_address(**changes), "idempotencyKey": key}}


async def test_addresses_come_and_go(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    await shop.address(ada, street="Old Street")
    added = (await gateway.data(ADD, adding(city=" London "), as_=ada))["addAddress"]
    id = added["address"].pop("id")
    assert added == {"address": new_address(), "problem": None}
    removed = (await gateway.data(REMOVE, {"id": id}, as_=ada))["removeAddress"]
    assert removed == {"customer": {"addresses": [{"street": "Old Street"}]}, "problem": None}
    again = (await gateway.data(REMOVE, {"id": id}, as_=ada))["removeAddress"]
    assert again == {
        "customer": None,
        "problem": {"code": "NOT_FOUND", "message": "There is no such address, or you may not see it."},
    }
    types = await shop.database.rows(sa.select(EVENTS.c.type).order_by(EVENTS.c.sequence))
    assert [row.type for row in types] == ["customer.address_added", "customer.address_removed"]


BAD_ADDRESSES = [
    ({"recipient": ""}, "recipient"),
    ({"street": "x" * 201}, "street"),
    ({"street": "A\tB"}, "street"),
    ({"city": "Lon\0don"}, "city"),
    ({"postalCode": "1"}, "postalCode"),
    ({"postalCode": "W1U; 4EE"}, "postalCode"),
    ({"postalCode": "1" * 13}, "postalCode"),
    ({"country": "gb"}, "country"),
    ({"country": "GBR"}, "country"),
    ({"country": "ÅÄ"}, "country"),
]


async def test_bad_addresses_are_told_and_change_nothing(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    for change, field in BAD_ADDRESSES:
        answer = await gateway.data(ADD, adding(**change), as_=ada)
        problem = {"code": "INVALID_INPUT", "field": field}
        assert answer["addAddress"] == {"address": None, "problem": problem}, change
    assert (await shop.count(ADDRESSES), await shop.count(EVENTS)) == (0, 0)


async def test_addresses_are_their_customers_own_and_bounded(gateway: Gateway, shop: Shop) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    theirs = {"id": shop.id("Address", await shop.address(bo))}
    assert await gateway.refused(ADD, adding()) == ["UNAUTHENTICATED"]
    assert await gateway.refused(REMOVE, theirs) == ["UNAUTHENTICATED"]
    for actor in (ada, shop.staff("*")):
        refused = (await gateway.data(REMOVE, theirs, as_=actor))["removeAddress"]["problem"]
        assert refused["code"] == "NOT_FOUND"
    no_customer = (await gateway.data(ADD, adding(), as_=shop.staff("*")))["addAddress"]
    assert no_customer == {"address": None, "problem": {"code": "NOT_FOUND"}}
    answer = await gateway.data(REMOVE, {"id": shop.id("Customer", bo.id)}, as_=bo)
    assert answer["removeAddress"]["problem"]["code"] == "INVALID_INPUT"
    assert (await shop.count(ADDRESSES), await shop.count(EVENTS)) == (1, 0)
    asks = [gateway.data(ADD, adding(f"k{n}"), as_=bo) for n in range(22)]
    problems = [answer["addAddress"]["problem"] for answer in await asyncio.gather(*asks)]
    assert problems.count(None) == 19
    assert problems.count({"code": "INVALID_INPUT", "field": "input"}) == 3
    assert await shop.count(ADDRESSES) == 20


async def test_an_address_is_added_once_for_its_key(gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    first, *repeats = await asyncio.gather(*(gateway.data(ADD, adding(), as_=ada) for _ in range(5)))
    assert first["addAddress"]["problem"] is None
    assert repeats == [first] * 4
    other = (await gateway.data(ADD, adding(city="York"), as_=ada))["addAddress"]
    assert other == {"address": None, "problem": {"code": "IDEMPOTENCY_KEY_REUSED"}}
    assert (await shop.count(ADDRESSES), await shop.count(EVENTS)) == (1, 1)
    await gateway.data(REMOVE, {"id": first["addAddress"]["address"]["id"]}, as_=ada)
    gone = (await gateway.data(ADD, adding(), as_=ada))["addAddress"]
    assert gone == {"address": None, "problem": {"code": "NOT_FOUND"}}
    assert await shop.count(ADDRESSES) == 0
