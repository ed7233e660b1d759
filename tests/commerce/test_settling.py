"""Settling after a crash: the process dies between any two durable effects, and everything comes to an end."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from datasources.actor import Actor
from datasources.commerce.seals import PostalAddress
from datasources.commerce.tables import PAYMENTS, REFUNDS
from datasources.errors import HeddleError
from datasources.rest import RestService
from datasources.settings import Settings, WrongSetting, read
from datasources.sql import Database, Transaction
from house import House
from resolvers.commerce import settling
from resolvers.commerce.orders import PlaceOrder, RefundOrder, cancel_order, place_order, refund_order, ship_order
from resolvers.context import Context
from schema.node import read_id
from tests.commerce.shop import Shop
from tests.commerce.till import Till
from tests.sandbox_process import RunningSandbox

COMMAND = PlaceOrder(method="pm_card_visa", address=PostalAddress("Ada", "Way 1", "Berlin", "10115", "DE"))


class Died(BaseException):
    """The process is gone: nothing of ours may run because of it, so it is no Exception."""


class Life:
    """Counts the moments before and after each durable effect, and ends at one of them."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._left: int | None = None
        transaction, post = Database.transaction, RestService.post

        @asynccontextmanager
        async def mortal_transaction(database: Database) -> AsyncIterator[Transaction]:
            self._moment()
            begun: AbstractAsyncContextManager[Transaction] = transaction(database)
            async with begun as opened:
                yield opened
            self._moment()

        async def mortal_post(service: RestService, *args: Any, **kwargs: Any) -> Any:
            self._moment()
            answer = await post(service, *args, **kwargs)
            self._moment()
            return answer

        monkeypatch.setattr(Database, "transaction", mortal_transaction)
        monkeypatch.setattr(RestService, "post", mortal_post)

    async def ends_before(self, work: Callable[[], Awaitable[Any]], moments: int) -> bool:
        """Does the work; whether it died after so many moments."""
        self._left = moments
        try:
            await work()
        except Died:
            return True
        finally:
            self._left = None
        return False

    def _moment(self) -> None:
        if self._left == 0:
            raise Died
        if self._left is not None:
            self._left -= 1


@pytest.fixture
def life(till: Till, monkeypatch: pytest.MonkeyPatch) -> Life:
    return Life(monkeypatch)


def work_of(operation: str, house: House, actor: Actor, order: str | None) -> Callable[[], Awaitable[Any]]:
    """The use case itself, always with the same key."""
    id = UUID(int=0) if order is None else read_id(order)[1]
    works: dict[str, Callable[[Context], Awaitable[Any]]] = {
        "place": lambda context: place_order(context, COMMAND, "once"),
        "ship": lambda context: ship_order(context, id, f"ship {id}"),
        "cancel": lambda context: cancel_order(context, id, f"cancel {id}"),
        "refund": lambda context: refund_order(context, RefundOrder(id, None, True, None), f"refund {id}"),
    }

    async def work() -> Any:
        with house.open_context(actor) as context:
            return await works[operation](context)

    return work


DONE = {"place": "placed", "ship": "shipped", "cancel": "cancelled", "refund": "refunded"}
UNDONE = {"place": None, "ship": "placed", "cancel": "placed", "refund": "shipped"}


@pytest.mark.parametrize("then", ["repeated", "settled", "both at once"])
@pytest.mark.parametrize("operation", ["place", "ship", "cancel", "refund"])
async def test_a_crash_at_any_moment(
    house: House, shop: Shop, till: Till, life: Life, operation: str, then: str
) -> None:
    mug = await shop.product(price=1000, stock={"BER": 100})
    died, moments, bought = True, 0, 0
    while died:
        buyer = await shop.customer(f"{moments}@example.com")
        await till.fill(buyer, mug, 2)
        order = None if operation == "place" else await till.place(buyer)
        if order and operation == "refund":
            await till.ship(order)
        work = work_of(operation, house, buyer if operation == "place" else till.staff, order)
        died = await life.ends_before(work, moments)
        if then == "repeated":
            await work()
        elif then == "settled":
            await till.settle()
        else:
            outcomes = await asyncio.gather(work(), *(till.settle() for _ in range(3)), return_exceptions=True)
            bugs = [one for one in outcomes if isinstance(one, BaseException) and not isinstance(one, HeddleError)]
            assert bugs == []
            await till.settle()
        await till.balance()
        status = await status_of(till, buyer)
        assert status == DONE[operation] if then == "repeated" else status in (DONE[operation], UNDONE[operation])
        bought += status not in (None, "cancelled")
        moments += 1
    assert moments > 6
    assert (await till.stock(mug))[2] == 2 * bought


