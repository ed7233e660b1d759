"""The recommendation service's API: our own small one, described by its OpenAPI document."""

from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from datasources.sandbox.state import Document, Json, State
from datasources.sandbox.web import json_response

_BATCH = 100
_MOST = 50


def recommendations_app(state: State) -> Starlette:
    async def batch_get(request: Request) -> Response:
        asked = _asked(await request.body())
        if asked is None:
            message = f"Send at most {_BATCH} users, and a limit of 1 to {_MOST}."
            return json_response(422, {"error": {"code": "invalid_request", "message": message, "field": None}})
        users, limit = asked
        known = (state.find("recommendation", user) for user in sorted(set(users)))
        return json_response(200, {"recommendations": [_shown(one, limit) for one in known if one]})

    async def document(_: Request) -> Response:
        return json_response(200, DOCUMENT)

    return Starlette(
        routes=[
            Route("/openapi.json", document),
            Route("/v1/recommendations:batchGet", batch_get, methods=["POST"]),
        ]
    )


def imported(one: Json) -> Document:
    """What is recommended to one user: `user`, and lists of ids in `people` and `products`, the best first."""
    return Document("recommendation", {"id": one["user"], "people": one["people"], "products": one["products"]})


def _shown(one: Json, limit: int) -> Json:
    return {"user": one["id"], "people": one["people"][:limit], "products": one["products"][:limit]}


def _asked(raw: bytes) -> tuple[list[str], int] | None:
    """The users and the limit; None where that cannot be meant."""
    try:
        body = orjson.loads(raw)
        users, limit = body["users"], body["limit"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return None
    fine = isinstance(users, list) and len(users) <= _BATCH and all(isinstance(user, str) for user in users)
    return (users, limit) if fine and type(limit) is int and 1 <= limit <= _MOST else None


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {"type": "object", "required": required, "properties": properties}


def _says(description: str, schema: str) -> dict[str, Any]:
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
    return {"description": description, "content": content}


_ID = {"type": "string", "format": "uuid"}
_IDS = {"type": "array", "maxItems": _MOST, "items": _ID, "description": "The best first."}

DOCUMENT: dict[str, Any] = {
    "openapi": "3.1.0",
    "info": {"title": "Recommendations", "version": "1", "description": "People and products that users may like."},
    "servers": [{"url": "/recommendations"}],
    "paths": {
        "/v1/recommendations:batchGet": {
            "post": {
                "operationId": "getRecommendations",
                "description": "In no order; users of whom nothing is known are left out.",
                "requestBody": {"required": True, **_says("For whom.", "Users")},
                "responses": {
                    "200": _says("What they may like.", "Recommendations"),
                    "422": _says("The request cannot be meant.", "Error"),
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Users": _object(
                ["users", "limit"],
                users={"type": "array", "maxItems": _BATCH, "items": _ID},
                limit={"type": "integer", "minimum": 1, "maximum": _MOST, "description": "Of people, and of products."},
            ),
            "Recommendations": _object(
                ["recommendations"],
                recommendations={
                    "type": "array",
                    "items": _object(["user", "people", "products"], user=_ID, people=_IDS, products=_IDS),
                },
            ),
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
