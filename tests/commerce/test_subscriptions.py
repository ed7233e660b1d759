"""Who subscribes hears of every event that it may hear of, once, in order, and of no other."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from datasources import calls
from datasources.actor import ANONYMOUS, SYSTEM, Actor
from datasources.calls import Call
from datasources.commerce.events import EventType
from datasources.commerce.stores import Commerce
from datasources.events import Cursor
from gateway.limits.admission import Admission
from gateway.plan.field import Field
from gateway.request import Caller
from house import House
from schema.node import global_id
from tests.commerce.shop import Shop
from tests.gateway.serving import served
from tests.gateway_client import Gateway

PATIENCE_S = 20
ORDERS = """subscription ($id: ID, $customerId: ID, $after: Cursor) {
  orderChanged(id: $id, customerId: $customerId, after: $after) { cursor type order { number status } }
}"""
STOCK = (
    "subscription ($productIds: [ID!]) { stockChanged(productIds: $productIds) { type available product { name } } }"
)
EVERYTHING = """subscription ($types: [CommerceEventType!], $after: Cursor) {
  commerceEvents(types: $types, after: $after) {
    __typename cursor type
    ... on OrderEvent { order { number } }
    ... on ProductEvent { product { name } }
    ... on CustomerEvent { customer { name } }
  }
}"""


class Ear:
    """One subscription on a socket of its own."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket

    async def message(self) -> Any:
        async with asyncio.timeout(PATIENCE_S):
            return json.loads(await self._socket.recv())

    async def next(self) -> Any:
        """The value of the root field of the next event."""
        message = await self.message()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (value,) = message["payload"]["data"].values()
        return value

    async def refused(self) -> str:
        """The code of why there is nothing to be heard."""
        message = await self.message()
        assert message["type"] == "error", message
        code: str = message["payload"][0]["extensions"]["code"]
        return code


Listen = Callable[..., AbstractAsyncContextManager[Ear]]


@pytest.fixture
async def listen(house: House) -> AsyncIterator[Listen]:
    """`async with listen(QUERY, as_=ada, **variables) as ear`: it hears what happens from then on."""
    async with served(house.app, lifespan="off") as port:

        @asynccontextmanager
        async def listening(query: str, as_: Actor = ANONYMOUS, **variables: Any) -> AsyncIterator[Ear]:
            token = {"token": house.tokens.issue(as_.id, as_.scopes, 600)} if as_.id else None
            begun = asyncio.Event()
            tail = house.sources[Commerce].tail
            follow = tail.follow

            def following(*arguments: Any) -> Any:
                begun.set()
                return follow(*arguments)

            tail.follow = following
            url = f"ws://127.0.0.1:{port}/graphql"
            async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
                await socket.send(json.dumps({"type": "connection_init", "payload": token}))
                await socket.recv()
                payload = {"query": query, "variables": variables}
                await socket.send(json.dumps({"type": "subscribe", "id": "1", "payload": payload}))
                heard = asyncio.ensure_future(begun.wait())
                told = asyncio.ensure_future(socket.recv())
                async with asyncio.timeout(PATIENCE_S):
                    await asyncio.wait((heard, told), return_when=asyncio.FIRST_COMPLETED)
                heard.cancel()
                yield Ear(_Again(socket, told))  # type: ignore[arg-type]

        yield listening


class _Again:
    """A socket of which a message is being received already."""

    def __init__(self, socket: ClientConnection, first: "asyncio.Future[Any]") -> None:
        self._socket = socket
        self._first: asyncio.Future[Any] | None = first

    async def recv(self) -> Any:
        first, self._first = self._first, None
        return await (self._socket.recv() if first is None else first)


Happen = Callable[..., Awaitable[None]]


@pytest.fixture
def happen(shop: Shop) -> Happen:
    """Writes an event, as every use case does in its transaction."""

    async def happen(type: EventType, subject: UUID, owner: UUID | None = None) -> None:
        async with shop.database.transaction() as transaction:
            await shop.sources.events(SYSTEM).append(transaction, type, subject, owner=owner)

    return happen


@pytest.fixture
def staff(shop: Shop) -> Actor:
    return shop.staff("orders:read", "events:read")


async def test_a_customer_hears_of_its_own_orders(listen: Listen, happen: Happen, shop: Shop) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    mine, other = await shop.order(ada), await shop.order(bo)
    async with listen(ORDERS, ada) as ear:
        await happen(EventType.ORDER_PLACED, other, bo.id)
        await happen(EventType.ORDER_PLACED, mine, ada.id)
        await happen(EventType.STOCK_MOVED, mine, ada.id)
        await happen(EventType.ORDER_SHIPPED, mine, ada.id)
        placed, shipped = await ear.next(), await ear.next()
    assert placed | {"cursor": ""} == {
        "cursor": "",
        "type": "ORDER_PLACED",
        "order": {"number": "T-1", "status": "PLACED"},
    }
    assert shipped["type"] == "ORDER_SHIPPED"
    assert shipped["cursor"] != placed["cursor"]