async def status_of(till: Till, buyer: Actor) -> str | None:
    """The status of the buyer's one order; None where there is none."""
    found = await till.orders_of(buyer)
    assert len(found) <= 1
    return found[0] if found else None


def test_no_operation_takes_as_long_as_the_settlers_grace() -> None:
    nearly = settling.GRACE.total_seconds() - 10
    with pytest.raises(WrongSetting, match="HEDDLE_OPERATION_TIMEOUT_S"):
        read(Settings, operation_timeout_s=nearly)


async def test_what_is_young_is_left_to_its_client(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    await till.fill(ada, await shop.product(stock={"BER": 5}))
    switches.fault("payments", "lost_answer")
    await till.place(ada, "once")
    switches.heal("payments")
    settled = await till.settle(after_s=119)
    assert (settled.done, settled.left) == (0, 0)
    assert await till.steps() == {"authorising": 1}
    assert not (await till.place(ada, "once")).isupper()


async def test_while_the_service_is_away_everything_waits(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    shipped, cancelled = await till.bought(ada, mug), await till.bought(ada, mug)
    switches.fault("payments", "down")
    await till.ship(shipped)
    await till.cancel(cancelled)
    settled = await till.settle()
    assert (settled.done, settled.left) == (0, 2)
    assert await till.steps() == {"capturing": 1, "voiding": 1}
    switches.heal("payments")
    await till.breaker_closes()
    settled = await till.settle()
    assert (settled.done, settled.left) == (2, 0)
    assert await till.statuses() == {"shipped": 1, "cancelled": 1}
    await till.balance()


@pytest.mark.parametrize("operation", ["cancel", "refund"])
async def test_what_fails_each_time_keeps_nothing_else_waiting(
    shop: Shop, till: Till, switches: RunningSandbox, monkeypatch: pytest.MonkeyPatch, operation: str
) -> None:
    monkeypatch.setattr(settling, "IN_ALL", 1)
    ada = await shop.customer()
    mug = await shop.product(stock={"BER": 5})
    ids = [await till.bought(ada, mug), await till.bought(ada, mug)]
    if operation == "refund":
        for id in ids:
            await till.ship(id)
    switches.fault("payments", "down", method="POST")
    for id in ids:
        await till.move(operation, id, id)
        shop.clock.forward(seconds=1)
    switches.heal("payments")
    await till.breaker_closes()
    await make_hopeless(shop, read_id(ids[0])[1])
    for _ in range(60):
        if (await till.settle()).done:
            break
    assert (await till.told(ids[1]))["status"] == DONE[operation].upper()
    with capture_logs() as logged:
        assert (await till.settle(after_s=24 * 3600)).left == 1
    assert [(one["event"], one["log_level"]) for one in logged if "since" in one] == [("not settled yet", "error")]


async def make_hopeless(shop: Shop, order_id: UUID) -> None:
    """The service knows nothing of this order's payment any more, and its refund cannot be read."""
    async with shop.database.transaction() as transaction:
        lost = sa.update(PAYMENTS).where(PAYMENTS.c.order_id == order_id).values(provider_id="pi_lost")
        await transaction.write(lost)
        broken = sa.update(REFUNDS).where(REFUNDS.c.order_id == order_id).values(lines={"lost": 1})
        await transaction.write(broken)


async def test_a_settled_step_is_told_as_done_by_who_asked(shop: Shop, till: Till, switches: RunningSandbox) -> None:
    ada = await shop.customer()
    id = await till.bought(ada, await shop.product(stock={"BER": 5}))
    shop.clock.forward(minutes=1)
    switches.fault("payments", "lost_answer")
    await till.cancel(id, as_=ada)
    switches.heal("payments")
    await till.settle()
    assert await till.history(id) == [("PLACED", "CUSTOMER"), ("CANCELLED", "CUSTOMER")]
