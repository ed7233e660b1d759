"""Shipments at the carriers' service, over real HTTP."""

from datetime import timedelta
from uuid import uuid4

import pytest

from datasources.actor import SYSTEM
from datasources.calls import collected
from datasources.commerce.shipments import MAX_IDS, Shipment, Shipments, ShipmentStatus
from datasources.errors import SourceRefused, SourceUnavailable
from datasources.ids import utc_now
from tests.commerce.shop import Shop, Sold
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

# The database has no part in it but to say whose the order is.
pytestmark = pytest.mark.parametrize("databases", ["sqlite"], indirect=True)

ADDRESS = {"recipient": "Ada", "street": "Kade 1", "city": "Delft", "postal_code": "2611", "country": "NL"}


@pytest.fixture
def shipments(shop: Shop) -> Shipments:
    return Shipments(shop.sources, SYSTEM)


async def ship(shipments: Shipments, key: str, reference: str = "A-7") -> Shipment:
    return await shipments.create(reference=reference, address=ADDRESS, weight_g=1200, idempotency_key=key)


async def test_a_shipment_is_created_found_and_called_off(shipments: Shipments) -> None:
    shipment = await ship(shipments, uuid4().hex)
    assert (shipment.reference, shipment.carrier, shipment.status) == ("A-7", "dhl", ShipmentStatus.CREATED)
    assert shipment.estimated_delivery > shipment.created_at.date()
    assert await shipments.by_ids([shipment.id, "shp_unknown"]) == {shipment.id: shipment}
    for _ in range(2):
        cancelled = await shipments.cancel(shipment.id, uuid4().hex)
        assert cancelled.status is ShipmentStatus.CANCELLED
    assert await shipments.by_ids([shipment.id]) == {shipment.id: cancelled}


async def test_a_key_ships_once(shipments: Shipments) -> None:
    key = uuid4().hex
    assert await ship(shipments, key) == await ship(shipments, key)
    with pytest.raises(SourceRefused) as refused:
        await ship(shipments, key, reference="A-8")
    assert refused.value.status == 409


async def test_a_lost_answer_is_asked_for_again(shipments: Shipments, switches: RunningSandbox) -> None:
    switches.fault("carriers", "lost_answer", times=1)
    shipment = await ship(shipments, key := uuid4().hex)
    assert [request["idempotency_key"] for request in switches.requests("carriers")] == [key, key]
    assert await ship(shipments, key) == shipment


async def test_what_was_picked_up_cannot_be_called_off(shipments: Shipments, switches: RunningSandbox) -> None:
    old = {"id": f"shp_{uuid4().hex}", "reference": "A-1", "carrier": "dpd"}
    switches.import_shipments([{**old, "created_at": (utc_now() - timedelta(days=7)).isoformat()}])
    with pytest.raises(SourceRefused) as refused:
        await shipments.cancel(old["id"], uuid4().hex)
    assert refused.value.status == 409
    found = (await shipments.by_ids([old["id"]]))[old["id"]]
    assert isinstance(found, Shipment)
    assert (found.carrier, found.status) == ("dpd", ShipmentStatus.DELIVERED)


@pytest.mark.parametrize("mode", ["down", "error", "wrong_json", "wrong_types"])
async def test_a_service_in_trouble_is_told_as_such(shipments: Shipments, switches: RunningSandbox, mode: str) -> None:
    shipment = await ship(shipments, uuid4().hex)
    switches.fault("carriers", mode)
    failed = (await shipments.by_ids([shipment.id]))[shipment.id]
    assert isinstance(failed, SourceUnavailable)
    assert failed.source == "carriers"
    switches.heal("carriers")
    assert await shipments.by_ids([shipment.id]) == {shipment.id: shipment}


async def test_more_than_the_service_takes_at_once_are_still_one_batch(
    shipments: Shipments, switches: RunningSandbox
) -> None:
    one = {"reference": "A-1", "carrier": "dpd", "created_at": utc_now().isoformat()}
    ids = [f"shp_{uuid4().hex}" for _ in range(MAX_IDS + 1)]
    switches.import_shipments([{**one, "id": id} for id in ids])
    with collected() as calls:
        assert (await shipments.by_ids(ids)).keys() == set(ids)
    assert [(call.source, call.size) for call in calls] == [("carriers", 2)]
    switches.fault("carriers", "wrong_json", times=1)
    found = await shipments.by_ids(ids)
    assert sum(isinstance(one, Shipment) for one in found.values()) in (1, MAX_IDS)
    assert found.keys() == set(ids)


async def test_a_shipment_is_seen_by_whoever_sees_its_order(
    gateway: Gateway, shop: Shop, shipments: Shipments, switches: RunningSandbox
) -> None:
    shipment = await ship(shipments, uuid4().hex)
    ada, bo = await shop.customer(), await shop.customer("bo@example.com")
    sold = Sold(await shop.product())
    order = {"id": shop.id("Order", await shop.order(ada, sold, status="shipped", shipment_id=shipment.id))}
    shown = "shipment { providerId carrier trackingNumber status estimatedDelivery }"
    query = f"query ($id: ID!) {{ order(id: $id) {{ {shown} }} }}"
    told = {
        "providerId": shipment.id,
        "carrier": "dhl",
        "trackingNumber": shipment.tracking_number,
        "status": "CREATED",
        "estimatedDelivery": shipment.estimated_delivery.isoformat(),
    }
    switches.forget_requests()
    assert await gateway.data(query, order, as_=bo) == {"order": None}
    assert switches.requests("carriers") == []
    assert await gateway.data(query, order, as_=ada) == {"order": {"shipment": told}}
    assert await gateway.data(query, order, as_=shop.staff("orders:read")) == {"order": {"shipment": told}}
    assert await gateway.data("query ($id: ID!) { node(id: $id) { id } }", order, as_=bo) == {"node": None}
