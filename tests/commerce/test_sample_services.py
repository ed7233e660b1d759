"""Sample data at the outside services, by the clients that commerce has of them."""

import pytest
import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.commerce.payments.provider import PaymentProvider
from datasources.commerce.people import person_by_email
from datasources.commerce.sample.fill import fill
from datasources.commerce.shipments import Shipment, Shipments
from datasources.commerce.sources import CommerceSources
from datasources.commerce.stores import Commerce
from datasources.commerce.tables import ORDERS, PAYMENTS
from datasources.errors import SourceError
from datasources.sandbox.process import Sandbox
from house import House
from tests.gateway_client import Gateway

SCALE = 0.02
# No database takes part in what the services do, and they know one shop at a time.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)


@pytest.fixture
async def filled(house: House, sandbox: Sandbox) -> CommerceSources:
    sources: CommerceSources = house.sources[Commerce]
    await fill(sources, scale=SCALE, sandbox_url=sandbox.url)
    return sources


async def test_payments_and_shipments_live_at_the_outside_services(filled: CommerceSources) -> None:
    orders = await filled.database.rows(sa.select(ORDERS).order_by(ORDERS.c.placed_at.desc()).limit(100))
    assert len({order.status for order in orders}) == 5
    payments = {row.order_id: row for row in await filled.database.rows(sa.select(PAYMENTS))}
    at_service = await PaymentProvider(filled.payments, filled.clock).by_ids([order.payment_id for order in orders])
    for order in orders:
        known, payment = at_service[order.payment_id], payments[order.id]
        assert not isinstance(known, SourceError)
        assert (known.status, known.amount_minor, known.refunded_minor, known.currency) == (
            payment.status,
            payment.amount_minor,
            payment.refunded_minor,
            payment.currency,
        )
        assert known.captured_minor == (order.total_minor if payment.status == "captured" else 0)
    shipped = {order.shipment_id: order.number for order in orders if order.shipment_id}
    found = await Shipments(filled, SYSTEM).by_ids(list(shipped))
    assert {id: one.reference for id, one in found.items() if isinstance(one, Shipment)} == shipped


MINE = "{ orders(first: 10) { nodes { id status } } }"
MOVE = """
    mutation ($id: ID!, $key: String!) {{ moved: {}(input: {{ orderId: $id, idempotencyKey: $key }}) {{
        order {{ status payment {{ status }} shipment {{ status }} }} problem {{ message }} }} }}
"""
BUY = """
    mutation ($address: ID!) { placeOrder(
        input: { addressId: $address, paymentMethod: "pm_card_visa", idempotencyKey: "buy" }
    ) { order { status lines { quantity } } problem { message } } }
"""


async def test_the_people_of_the_readme_can_do_what_it_promises(filled: CommerceSources, gateway: Gateway) -> None:
    async def person(name: str) -> Actor:
        found = await person_by_email(filled, f"{name}@example.com")
        assert found is not None
        return found

    async def first(who: Actor, status: str) -> str:
        nodes = (await gateway.data(MINE, as_=who))["orders"]["nodes"]
        return str(next(order["id"] for order in nodes if order["status"] == status))

    async def move(mutation: str, id: str, who: Actor) -> tuple[str, str, str | None]:
        moved = (await gateway.data(MOVE.format(mutation), {"id": id, "key": mutation}, as_=who))["moved"]
        assert moved["problem"] is None
        order = moved["order"]
        return order["status"], order["payment"]["status"], order["shipment"] and order["shipment"]["status"]

    ada, bo, warehouse = await person("ada"), await person("bo"), await person("warehouse")
    address = (await gateway.data("{ me { addresses { id } } }", as_=ada))["me"]["addresses"][0]["id"]
    placed, sent = await first(ada, "PLACED"), await first(ada, "SHIPPED")

    bought = (await gateway.data(BUY, {"address": address}, as_=ada))["placeOrder"]
    assert (bought["problem"], bought["order"]["status"], len(bought["order"]["lines"])) == (None, "PLACED", 3)
    assert await move("shipOrder", placed, warehouse) == ("SHIPPED", "CAPTURED", "CREATED")
    assert (await move("refundOrder", sent, warehouse))[:2] == ("REFUNDED", "CAPTURED")
    assert await move("cancelOrder", await first(bo, "PLACED"), bo) == ("CANCELLED", "VOIDED", None)
