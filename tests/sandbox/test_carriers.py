from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tests.sandbox_process import RunningSandbox

PARCEL = {"reference": "A-7", "carrier": "dhl", "address": {"country": "NL"}, "parcels": [{"weight_g": 1200}]}


def ship(carriers: httpx.Client, key: str | None = None, **changes: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return carriers.post("/v1/shipments", json={**PARCEL, **changes}, headers=headers)


def get(carriers: httpx.Client, *ids: str) -> dict[str, dict[str, Any]]:
    answer = carriers.post("/v1/shipments:batchGet", json={"ids": ids}).raise_for_status()
    return {shipment["id"]: shipment for shipment in answer.json()["shipments"]}


def imported(age_days: int, **more: Any) -> dict[str, Any]:
    created = (datetime.now(UTC) - timedelta(days=age_days)).isoformat()
    return {"id": f"shp_{uuid4().hex}", "reference": "A-1", "carrier": "dpd", "created_at": created, **more}


def test_a_shipment_is_created_and_got_with_others(carriers: httpx.Client) -> None:
    first, second = ship(carriers), ship(carriers, carrier="ups")
    assert (first.status_code, second.status_code) == (201, 201)
    shipment = first.json()
    assert (shipment["reference"], shipment["carrier"], shipment["status"]) == ("A-7", "dhl", "created")
    created = datetime.fromisoformat(shipment["created_at"])
    assert datetime.fromisoformat(shipment["estimated_delivery"]).date() > created.date()
    assert shipment["tracking_number"] != second.json()["tracking_number"]
    got = get(carriers, second.json()["id"], "shp_unknown", shipment["id"])
    assert got == {shipment["id"]: shipment, second.json()["id"]: second.json()}


def test_a_key_ships_once(carriers: httpx.Client) -> None:
    key = uuid4().hex
    assert ship(carriers, key).json() == ship(carriers, key).json()
    refused = ship(carriers, key, reference="A-8")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "idempotency_key_reused")


def test_a_shipment_moves_on_with_its_age(sandbox: RunningSandbox, carriers: httpx.Client) -> None:
    new, old, void = imported(0), imported(7), imported(7, cancelled=True)
    sandbox.import_shipments([new, old, void])
    got = get(carriers, new["id"], old["id"], void["id"])
    assert [got[one["id"]]["status"] for one in (new, old, void)] == ["created", "delivered", "cancelled"]


def test_only_what_was_not_picked_up_is_cancelled(sandbox: RunningSandbox, carriers: httpx.Client) -> None:
    shipment = ship(carriers).json()
    for _ in range(2):
        assert carriers.post(f"/v1/shipments/{shipment['id']}:cancel").json() == {**shipment, "status": "cancelled"}
    sandbox.import_shipments([old := imported(7)])
    refused = carriers.post(f"/v1/shipments/{old['id']}:cancel")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "not_cancellable")
    assert carriers.post("/v1/shipments/shp_unknown:cancel").status_code == 404


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"reference": ""}, "reference"),
        ({"carrier": None}, "carrier"),
        ({"address": "here"}, "address"),
        ({"parcels": [{"weight_g": -1}]}, "weight_g"),
        ({"parcels": []}, "weight_g"),
    ],
)
def test_a_bad_shipment_is_refused_with_its_field(carriers: httpx.Client, change: dict[str, Any], field: str) -> None:
    refused = ship(carriers, **change)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, field)


def test_a_batch_has_its_limit(carriers: httpx.Client) -> None:
    assert get(carriers, *(str(number) for number in range(100))) == {}
    too_many = {"ids": [str(number) for number in range(101)]}
    assert carriers.post("/v1/shipments:batchGet", json=too_many).status_code == 422


def test_what_the_document_says_is_there(carriers: httpx.Client) -> None:
    document = carriers.get("/openapi.json").json()
    shipment = document["components"]["schemas"]["Shipment"]
    assert set(shipment["required"]) == set(shipment["properties"]) == ship(carriers).json().keys()
    operations = [(path, method) for path, item in document["paths"].items() for method in item]
    statuses = {
        path: carriers.request(method, path.format(id="shp_unknown"), json={}).status_code
        for path, method in operations
    }
    assert statuses == {"/v1/shipments": 422, "/v1/shipments:batchGet": 422, "/v1/shipments/{id}:cancel": 404}
