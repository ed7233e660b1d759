"""The carriers' API: our own small one, described by its OpenAPI document."""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.sandbox.carriers_openapi import DOCUMENT
from datasources.sandbox.idempotency import KeyInFlight, KeyReused, Once, Refused
from datasources.sandbox.state import Answer, Document, Json, State
from datasources.sandbox.web import json_response, refused

_BATCH = 100


class CarrierError(Refused):
    def __init__(self, status: int, code: str, message: str, field: str | None = None) -> None:
        super().__init__(Answer(status, {"error": {"code": code, "message": message, "field": field}}))


def carriers_app(state: State) -> Starlette:
    once = Once(state, "carriers")

    async def create(request: Request) -> Response:
        body = await _object(request)
        described = orjson.dumps(body, option=orjson.OPT_SORT_KEYS).decode()

        async def work() -> Answer:
            shipment = _new_shipment(body)
            return Answer(201, shown(shipment), [Document("shipment", shipment)])

        with _keys_explained():
            answer, _ = await once.run(request.headers.get("idempotency-key"), described, work)
        return json_response(answer.status, answer.body)

    async def batch_get(request: Request) -> Response:
        ids = (await _object(request)).get("ids")
        if not isinstance(ids, list) or len(ids) > _BATCH or not all(isinstance(item, str) for item in ids):
            raise CarrierError(422, "invalid_request", f"Send a list of at most {_BATCH} ids.", "ids")
        found = (state.find("shipment", shipment_id) for shipment_id in sorted(set(ids)))
        return json_response(200, {"shipments": [shown(shipment) for shipment in found if shipment]})

    async def cancel(request: Request) -> Response:
        shipment = state.find("shipment", request.path_params["id"])
        if shipment is None:
            raise CarrierError(404, "not_found", "There is no such shipment.")
        status = shown(shipment)["status"]
        if status not in ("created", "cancelled"):
            raise CarrierError(409, "not_cancellable", f"A shipment that is {status} cannot be cancelled.")
        shipment["cancelled"] = True
        state.keep([Document("shipment", shipment)])
        return json_response(200, shown(shipment))

    async def document(_: Request) -> Response:
        return json_response(200, DOCUMENT)

    return Starlette(
        routes=[
            Route("/openapi.json", document),
            Route("/v1/shipments", create, methods=["POST"]),
            Route("/v1/shipments:batchGet", batch_get, methods=["POST"]),
            Route("/v1/shipments/{id}:cancel", cancel, methods=["POST"]),
        ],
        exception_handlers={CarrierError: refused},
    )


@contextmanager
def _keys_explained() -> Iterator[None]:
    try:
        yield
    except KeyReused:
        message = "This Idempotency-Key was used with another body."
        raise CarrierError(409, "idempotency_key_reused", message) from None
    except KeyInFlight:
        message = "The first request with this Idempotency-Key is not done yet."
        raise CarrierError(409, "idempotency_key_in_use", message) from None


def imported(minimal: Json) -> Document:
    """A shipment of the past; `created_at` is an ISO time with its zone."""
    defaults = {"weight_g": 1000, "cancelled": False, "tracking_number": _tracking_number(minimal["id"])}
    return Document("shipment", {**defaults, **minimal})


def shown(shipment: Json, now: datetime | None = None) -> Json:
    """The shipment as clients see it, with the status that its age gives it."""
    picked_up, delivered = _journey(shipment["id"], datetime.fromisoformat(shipment["created_at"]))
    now = now or datetime.now(UTC)
    if shipment["cancelled"]:
        status = "cancelled"
    else:
        status = "delivered" if now >= delivered else "in_transit" if now >= picked_up else "created"
    public = {name: shipment[name] for name in ("id", "reference", "carrier", "tracking_number", "created_at")}
    return {**public, "status": status, "estimated_delivery": delivered.date().isoformat()}


def _journey(shipment_id: str, created: datetime) -> tuple[datetime, datetime]:
    """When it is picked up, after 2 to 23 hours, and delivered, 1 to 5 days later: always the same for one id."""
    chance = hashlib.sha256(shipment_id.encode()).digest()
    picked_up = created + timedelta(hours=2 + chance[0] % 22)
    return picked_up, picked_up + timedelta(days=1 + chance[1] % 5)


def _new_shipment(body: Json) -> Json:
    for name in ("reference", "carrier"):
        if not isinstance(body.get(name), str) or not 1 <= len(body[name]) <= 64:
            raise CarrierError(422, "invalid_request", f"'{name}' is a text of 1 to 64 characters.", name)
    address = body.get("address")
    if not isinstance(address, dict) or not address.get("country"):
        raise CarrierError(422, "invalid_request", "'address' is an object with at least a country.", "address")
    shipment_id = f"shp_{uuid.uuid4().hex}"
    return {
        "id": shipment_id,
        "reference": body["reference"],
        "carrier": body["carrier"],
        "tracking_number": _tracking_number(shipment_id),
        "created_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "weight_g": _weight_g(body),
        "address": address,
        "cancelled": False,
    }


def _weight_g(body: Json) -> int:
    """The whole weight, of one `weight_g` or of all `parcels`."""
    parcels = body.get("parcels", [body])
    weights = [parcel.get("weight_g") for parcel in parcels] if _are_objects(parcels) else []
    if not weights or not all(type(weight) is int and 0 < weight <= 1_000_000 for weight in weights):
        raise CarrierError(422, "invalid_request", "Every parcel weighs 1 to 1000000 g.", "weight_g")
    return sum(weights)


def _are_objects(value: Any) -> bool:
    return isinstance(value, Sequence) and all(isinstance(item, dict) for item in value)


def _tracking_number(shipment_id: str) -> str:
    return f"TRK{int(hashlib.sha256(shipment_id.encode()).hexdigest(), 16) % 10**12:012d}"


async def _object(request: Request) -> Json:
    try:
        body = orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise CarrierError(400, "invalid_json", "Send a JSON object.")
    return body
