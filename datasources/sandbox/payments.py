"""Stripe's API over HTTP: authorization, idempotency keys, routes and the webhooks that follow a change."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace

import orjson
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from datasources.sandbox.engine import Engine, EngineFailed
from datasources.sandbox.idempotency import KeyInFlight, KeyReused, Once
from datasources.sandbox.intents import Intents
from datasources.sandbox.state import Answer, Json, State
from datasources.sandbox.stripe import StripeError, created_since, minor_units, parameters, shown
from datasources.sandbox.web import json_response, refused
from datasources.sandbox.webhooks import Webhooks

Change = Callable[[Intents, Request, Json], Awaitable[Answer]]


def payments_app(state: State, engine: Engine, webhooks: Webhooks) -> Starlette:
    intents = Intents(state, engine)
    once = Once(state, "payments")

    def changes(path: str, change: Change) -> Route:
        async def endpoint(request: Request) -> Response:
            return await _change(request, change, intents, once, webhooks)

        return Route(path, endpoint, methods=["POST"])

    async def intent(request: Request) -> Response:
        found = intents.find(request.path_params["id"])
        return _json(200, shown(found, request.query_params.getlist("expand[]")))

    async def refund(request: Request) -> Response:
        return _json(200, intents.find_refund(request.path_params["id"]))

    async def listed(request: Request) -> Response:
        params = parameters(request.url.query.encode())
        page = _page(request, params, intents.since(created_since(params)))
        whole = [name.removeprefix("data.") for name in params.get("expand", ())]
        return _json(200, page | {"data": [shown(one, whole) for one in page["data"]]})

    async def refunds(request: Request) -> Response:
        params = parameters(request.url.query.encode())
        of = params.get("payment_intent")
        found = intents.refunds_of(of) if of else intents.refunds_since(created_since(params))
        return _json(200, _page(request, params, found))

    every = "/v1/payment_intents"
    one = f"{every}/{{id}}"
    return Starlette(
        routes=[
            Route(every, listed, methods=["GET"]),
            changes(every, lambda intents, _, params: intents.create(params)),
            changes(f"{one}/confirm", lambda intents, request, params: intents.confirm(_id(request), params)),
            changes(f"{one}/capture", lambda intents, request, params: intents.capture(_id(request), params)),
            changes(f"{one}/cancel", lambda intents, request, params: intents.cancel(_id(request), params)),
            changes("/v1/refunds", lambda intents, _, params: intents.refund(params)),
            Route(one, intent),
            Route("/v1/refunds", refunds),
            Route("/v1/refunds/{id}", refund),
            Route("/v1/balance", _balance),
            Route("/{path:path}", _unknown, methods=["GET", "POST", "DELETE"]),
        ],
        middleware=[Middleware(_Authorized)],
        exception_handlers={StripeError: refused, EngineFailed: _engine_failed},
    )


async def _change(request: Request, change: Change, intents: Intents, once: Once, webhooks: Webhooks) -> Response:
    params = parameters(await request.body())
    key = request.headers.get("idempotency-key")
    described = orjson.dumps([request.url.path, params], option=orjson.OPT_SORT_KEYS).decode()

    async def work() -> Answer:
        answer = await change(intents, request, params)
        if answer.body.get("object") != "payment_intent":
            return answer
        return replace(answer, body=shown(answer.body, params.get("expand", ())))

    try:
        answer, replayed = await once.run(key, described, work)
    except KeyReused:
        message = (
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
            f" Try using a key other than '{key}' if you meant to execute a different request."
        )
        raise StripeError(400, message, "idempotency_error") from None
    except KeyInFlight:
        message = f"There is currently another in-progress request using the key '{key}'."
        raise StripeError(409, message, "idempotency_error", code="idempotency_key_in_use") from None
    if not replayed:
        for event_type, subject in answer.events:
            webhooks.send(event_type, subject, key)
    response = _json(answer.status, answer.body)
    if key is not None:
        response.headers["Idempotency-Key"] = key
    if replayed:
        response.headers["Idempotent-Replayed"] = "true"
    return response


class _Authorized:
    """Stripe's 401 for whoever comes without a secret key."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not Request(scope).headers.get("authorization", "").startswith("Bearer sk_"):
            message = "You did not provide an API key; send 'Authorization: Bearer sk_...'."
            refusal = StripeError(401, message).answer
            await _json(refusal.status, refusal.body)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


async def _balance(_: Request) -> Response:
    return _json(200, {"object": "balance", "livemode": False, "available": [], "pending": []})


async def _unknown(request: Request) -> Response:
    raise StripeError(404, f"Unrecognized request URL ({request.method}: /{request.path_params['path']}).")


async def _engine_failed(_: Request, error: Exception) -> Response:
    return _json(500, {"error": {"type": "api_error", "message": str(error)}})


def _id(request: Request) -> str:
    return str(request.path_params["id"])


def _json(status: int, body: Json) -> Response:
    return json_response(status, body, {"Request-Id": f"req_{secrets.token_hex(7)}"})


def _page(request: Request, params: Json, found: list[Json]) -> Json:
    """A list object: `limit` of those found, after the one that `starting_after` names."""
    limit, after = min(minor_units(params, "limit", 10), 100), params.get("starting_after")
    ids = [item["id"] for item in found]
    start = ids.index(after) + 1 if after in ids else 0
    data = found[start : start + limit]
    return {"object": "list", "url": request.url.path, "has_more": len(found) > start + limit, "data": data}