async def test_staff_hear_of_all_orders_or_of_those_of_a_customer(
    listen: Listen, happen: Happen, shop: Shop, staff: Actor
) -> None:
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    first, second = await shop.order(ada), await shop.order(bo)
    of_bo = {"customerId": shop.id("Customer", bo.id)}
    of_second = {"id": shop.id("Order", second)}
    async with (
        listen(ORDERS, staff) as all_orders,
        listen(ORDERS, staff, **of_bo) as orders_of_bo,
        listen(ORDERS, staff, **of_second) as one_order,
    ):
        await happen(EventType.ORDER_PLACED, first, ada.id)
        await happen(EventType.ORDER_PLACED, second, bo.id)
        heard = [await ear.next() for ear in (all_orders, all_orders, orders_of_bo, one_order)]
    assert [event["order"]["number"] for event in heard] == ["T-1", "T-2", "T-2", "T-2"]


async def test_of_what_one_may_not_see_nothing_is_heard(listen: Listen, happen: Happen, shop: Shop) -> None:
    """Whoever knows an id, or has events written that name it, and says whose record it would be."""
    ada, eve = await shop.customer(), await shop.customer("eve@example.com")
    hers, own = await shop.order(ada), await shop.order(eve)
    async with (
        listen(ORDERS, eve, id=shop.id("Order", hers)) as by_id,
        listen(ORDERS, eve, customerId=shop.id("Customer", ada.id)) as by_customer,
        listen(ORDERS, eve) as all_mine,
    ):
        await happen(EventType.ORDER_PLACED, hers, eve.id)
        await happen(EventType.ORDER_PLACED, hers, ada.id)
        await happen(EventType.ORDER_SHIPPED, own, eve.id)
        assert (await all_mine.next())["type"] == "ORDER_SHIPPED"
        for deaf in (by_id, by_customer):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3):
                    await deaf.message()


