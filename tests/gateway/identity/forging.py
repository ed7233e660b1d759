"""Tokens and keys made by hand, without the library under test, so that they can be wrong in every way."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from gateway.identity import InvalidToken, Tokens

SECRET = b"0123456789abcdef0123456789abcdef"
ADA = UUID("01890000-0000-7000-8000-00000000ada1")
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS: dict[str, Any] = {
    "sub": str(ADA),
    "scope": "a b",
    "iat": AT,
    "exp": AT + 60,
    "iss": "heddle",
    "aud": "heddle",
}

BROKEN = "This token does not hold: it was changed, or signed with another key. Sign in again."
EXPIRED = "This token has expired. Sign in again."
UNTIMELY = "This token is not valid yet; check the clock of the machine that issued it."
FOREIGN = "This token is for another service; get one for this gateway."
UNKNOWN_KEY = "This token was signed with a key that its issuer does not publish. Sign in again."

Sign = Callable[[bytes], bytes]


def lacks(claim: str) -> str:
    return f"This token lacks `{claim}`, or has one that cannot be meant. Sign in again."


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def number(value: int) -> str:
    return part(value.to_bytes((value.bit_length() + 7) // 8))


def opened(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def by_secret(secret: bytes, digest: Callable[..., Any] = hashlib.sha256) -> Sign:
    return lambda signed: hmac.new(secret, signed, digest).digest()


def forged(claims: object, header: object = HEADER, sign: Sign = by_secret(SECRET)) -> str:  # noqa: B008
    """A token of these parts; bytes are taken as they are, all else is written as JSON."""
    written = [value if isinstance(value, bytes) else json.dumps(value).encode() for value in (header, claims)]
    signed = ".".join(map(part, written))
    return f"{signed}.{part(sign(signed.encode()))}"


class Rsa:
    """A key of RS256, and as an issuer publishes it."""

    ALGORITHM = "RS256"

    def __init__(self, bits: int = 2048) -> None:
        self.secret = rsa.generate_private_key(65_537, bits)

    def sign(self, signed: bytes) -> bytes:
        return self.secret.sign(signed, padding.PKCS1v15(), SHA256())

    def jwk(self, **more: Any) -> dict[str, Any]:
        numbers = self.secret.public_key().public_numbers()
        return {"kty": "RSA", "n": number(numbers.n), "e": number(numbers.e), **more}


class Elliptic:
    """A key of ES256."""

    ALGORITHM = "ES256"

    def __init__(self, curve: ec.EllipticCurve | None = None) -> None:
        self.secret = ec.generate_private_key(curve or ec.SECP256R1())
        self.length = (self.secret.curve.key_size + 7) // 8

    def sign(self, signed: bytes) -> bytes:
        r, s = decode_dss_signature(self.secret.sign(signed, ec.ECDSA(SHA256())))
        return r.to_bytes(self.length) + s.to_bytes(self.length)

    def jwk(self, **more: Any) -> dict[str, Any]:
        numbers = self.secret.public_key().public_numbers()
        x, y = (part(value.to_bytes(self.length)) for value in (numbers.x, numbers.y))
        return {"kty": "EC", "crv": "P-256", "x": x, "y": y, **more}


class Edwards:
    """A key of EdDSA, which is also called Ed25519."""

    ALGORITHM = "EdDSA"
    ORDER = 2**252 + 27742317777372353535851937790883648493

    def __init__(self) -> None:
        self.secret = ed25519.Ed25519PrivateKey.generate()

    def sign(self, signed: bytes) -> bytes:
        return self.secret.sign(signed)

    def token(self, claims: object) -> str:
        return forged(claims, {"alg": self.ALGORITHM}, self.sign)

    def jwk(self, **more: Any) -> dict[str, Any]:
        return {"kty": "OKP", "crv": "Ed25519", "x": part(self.secret.public_key().public_bytes_raw()), **more}


async def refusal(tokens: Tokens, token: str) -> str:
    """What is said of a token that does not hold; nothing of why leads into logs."""
    with pytest.raises(InvalidToken) as caught:
        await tokens.actor_of(token)
    assert caught.value.extensions == {"code": "UNAUTHENTICATED"}
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.message
