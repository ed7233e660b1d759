"""Rotating the key: everything is sealed anew, nothing that is written meanwhile is lost."""

import asyncio
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.cipher import Cipher
from datasources.commerce import seals
from datasources.commerce.seals import PLACES
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import ADDRESSES, CUSTOMERS, ORDERS
from datasources.sql import Database
from datasources.table import Rows
from house import House
from resolvers.commerce.reencryption import Resealed, reseal
from tests.commerce.shop import Clock, Shop, Sold
from tests.gateway_client import Gateway

OLD, NEW = b"o" * 32, b"n" * 32
BOTH = Cipher({"new": NEW, "old": OLD})
ALL = "{ customers { nodes { name email phone addresses { street } } } }"


@pytest.fixture
def shop(house: House, clock: Clock) -> Shop:
    """A shop from before the rotation, when there was only the old key."""
    return Shop(replace(house.sources[Commerce], cipher=Cipher({"old": OLD})), clock)


def turn_to(cipher: Cipher, house: House) -> None:
    house.sources[Commerce] = replace(house.sources[Commerce], cipher=cipher)


async def fill(shop: Shop) -> None:
    """Three customers with two addresses each, and an order."""
    for n in range(3):
        person = await shop.customer(f"c{n}@example.com", name=f"C{n}")
        for street in ("Street", "Lane"):
            await shop.address(person, street=f"{street} {n}")
        order = await shop.order(person, Sold(await shop.product(), quantity=1, price=100))
        async with shop.database.transaction() as transaction:
            sealed = seals.seal(shop.sources.cipher, ORDERS.c.sealed_address, order, "{}")
            await transaction.write(sa.update(ORDERS).where(ORDERS.c.id == order).values(sealed_address=sealed))


async def sealed_with_old(shop: Shop) -> int:
    found = 0
    for column in PLACES:
        rows = await shop.database.rows(sa.select(column).where(column.is_not(None)))
        found += sum(BOTH.needs_resealing(row[0]) for row in rows)
    return found


def counted(done: list[Resealed]) -> dict[str, tuple[int, ...]]:
    return {of.column: (of.seen, of.resealed, of.overtaken, of.broken) for of in done}


async def test_after_a_rotation_the_old_key_can_go(
    house: House, gateway: Gateway, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resolvers.commerce.reencryption.BATCH", 2)
    await fill(shop)
    turn_to(BOTH, house)
    staff = shop.staff("customers:read")
    before = await gateway.data(ALL, as_=staff)
    assert await sealed_with_old(shop) == 15
    told: list[tuple[str, float]] = []
    done = await reseal(house.sources[Commerce], lambda what, part: told.append((what, part)))
    assert counted(done) == {
        "customers.sealed_name": (3, 3, 0, 0),
        "customers.sealed_email": (3, 3, 0, 0),
        "customers.sealed_phone": (0, 0, 0, 0),
        "addresses.sealed": (6, 6, 0, 0),
        "orders.sealed_address": (3, 3, 0, 0),
    }
    assert [one for one in told if "addresses" in one[0]] == [(f"addresses.sealed: {n}", 0.6) for n in (2, 4, 6)]
    assert await sealed_with_old(shop) == 0
    turn_to(Cipher({"new": NEW}), house)
    assert await gateway.data(ALL, as_=staff) == before
    again = await reseal(house.sources[Commerce], lambda *_: None)
    assert sum(of.resealed for of in again) == 0


async def test_a_stopped_run_goes_on_where_it_was(house: House, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("resolvers.commerce.reencryption.BATCH", 2)
    await fill(shop)
    turn_to(BOTH, house)

    class Stopped(Exception):
        pass

    def stop(*_: Any) -> None:
        raise Stopped

    with pytest.raises(Stopped):
        await reseal(house.sources[Commerce], stop)
    assert await sealed_with_old(shop) == 13
    done = await reseal(house.sources[Commerce], lambda *_: None)
    assert counted(done)["customers.sealed_name"] == (3, 1, 0, 0)
    assert await sealed_with_old(shop) == 0


async def test_a_profile_that_changes_meanwhile_is_not_lost(
    house: House, gateway: Gateway, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await shop.customer()
    turn_to(BOTH, house)
    rename = 'mutation { updateProfile(input: {name: "Countess"}) { problem { code } } }'

    async def read_and_be_overtaken(database: Database, column: sa.Column[Any], id: UUID, limit: int) -> Rows:
        rows = await seals.sealed_after(database, column, id, limit)
        if rows and column is CUSTOMERS.c.sealed_name:
            await gateway.data(rename, as_=ada)
        return rows

    monkeypatch.setattr("resolvers.commerce.reencryption.sealed_after", read_and_be_overtaken)
    done = await reseal(house.sources[Commerce], lambda *_: None)
    assert counted(done)["customers.sealed_name"] == (1, 0, 1, 0)
    assert await sealed_with_old(shop) == 0
    assert await gateway.data("{ me { name } }", as_=ada) == {"me": {"name": "Countess"}}


async def test_readers_and_writers_work_beside_it(house: House, gateway: Gateway, shop: Shop) -> None:
    people = [await shop.customer(f"c{n}@example.com", name=f"C{n}") for n in range(12)]
    turn_to(BOTH, house)
    rename = "mutation ($name: String!) { updateProfile(input: {name: $name}) { customer { name } } }"
    renaming = [gateway.data(rename, {"name": f"New {n}"}, as_=person) for n, person in enumerate(people)]
    await asyncio.gather(reseal(house.sources[Commerce], lambda *_: None), *renaming)
    assert await sealed_with_old(shop) == 0
    names = [(await gateway.data("{ me { name } }", as_=person))["me"]["name"] for person in people]
    assert names == [f"New {n}" for n in range(12)]


async def test_what_does_not_open_stays_and_is_counted(house: House, shop: Shop) -> None:
    await fill(shop)
    lost = Cipher({"lost": b"l" * 32}).seal("C0", b"customers.name:")
    async with shop.database.transaction() as transaction:
        first = (await transaction.rows(sa.select(CUSTOMERS.c.id).order_by(CUSTOMERS.c.id)))[0].id
        await transaction.write(sa.update(CUSTOMERS).where(CUSTOMERS.c.id == first).values(sealed_name=lost))
        last = (await transaction.rows(sa.select(ADDRESSES.c.id).order_by(ADDRESSES.c.id.desc())))[0].id
        await transaction.write(sa.update(ADDRESSES).where(ADDRESSES.c.id == last).values(sealed=b"nonsense"))
    done = counted(await reseal(replace(shop.sources, cipher=BOTH), lambda *_: None))
    assert (done["customers.sealed_name"], done["addresses.sealed"]) == ((3, 2, 0, 1), (6, 5, 0, 1))
    kept = await shop.database.scalar(sa.select(CUSTOMERS.c.sealed_name).where(CUSTOMERS.c.id == first))
    assert kept == lost
