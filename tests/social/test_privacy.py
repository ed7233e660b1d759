"""The rights of a person over its data reach social; what commerce does to an order, social tells of."""

import asyncio
from typing import Any

import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.commerce.events import EventType
from datasources.social.tables import MESSAGES, METADATA, NOTIFICATIONS, PROFILES
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.social.town import Town

PATIENCE_S = 60
MARK = "zqxmark"
EXPORT = "mutation ($id: ID!) { exportCustomer(input: {customerId: $id}) { document problem { code } } }"
ERASE = 'mutation ($id: ID!) { eraseCustomer(input: {customerId: $id, idempotencyKey: "e"}) { problem { code } } }'
LEFT = """
query ($id: ID!) { conversation(id: $id) { members { handle } messages { nodes { text author { handle } } } } }
"""
NEWS = "{ notifications { nodes { kind orderStatus order { id } actor { handle } } } }"


async def kept(town: Town) -> str:
    """Every value of every table, as text; of SQLite what its indexes of words are made of, too."""
    tables = [await town.database.rows(sa.select(table)) for table in METADATA.tables.values()]
    if town.database.dialect == "sqlite":
        blocks = [sa.select(sa.table(f"{name}_search_data", sa.column("block"))) for name in ("posts", "profiles")]
        tables += [await town.database.rows(asked) for asked in blocks]
    values = [value for rows in tables for row in rows for value in row]
    return "\n".join(value.decode("latin-1") if isinstance(value, bytes) else str(value) for value in values).lower()


async def until(town: Town, table: sa.Table, *conditions: sa.ColumnElement[bool], are: int) -> None:
    """Waits for what a consumer does."""
    async with asyncio.timeout(PATIENCE_S):
        while await town.count(table, *conditions) != are:  # noqa: ASYNC110
            await asyncio.sleep(0.02)


async def marked(town: Town, shop: Shop) -> tuple[Actor, Actor, str]:
    """Somebody who said something everywhere, a friend, and their conversation."""
    ada, bo = await shop.customer(), await town.person("bob")
    await town.person(MARK, actor=ada, bio=MARK)
    for one, other in ((ada, bo), (bo, ada)):
        await town.follows(one, other)
    mug = await shop.product()
    product = shop.id("Product", mug)
    post, answered = await town.post(ada, f"{MARK} @bob", productIds=[product]), await town.post(bo)
    await town.comment(ada, answered, MARK)
    await town.comment(bo, post)
    await town.reacts(ada, answered)
    await town.reports(ada, answered)
    await shop.order(ada, Sold(mug), status="shipped")
    await town.review(ada, product, text=MARK)
    conversation = await town.conversation(ada, bo)
    for author in (ada, bo):
        await town.message(author, conversation, f"{MARK}" if author is ada else "Yes?")
    return ada, bo, conversation


async def test_an_export_has_all_that_social_holds(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, _, _ = await marked(town, shop)
    answer = await gateway.data(EXPORT, {"id": shop.id("Customer", ada.id)}, as_=ada)
    told: dict[str, Any] = answer["exportCustomer"]["document"]["social"]
    assert {name: 1 if isinstance(rows, dict) else len(rows) for name, rows in told.items()} == {
        "profile": 1,
        "posts": 1,
        "post_products": 1,
        "mentions": 0,
        "comments": 1,
        "reactions": 1,
        "reviews": 1,
        "following": 1,
        "followers": 1,
        "blocked": 0,
        "conversations": 1,
        "messages": 1,
        "notifications": 2,
        "reports": 1,
    }
    assert {told[name][0]["text"] for name in ("comments", "reviews", "messages")} == {MARK}
    assert told["profile"]["handle"] == MARK


async def test_an_erasure_in_commerce_reaches_all_of_social(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, bo, conversation = await marked(town, shop)
    assert await kept(town) != (await kept(town)).replace(MARK, "")
    answer = await gateway.data(ERASE, {"id": shop.id("Customer", ada.id)}, as_=ada)
    assert answer == {"eraseCustomer": {"problem": None}}
    await until(town, PROFILES, PROFILES.c.erased_at.is_not(None), are=1)
    assert MARK not in await kept(town)
    assert (await gateway.data("query ($id: ID!) { profile(id: $id) { id } }", {"id": town.id(ada)}))["profile"] is None
    assert (await gateway.data(LEFT, {"id": conversation}, as_=bo))["conversation"] == {
        "members": [{"handle": "bob"}],
        "messages": {"nodes": [{"text": "Yes?", "author": {"handle": "bob"}}, {"text": None, "author": None}]},
    }
    mine = "{ notifications { totalCount } myProfile { followers { totalCount } } }"
    nobody = {"notifications": {"totalCount": 0}, "myProfile": {"followers": {"totalCount": 0}}}
    assert await gateway.data(mine, as_=bo) == nobody
    values = {"handle": "again", "name": "Again"}
    refused = await town.does("createProfile", "CreateProfileInput", "profile { id }", values, as_=ada)
    assert refused["problem"]["code"] == "NOT_FOUND"


async def test_somebody_without_purchases_deletes_their_profile(gateway: Gateway, town: Town) -> None:
    ada, bo = await town.person(MARK), await town.person("bob")
    await town.message(ada, await town.conversation(ada, bo), MARK)
    answer = await gateway.data("mutation { deleteProfile { deletedId problem { code } } }", as_=ada)
    assert answer == {"deleteProfile": {"deletedId": town.id(ada), "problem": None}}
    assert MARK not in await kept(town)
    assert await town.count(MESSAGES) == 1


async def test_customers_with_a_profile_are_told_of_their_orders_once(gateway: Gateway, town: Town, shop: Shop) -> None:
    ada, stranger = await town.person("ada", actor=await shop.customer()), await shop.customer("bo@example.com")
    mug = await shop.product()
    orders = [await shop.order(customer, Sold(mug), status="shipped") for customer in (ada, stranger)]
    events = shop.sources.events(SYSTEM)
    for type in (EventType.ORDER_PLACED, EventType.ORDER_SHIPPED, EventType.ORDER_REFUNDED):
        async with shop.database.transaction() as transaction:
            for order, customer in zip(orders, (ada, stranger), strict=True):
                await events.append(transaction, type, order, owner=customer.id)
    await until(town, NOTIFICATIONS, are=2)
    told = (await gateway.data(NEWS, as_=ada))["notifications"]["nodes"]
    news = {"kind": "ORDER", "order": {"id": shop.id("Order", orders[0])}, "actor": None}
    assert sorted(told, key=str) == sorted(
        [news | {"orderStatus": status} for status in ("shipped", "refunded")], key=str
    )
