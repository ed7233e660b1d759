"""The sandbox for the whole suite: its real process, and its switches in the hands of a test."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from datasources.sandbox.process import Sandbox


class RunningSandbox:
    """A sandbox and its switches. They block for a millisecond, which spares them any event loop."""

    def __init__(self, sandbox: Sandbox, client: httpx.Client) -> None:
        self.url = sandbox.url
        self.pid = sandbox.process.pid
        self._client = client

    def fault(self, service: str, mode: str, **settings: Any) -> None:
        """Spoils a service, or webhooks, until it is healed; settings as the fields of `faults.Fault`."""
        self._switch("PUT", f"faults/{service}", {"mode": mode, **settings})

    def heal(self, service: str = "") -> None:
        """This one, or all."""
        self._switch("DELETE", f"faults/{service}".rstrip("/"))

    def requests(self, service: str) -> list[dict[str, Any]]:
        """What the service has received since `forget_requests`: method, path and idempotency_key, oldest first."""
        received: list[dict[str, Any]] = self._switch("GET", f"requests/{service}")["requests"]
        return received

    def forget_requests(self, service: str = "") -> None:
        """What this one has received, or all."""
        self._switch("DELETE", f"requests/{service}".rstrip("/"))

    def send_webhooks_to(self, url: str | None, secret: str = "whsec_test") -> None:
        self._switch("POST", "webhooks", {"url": url, "secret": secret})

    def webhooks(self) -> dict[str, Any]:
        """The `url`, how many events were `delivered` since the start, and how many are `pending`."""
        return self._switch("GET", "webhooks")

    def forget_keys(self) -> None:
        """The payment service does not know any more what it answered to which idempotency key."""
        self._switch("DELETE", "payments/keys")

    def fail_refund(self, id: str) -> None:
        """The bank sends back what the payment service gave it days ago."""
        self._switch("POST", f"payments/refunds/{id}/fail")

    def import_payments(self, intents: Sequence[dict[str, Any]]) -> None:
        self._switch("POST", "payments/import", list(intents))

    def import_shipments(self, shipments: Sequence[dict[str, Any]]) -> None:
        self._switch("POST", "carriers/import", list(shipments))

    def import_recommendations(self, recommendations: Sequence[dict[str, Any]]) -> None:
        self._switch("POST", "recommendations/import", list(recommendations))

    def reset(self) -> None:
        """Healed, asked nothing, telling nobody; what its services remember stays."""
        self.heal()
        self.forget_requests()
        self.send_webhooks_to(None)

    def _switch(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        answer = self._client.request(method, f"/_sandbox/{path}", json=body).raise_for_status()
        decoded: dict[str, Any] = answer.json() if answer.content else {}
        return decoded


@contextmanager
def start_sandbox(data_dir: Path) -> Iterator[RunningSandbox]:
    """A sandbox with its state in `data_dir`, ready to answer, gone with the block."""
    with Sandbox(data_dir) as sandbox, switches_of(sandbox) as running:
        yield running


@contextmanager
def switches_of(sandbox: Sandbox) -> Iterator[RunningSandbox]:
    """The switches of a sandbox that runs already; who shares it calls `reset` at the end."""
    # Here as in all tests: to read whom the system trusts takes 20 ms, and HTTP on this machine trusts nobody.
    with httpx.Client(base_url=sandbox.url, verify=False) as client:
        yield RunningSandbox(sandbox, client)
