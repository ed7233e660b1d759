"""A client of the payments API as Stripe documents it, and a receiver of its webhooks."""

import json
import queue
import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, NamedTuple, Self

import httpx


class Payments(httpx.Client):
    def __init__(self, url: str) -> None:
        super().__init__(base_url=f"{url}/payments", headers={"Authorization": "Bearer sk_test_1"}, verify=False)

    def change(self, path: str, fields: Mapping[str, Any] | None = None, key: str | None = None) -> httpx.Response:
        headers = {"Idempotency-Key": key} if key else {}
        return self.post(path, data=dict(fields or {}), headers=headers)

    def authorise(self, amount: int = 1500, card: str = "pm_card_visa", key: str | None = None) -> httpx.Response:
        return self.change("/v1/payment_intents", authorisation(amount, card), key)

    def intent(self, intent_id: str) -> dict[str, Any]:
        """With its charge whole."""
        found: dict[str, Any] = self.get(
            f"/v1/payment_intents/{intent_id}", params={"expand[]": "latest_charge"}
        ).json()
        return found


def authorisation(amount: int = 1500, card: str = "pm_card_visa") -> dict[str, Any]:
    return {
        "amount": amount,
        "currency": "eur",
        "capture_method": "manual",
        "confirm": "true",
        "payment_method": card,
        "metadata[order]": "A-7",
    }


class Delivery(NamedTuple):
    body: bytes
    signature: str

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event


class Receiver:
    """An HTTP server that takes webhooks, after it has refused the first `refusals` of them."""

    def __init__(self, refusals: int = 0) -> None:
        self.deliveries: queue.Queue[Delivery] = queue.Queue()
        self.refused = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                refuses = receiver.refused < refusals
                if refuses:
                    receiver.refused += 1
                else:
                    receiver.deliveries.put(Delivery(body, self.headers["Stripe-Signature"]))
                self.send_response(503 if refuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hook"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})

    def next(self) -> Delivery:
        """The next delivery; fails when none comes."""
        return self.deliveries.get(timeout=10)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