@pytest.mark.parametrize(
    ("query", "variables", "code"),
    [
        (ORDERS, {}, "UNAUTHENTICATED"),
        (EVERYTHING, {}, "UNAUTHENTICATED"),
        (STOCK, {"productIds": []}, "INVALID_INPUT"),
        (STOCK, {"productIds": ["nonsense"]}, "INVALID_INPUT"),
        ('subscription { stockChanged(after: "nonsense") { type } }', {}, "INVALID_INPUT"),
        ("subscription { stockChanged { nothing } }", {}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_cannot_be_is_refused_at_once(
    listen: Listen, query: str, variables: dict[str, Any], code: str
) -> None:
    async with listen(query, **variables) as ear:
        assert await ear.refused() == code


async def test_a_whole_domain_needs_its_scope(listen: Listen, shop: Shop) -> None:
    async with listen(EVERYTHING, await shop.customer()) as ear:
        assert await ear.refused() == "FORBIDDEN"


async def test_everybody_hears_of_stock(listen: Listen, happen: Happen, shop: Shop) -> None:
    mug, pot = await shop.product("Mug", stock={"BER": 7}), await shop.product("Pot", stock={"BER": 2})
    async with listen(STOCK) as every, listen(STOCK, productIds=[shop.id("Product", pot)]) as of_pot:
        await happen(EventType.STOCK_MOVED, mug)
        await happen(EventType.STOCK_MOVED, pot)
        heard = [await every.next(), await every.next(), await of_pot.next()]
    assert heard == [
        {"type": "STOCK_MOVED", "available": 7, "product": {"name": "Mug"}},
        {"type": "STOCK_MOVED", "available": 2, "product": {"name": "Pot"}},
        {"type": "STOCK_MOVED", "available": 2, "product": {"name": "Pot"}},
    ]


async def test_services_hear_of_a_whole_domain_and_see_what_they_may(
    listen: Listen, happen: Happen, shop: Shop, staff: Actor
) -> None:
    ada = await shop.customer()
    order, mug = await shop.order(ada), await shop.product("Mug")
    async with listen(EVERYTHING, staff) as ear:
        await happen(EventType.ORDER_PLACED, order, ada.id)
        await happen(EventType.PRODUCT_CHANGED, mug)
        await happen(EventType.CUSTOMER_CHANGED, ada.signed_in)
        heard = [await ear.next() for _ in range(3)]
    cursors = [event.pop("cursor") for event in heard]
    assert heard == [
        {"__typename": "OrderEvent", "type": "ORDER_PLACED", "order": {"number": "T-1"}},
        {"__typename": "ProductEvent", "type": "PRODUCT_CHANGED", "product": {"name": "Mug"}},
        {"__typename": "CustomerEvent", "type": "CUSTOMER_CHANGED", "customer": None},
    ]
    async with listen(EVERYTHING, staff, after=cursors[0], types=["CUSTOMER_CHANGED", "ORDER_PLACED"]) as again:
        assert (await again.next())["cursor"] == cursors[2]
    async with listen(EVERYTHING, staff, after="oldest") as again:
        assert [(await again.next())["cursor"] for _ in range(3)] == cursors


async def test_who_comes_later_hears_nothing_of_who_was_erased_meanwhile(
    listen: Listen, happen: Happen, shop: Shop, gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though others were told of the same event when they were there."""
    monkeypatch.setattr("gateway.hydration.FRESH_S", 0.0)
    ada, staff = await shop.customer(), shop.staff("customers:read", "events:read")
    async with listen(EVERYTHING, staff, types=["CUSTOMER_CHANGED"]) as ear:
        await happen(EventType.CUSTOMER_CHANGED, ada.signed_in)
        assert (await ear.next())["customer"]["name"]
    id = global_id("Customer", ada.signed_in)
    erase = f'mutation {{ eraseCustomer(input: {{customerId: "{id}", idempotencyKey: "1"}}) {{ problem {{ code }} }} }}'
    assert await gateway.data(erase, as_=ada) == {"eraseCustomer": {"problem": None}}
    async with listen(EVERYTHING, staff, types=["CUSTOMER_CHANGED"], after="oldest") as ear:
        assert (await ear.next())["customer"] == {"name": None}


async def test_who_has_an_event_hydrated_pays_for_it(
    listen: Listen, happen: Happen, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time, as a subscription is asked for once and lasts; what was made for others is free."""
    ada = await shop.customer()
    order, paid = await shop.order(ada), list[tuple[UUID | None, bool]]()
    pay, settled = Admission.pay, asyncio.Event()

    async def noted(admission: Admission, caller: Caller, cost: float) -> None:
        paid.append((caller.actor.id, cost > 0))
        if len(paid) % 2 == 0:
            settled.set()
        await pay(admission, caller, cost)

    monkeypatch.setattr(Admission, "pay", noted)
    people = [ada, shop.staff("orders:read"), shop.staff("orders:read")]
    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(listen(ORDERS, person)) for person in people]
        for _ in range(2):
            await happen(EventType.ORDER_PLACED, order, ada.id)
            for ear in ears:
                await ear.next()
            await asyncio.wait_for(settled.wait(), PATIENCE_S)
            settled.clear()
    assert paid.count((ada.id, True)) == 2
    assert len(paid) == 4, "one of the two who may the same"


async def test_another_worker_goes_on_from_a_cursor(
    listen: Listen, happen: Happen, shop: Shop, staff: Actor, neighbour: House
) -> None:
    """And hears of what is written by the first one, though nothing wakes it."""
    ada = await shop.customer()
    order = await shop.order(ada)
    async with listen(ORDERS, staff) as ear:
        await happen(EventType.ORDER_PLACED, order, ada.id)
        after = Cursor((await ear.next())["cursor"])
    await happen(EventType.ORDER_SHIPPED, order, ada.id)
    tail = neighbour.sources[Commerce].tail
    with neighbour.open_context(staff):
        position = await tail.journal.position(after)
    reading = await tail.journal.after(position)
    assert [event.type for event in reading.events] == [EventType.ORDER_SHIPPED]


@pytest.mark.parametrize("shared", [True, False])
async def test_an_event_is_hydrated_once_for_all_with_the_same_rights(
    listen: Listen, happen: Happen, shop: Shop, shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements are counted: one for the record of the event, however many hear of it, unless it is not shared."""
    monkeypatch.setattr(Field, "shared", shared)
    ada = await shop.customer()
    orders = [await shop.order(ada) for _ in range(3)]
    people = [shop.staff("orders:read") for _ in range(5)]
    made: list[str] = []

    def note(call: Any) -> None:
        if isinstance(call, Call) and call.target == "orders":
            made.append(call.name)

    async with AsyncExitStack() as stack:
        ears = [await stack.enter_async_context(listen(ORDERS, person)) for person in people]
        calls.ended.append(note)
        try:
            for order in orders:
                await happen(EventType.ORDER_PLACED, order, ada.id)
            for ear in ears:
                assert [(await ear.next())["order"]["number"] for _ in orders] == ["T-1", "T-2", "T-3"]
        finally:
            calls.ended.remove(note)
    pages = len(made) if shared else len(made) / len(people)
    assert 1 <= pages <= 3
    assert set(made) == {"commerce.order_by_id"}
