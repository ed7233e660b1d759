"""Who is calling: bearer tokens, issued and checked. They are JSON Web Tokens signed with HS256."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import OctKey

from datasources.actor import Actor
from datasources.errors import Unauthenticated
from datasources.ids import Clock, utc_now, uuid7

ALGORITHM = "HS256"
MIN_SECRET_BYTES = 32
MAX_TOKEN_CHARACTERS = 8_192
TOKENS_KEPT = 10_000
SKEW_S = 30
"""How far the clocks of the issuer and of this machine may be apart."""

_BROKEN = "This token does not hold: it was changed, or signed with another key. Sign in again."
_UNTIMELY = "This token is not valid yet; check the clock of the machine that issued it."
_FOREIGN = "This token is for another service; get one for this gateway."
_INCOMPLETE = "This token lacks what says who you are. Sign in again."
_SAID = {"exp": _INCOMPLETE, "nbf": _UNTIMELY, "iat": _UNTIMELY, "iss": _FOREIGN, "aud": _FOREIGN}


class Tokens:
    """Issues tokens and says whose a token is, with one secret of this gateway."""

    def __init__(
        self, secret: bytes, *, issuer: str = "heddle", audience: str = "heddle", clock: Clock = utc_now
    ) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(
                f"The token secret has {len(secret)} bytes; write at least {MIN_SECRET_BYTES}, made by: "
                'python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        self._key = OctKey.import_key(secret)
        self._issuer = issuer
        self._audience = audience
        self._clock = clock
        self._known: dict[str, tuple[Actor, float]] = {}

    def issue(self, actor_id: UUID, scopes: Iterable[str], ttl_s: int, now: datetime | None = None) -> str:
        """A token for this actor that is valid from `now` (this moment, unless given) for `ttl_s` seconds."""
        born = now or self._clock()
        at = int(born.timestamp())
        claims: dict[str, Any] = {
            "sub": str(actor_id),
            "scope": " ".join(sorted(scopes)),
            "iat": at,
            "nbf": at,
            "exp": at + ttl_s,
            "iss": self._issuer,
            "aud": self._audience,
            "jti": str(uuid7(born)),
        }
        return jwt.encode({"alg": ALGORITHM}, claims, self._key, algorithms=[ALGORITHM])

    async def actor_of(self, token: str) -> Actor:
        """The actor whom this token was issued to. Awaited, since other issuers' keys have to be fetched.

        Raises: Unauthenticated that says whether it expired, is not valid yet, is for another service or is broken.
        """
        if len(token) > MAX_TOKEN_CHARACTERS:
            raise Unauthenticated(f"This token is longer than {MAX_TOKEN_CHARACTERS} characters; send the token alone.")
        known = self._known.get(token)
        if known is not None and self._clock().timestamp() < known[1]:
            return known[0]
        claims = self._checked(self._verified(token))
        actor = _actor(claims)
        self._remember(token, actor, claims["exp"])
        return actor

    def _remember(self, token: str, actor: Actor, expires: float) -> None:
        """Checking a signature takes longer than most queries, and clients send the same token again and again."""
        if len(self._known) >= TOKENS_KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[token] = (actor, expires)

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            return jwt.decode(token, self._key, algorithms=[ALGORITHM]).claims
        except (JoseError, TypeError, ValueError):
            # joserfc lets a TypeError out where a header is forged to be no object.
            raise Unauthenticated(_BROKEN) from None

    def _checked(self, claims: dict[str, Any]) -> dict[str, Any]:
        registry = jwt.JWTClaimsRegistry(
            now=int(self._clock().timestamp()),
            leeway=SKEW_S,
            sub={"essential": True},
            exp={"essential": True},
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
        )
        try:
            registry.validate(claims)
        except ExpiredTokenError:
            raise Unauthenticated("This token has expired. Sign in again.") from None
        except ClaimError as error:
            raise Unauthenticated(_SAID.get(error.claim, _INCOMPLETE)) from None
        return claims


def bearer(authorization_header: str | None) -> str | None:
    """The token of an `Authorization` header; None where the header is absent.

    Raises: Unauthenticated for another scheme, or a header without a token.
    """
    if authorization_header is None:
        return None
    scheme, _, token = authorization_header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise Unauthenticated("The Authorization header is not understood; write 'Authorization: Bearer TOKEN'.")
    return token


def _actor(claims: dict[str, Any]) -> Actor:
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise Unauthenticated(_INCOMPLETE)
    try:
        return Actor(UUID(claims["sub"]), frozenset(scope.split()))
    except ValueError:
        raise Unauthenticated(_INCOMPLETE) from None
