"""The whole sandbox: the five services, each behind its faults, and the switches below /_sandbox."""

import json
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from socket import socket

import orjson
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from datasources.sandbox import carriers, intents, recommendations, stripe
from datasources.sandbox.engine import Engine
from datasources.sandbox.faults import MODES, SERVICES, WEBHOOK_MODES, Fault, Faults, Faulty
from datasources.sandbox.payments import payments_app
from datasources.sandbox.rates import rates_app
from datasources.sandbox.screening import screening_app
from datasources.sandbox.state import Document, State
from datasources.sandbox.web import json_response
from datasources.sandbox.webhooks import Webhooks


def sandbox_app(state: State, engine: Engine, webhooks: Webhooks, faults: Faults) -> Starlette:
    services = {
        "payments": payments_app(state, engine, webhooks),
        "rates": rates_app(),
        "carriers": carriers.carriers_app(state),
        "recommendations": recommendations.recommendations_app(state),
        "screening": screening_app(),
    }

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        state.close()

    return Starlette(
        routes=[
            *(Mount(f"/{name}", Faulty(app, name, faults)) for name, app in services.items()),
            Mount("/_sandbox", routes=[*_fault_switches(faults), *_state_switches(state, webhooks)]),
        ],
        lifespan=lifespan,
    )


def _fault_switches(faults: Faults) -> list[Route]:
    async def set_fault(request: Request) -> Response:
        service = request.path_params["service"]
        modes = WEBHOOK_MODES if service == "webhooks" else tuple(MODES)
        try:
            fault = Fault(**await request.json())
        except (TypeError, ValueError) as error:
            return json_response(422, {"error": str(error)})
        if service not in SERVICES or fault.mode not in modes:
            known = f"Services: {', '.join(SERVICES)}; modes of {service}: {', '.join(modes)}."
            return json_response(422, {"error": known})
        faults.set(service, fault)
        return Response(status_code=204)

    async def heal(request: Request) -> Response:
        for service in named(request):
            faults.heal(service)
        return Response(status_code=204)

    async def requests(request: Request) -> Response:
        received = faults.requests[request.path_params["service"]]
        return json_response(200, {"count": len(received), "requests": list(received)})

    async def forget_requests(request: Request) -> Response:
        for service in named(request):
            faults.requests[service].clear()
        return Response(status_code=204)

    def named(request: Request) -> Sequence[str]:
        """The service that the path names, or all."""
        service = request.path_params.get("service")
        return [service] if service else SERVICES

    return [
        Route("/faults", heal, methods=["DELETE"]),
        Route("/requests", forget_requests, methods=["DELETE"]),
        Route("/faults/{service}", set_fault, methods=["PUT"]),
        Route("/faults/{service}", heal, methods=["DELETE"]),
        Route("/requests/{service}", requests, methods=["GET"]),
        Route("/requests/{service}", forget_requests, methods=["DELETE"]),
    ]


def _state_switches(state: State, webhooks: Webhooks) -> list[Route]:
    async def aim_webhooks(request: Request) -> Response:
        if request.method == "POST":
            wanted = await request.json()
            webhooks.aim(wanted["url"], wanted["secret"])
        shown = {"url": webhooks.url, "delivered": webhooks.delivered, "pending": webhooks.pending}
        return json_response(200, shown)

    async def forget_keys(_: Request) -> Response:
        state.forget_answers("payments")
        return Response(status_code=204)

    async def fail_refund(request: Request) -> Response:
        refund = state.find("refund", request.path_params["id"])
        intent = refund and state.find("intent", refund["payment_intent"])
        if refund is None or intent is None or refund["status"] == "failed":
            return json_response(409, {"error": "There is no such refund that could still fail."})
        failed = {**refund, "status": "failed"}
        state.keep(
            [
                Document("intent", stripe.refunded(intent, -refund["amount"])),
                Document("refund", failed, parent=intent["id"]),
            ]
        )
        webhooks.send("refund.failed", failed, None)
        return json_response(200, failed)

    async def import_payments(request: Request) -> Response:
        minimal = orjson.loads(await request.body())
        state.keep(document for one in minimal for document in intents.imported(one))
        return json_response(200, {"imported": len(minimal)})

    async def import_carriers(request: Request) -> Response:
        minimal = orjson.loads(await request.body())
        state.keep(map(carriers.imported, minimal))
        return json_response(200, {"imported": len(minimal)})

    async def import_recommendations(request: Request) -> Response:
        told = orjson.loads(await request.body())
        state.keep(map(recommendations.imported, told))
        return json_response(200, {"imported": len(told)})

    return [
        Route("/webhooks", aim_webhooks, methods=["GET", "POST"]),
        Route("/payments/refunds/{id}/fail", fail_refund, methods=["POST"]),
        Route("/payments/keys", forget_keys, methods=["DELETE"]),
        Route("/payments/import", import_payments, methods=["POST"]),
        Route("/carriers/import", import_carriers, methods=["POST"]),
        Route("/recommendations/import", import_recommendations, methods=["POST"]),
    ]


class _Protocol(HttpToolsProtocol):
    """Lets a fault end the connection, which ASGI has no word for."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["state"]["abort"] = self.transport.abort


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket] | None = None) -> None:
        await super().startup(sockets)
        sys.stdout.write(json.dumps({"port": self.servers[0].sockets[0].getsockname()[1]}) + "\n")
        sys.stdout.flush()


def serve(
    data: Path, port: int, engine: Engine, webhook: tuple[str, str] | None, wait_for_end: Callable[[], object] | None
) -> None:
    """Answers on 127.0.0.1 until a signal comes or `wait_for_end`, called in a thread, returns."""
    faults = Faults()
    webhooks = Webhooks(faults)
    if webhook is not None:
        webhooks.aim(*webhook)
    app = sandbox_app(State(data / "sandbox.db"), engine, webhooks, faults)
    config = uvicorn.Config(
        app, "127.0.0.1", port, http=_Protocol, ws="none", log_level="error", timeout_graceful_shutdown=1
    )
    server = _Server(config)

    if wait_for_end is not None:
        threading.Thread(target=_end, args=(server, wait_for_end), daemon=True).start()
    server.run()


def _end(server: uvicorn.Server, wait_for_end: Callable[[], object]) -> None:
    wait_for_end()
    server.should_exit = True
