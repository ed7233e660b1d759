"""The tokens of single streams: whose one is, said and signed, so that any process can read it and none keeps it."""

import base64
import hmac
from binascii import Error
from dataclasses import dataclass
from secrets import token_hex
from typing import Any
from uuid import UUID

import orjson

from datasources.actor import Actor
from datasources.ids import Clock, utc_now
from gateway.identity import Holder
from gateway.request import BadRequest

OPENS_WITHIN_S = 60
SIGNATURE_BYTES = 16
HOW = "reserve a stream by PUT, and open it by GET with 'Accept: text/event-stream'"


class NoReservation(BadRequest):
    def __init__(self, why: str) -> None:
        super().__init__(f"{why}; {HOW}.", 404)


@dataclass(frozen=True, slots=True)
class Reservation:
    """Of one stream, to be opened by `opens_until` (seconds since the epoch). Without a holder it is nobody's."""

    id: str
    holder: Holder | None
    opens_until: float


class Reservations:
    """`key` is the same in all processes that serve together."""

    def __init__(self, key: bytes, clock: Clock = utc_now) -> None:
        self._key = key
        self._clock = clock

    def make(self, holder: Holder | None) -> str:
        said: dict[str, Any] = {"id": token_hex(16), "until": self._clock().timestamp() + OPENS_WITHIN_S}
        if holder:
            said["actor"] = holder.actor.id
            said["scopes"] = sorted(holder.actor.scopes)
            said["times"] = [holder.issued_at, holder.ends_at]
        body = orjson.dumps(said)
        return base64.urlsafe_b64encode(self._signature(body) + body).rstrip(b"=").decode()

    def read(self, token: str) -> Reservation:
        """Raises: NoReservation for what was not made here."""
        try:
            raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        except (Error, ValueError):
            raw = b""
        signature, body = raw[:SIGNATURE_BYTES], raw[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(body)):
            raise NoReservation("This is not the token of a stream")
        said = orjson.loads(body)
        holder = None
        if "actor" in said:
            holder = Holder(Actor(UUID(said["actor"]), frozenset(said["scopes"])), *said["times"])
        return Reservation(said["id"], holder, said["until"])

    def check_opens(self, reservation: Reservation) -> None:
        """Raises: NoReservation where it is too late."""
        if reservation.opens_until < self._clock().timestamp():
            raise NoReservation(f"This stream was not opened within {OPENS_WITHIN_S} s")

    def _signature(self, body: bytes) -> bytes:
        return hmac.digest(self._key, body, "sha256")[:SIGNATURE_BYTES]
