"""`/webhooks/payments`: the face of commerce for the payment service, as the graph is its face for people.

Beside the graph, because it is the same work: unpack what came, call the use case, wrap what comes of it.
"""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from datasources.actor import SYSTEM
from datasources.deadline import deadline
from datasources.errors import Refusal, SourceError
from resolvers.commerce.webhooks import take_event
from resolvers.context import OpenContext

MAX_BYTES = 262_144
TIMEOUT_S = 10.0


def routes(open_context: OpenContext) -> Sequence[BaseRoute]:
    async def payments(request: Request) -> Response:
        body = await request.body()
        try:
            with open_context(SYSTEM) as context, deadline(TIMEOUT_S):
                await take_event(context, body, request.headers.get("stripe-signature", ""))
        except Refusal as refusal:
            return JSONResponse({"error": refusal.message, **refusal.extensions}, 400)
        except SourceError as error:
            return JSONResponse({"error": str(error), **error.extensions}, 503)
        return JSONResponse({"received": True})

    return [Route("/webhooks/payments", payments, methods=["POST"], max_body_size=MAX_BYTES)]
