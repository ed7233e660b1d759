"""Signatures of the payment service's webhooks: `t=1700000000,v1=HEX`, an HMAC-SHA256 over `t.body`."""

import hmac
from datetime import datetime, timedelta

from datasources.errors import Refusal

TOLERANCE = timedelta(minutes=5)


class BadSignature(Refusal):
    code = "COMMERCE_BAD_SIGNATURE"

    def __init__(self) -> None:
        super().__init__("The signature is missing, wrong or too old; compare the endpoint's secret on both sides.")


def check_signature(header: str, body: bytes, secret: str, now: datetime) -> None:
    """Several `v1` may be there while a secret is changed; one must hold. Raises: BadSignature."""
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdecimal() or len(times[0]) > 12:
        raise BadSignature
    if abs(now.timestamp() - int(times[0])) > TOLERANCE.total_seconds():
        raise BadSignature
    expected = hmac.digest(secret.encode(), times[0].encode() + b"." + body, "sha256").hex().encode()
    given = [value.encode() for name, _, value in parts if name == "v1"]
    if not any(hmac.compare_digest(one, expected) for one in given):
        raise BadSignature
