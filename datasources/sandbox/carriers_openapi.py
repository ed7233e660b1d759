"""The carriers' API as an OpenAPI document; the sandbox serves it at /carriers/openapi.json."""

from typing import Any

_KEY = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "Repeating a request with its key gives the first answer and ships nothing more.",
    "schema": {"type": "string"},
}
_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}}


def _ref(schema: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{schema}"}


def _says(description: str, schema: str) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": _ref(schema)}}}


def _takes(schema: str) -> dict[str, Any]:
    return {"required": True, "content": {"application/json": {"schema": _ref(schema)}}}


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


_TEXT = {"type": "string", "minLength": 1, "maxLength": 64}
_WEIGHT = {"type": "integer", "minimum": 1, "maximum": 1_000_000, "description": "In grams."}
_INVALID = _says("The request cannot be meant; `field` names what is wrong.", "Error")

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Carriers", "version": "1", "description": "Shipments of every carrier, behind one API."},
    "servers": [{"url": "/carriers"}],
    "paths": {
        "/v1/shipments": {
            "post": {
                "operationId": "createShipment",
                "parameters": [_KEY],
                "requestBody": _takes("NewShipment"),
                "responses": {
                    "201": _says("The shipment.", "Shipment"),
                    "409": _says("The key stands for another body, or its first request is not done yet.", "Error"),
                    "422": _INVALID,
                },
            }
        },
        "/v1/shipments:batchGet": {
            "post": {
                "operationId": "getShipments",
                "description": "In no order; unknown ids are left out.",
                "requestBody": _takes("Ids"),
                "responses": {"200": _says("The shipments found.", "Shipments"), "422": _INVALID},
            }
        },
        "/v1/shipments/{id}:cancel": {
            "post": {
                "operationId": "cancelShipment",
                "parameters": [_ID],
                "responses": {
                    "200": _says("The cancelled shipment; cancelling it again changes nothing.", "Shipment"),
                    "404": _says("There is no such shipment.", "Error"),
                    "409": _says("The shipment was already picked up.", "Error"),
                },
            }
        },
    },
    "components": {
        "schemas": {
            "NewShipment": _object(
                ["reference", "carrier", "address"],
                reference={**_TEXT, "description": "The sender's own name for it, such as an order's id."},
                carrier={**_TEXT, "description": "The carrier's code, such as `dhl`."},
                address=_object(["country"], country={"type": "string"}),
                parcels={"type": "array", "minItems": 1, "items": _object(["weight_g"], weight_g=_WEIGHT)},
                weight_g={**_WEIGHT, "description": "In grams; instead of `parcels`, for a single one."},
            ),
            "Shipment": _object(
                ["id", "reference", "carrier", "tracking_number", "status", "created_at", "estimated_delivery"],
                id={"type": "string"},
                reference=_TEXT,
                carrier=_TEXT,
                tracking_number={"type": "string"},
                status={"enum": ["created", "in_transit", "delivered", "cancelled"]},
                created_at={"type": "string", "format": "date-time"},
                estimated_delivery={"type": "string", "format": "date"},
            ),
            "Ids": _object(["ids"], ids={"type": "array", "maxItems": 100, "items": {"type": "string"}}),
            "Shipments": _object(["shipments"], shipments={"type": "array", "items": _ref("Shipment")}),
            "Error": _object(
                ["error"],
                error=_object(
                    ["code", "message"],
                    code={"type": "string"},
                    message={"type": "string"},
                    field={"type": ["string", "null"]},
                ),
            ),
        }
    },
}
