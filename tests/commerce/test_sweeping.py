"""Keys and events are forgotten when nobody repeats them any more, and not before."""

from datetime import timedelta

import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import CART_LINES, IDEMPOTENCY, WEBHOOK_EVENTS
from house import House
from resolvers.sweeping import KEPT
from schema.commerce.domain import COMMERCE
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

ADD = "mutation ($input: AddToCartInput!) { addToCart(input: $input) { problem { code } } }"


async def test_keys_and_events_are_forgotten_after_their_time(house: House, gateway: Gateway, shop: Shop) -> None:
    ada = await shop.customer()
    mug = shop.id("Product", await shop.product())

    async def add(key: str) -> None:
        wanted = {"productId": mug, "quantity": 1, "idempotencyKey": key}
        assert (await gateway.data(ADD, {"input": wanted}, as_=ada))["addToCart"]["problem"] is None

    (sweep,) = [work for work in COMMERCE.background if work.name.startswith("forgetting")]

    async def swept() -> tuple[list[str], list[str]]:
        with house.open_context(SYSTEM) as context:
            await sweep.work(context)
        keys = await shop.database.rows(sa.select(IDEMPOTENCY.c.key).order_by(IDEMPOTENCY.c.key))
        events = await shop.database.rows(sa.select(WEBHOOK_EVENTS.c.id).order_by(WEBHOOK_EVENTS.c.id))
        return [row.key for row in keys], [row.id for row in events]

    async def take(event: str) -> bool:
        records = Commerce(shop.sources, SYSTEM).payments.records
        async with shop.database.transaction() as transaction:
            return await records.take_event(transaction, event, "payment_intent.succeeded")

    await add("old")
    assert await take("evt_old")
    shop.clock.forward(seconds=1)
    await add("young")
    assert await take("evt_young")
    shop.clock.now += KEPT - timedelta(seconds=1)
    assert await swept() == (["old", "young"], ["evt_old", "evt_young"])
    await add("old")
    assert not await take("evt_old")
    assert await shop.database.scalar(sa.select(CART_LINES.c.quantity)) == 2
    shop.clock.forward(seconds=1)
    assert await swept() == (["young"], ["evt_young"])
    await add("old")
    assert await shop.database.scalar(sa.select(CART_LINES.c.quantity)) == 3
