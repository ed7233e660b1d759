"""Signed events, delivered as Stripe does: tried again on failure, and in no sure order, nor only once."""

import asyncio
import hashlib
import hmac
import http.client
import secrets
import time
from urllib.parse import urlsplit

import orjson

from datasources.sandbox.faults import Faults
from datasources.sandbox.state import Json

_BACK_OFF_S = (0.1, 0.3, 1, 3, 10)
_ANSWER_S = 5


class Webhooks:
    """Delivers events to one URL while one is set; the faults of service "webhooks" spoil it.

    Their modes: "drop" loses an event, "duplicate" delivers it twice, "reorder" holds it until the next is delivered.
    """

    def __init__(self, faults: Faults) -> None:
        self.url: str | None = None
        self._secret = ""
        self.delivered = 0
        self._faults = faults
        self._held: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    def aim(self, url: str | None, secret: str) -> None:
        """Sends events there from now on, None for nowhere; what was not delivered elsewhere is given up."""
        self.url, self._secret = url, secret
        self._held.clear()
        for task in self._tasks:
            task.cancel()

    @property
    def pending(self) -> int:
        """Events that are being delivered or tried again; held ones are not counted."""
        return len(self._tasks)

    def send(self, event_type: str, subject: Json, key: str | None) -> None:
        """Delivers in the background; gives an event up after the last try."""
        if self.url is None:
            return
        payload = orjson.dumps(_event(event_type, subject, key))
        fault = self._faults.take("webhooks", "POST", event_type)
        match fault and fault.mode:
            case "drop":
                return
            case "reorder":
                self._held.append(payload)
                return
            case "duplicate":
                payloads = [payload, payload]
            case _:
                payloads = [payload]
        task = asyncio.create_task(self._deliver(self.url, [*payloads, *self._held]))
        self._held.clear()
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, url: str, payloads: list[bytes]) -> None:
        for payload in payloads:
            for wait_s in (0, *_BACK_OFF_S):
                await asyncio.sleep(wait_s)
                if await asyncio.to_thread(_post, url, payload, self._secret):
                    self.delivered += 1
                    break


def signature(payload: bytes, secret: str, at: int) -> str:
    """The value of the header `Stripe-Signature`; `at` is in seconds since 1970."""
    digest = hmac.new(secret.encode(), b"%d.%s" % (at, payload), hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


def _event(event_type: str, subject: Json, key: str | None) -> Json:
    return {
        "id": f"evt_{secrets.token_hex(12)}",
        "object": "event",
        "created": int(time.time()),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": key},
        "type": event_type,
    }


def _post(url: str, payload: bytes, secret: str) -> bool:
    """Whether the receiver took it."""
    target = urlsplit(url)
    make = http.client.HTTPSConnection if target.scheme == "https" else http.client.HTTPConnection
    connection = make(target.hostname or "", target.port, timeout=_ANSWER_S)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "Stripe-Signature": signature(payload, secret, int(time.time())),
    }
    try:
        connection.request("POST", f"{target.path or '/'}{'?' if target.query else ''}{target.query}", payload, headers)
        return connection.getresponse().status < 300
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
