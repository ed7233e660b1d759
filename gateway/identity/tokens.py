"""Whose a token is, and until when: known for as long as it holds, so that a request costs a look into a dict."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from joserfc import jwt

from datasources.actor import SYSTEM, Actor
from datasources.ids import Clock, utc_now, uuid7
from datasources.settings import OWN_ISSUER, Settings
from gateway.identity.errors import FOREIGN, REVOKED, InvalidToken, incomplete
from gateway.identity.keys import Jwks, Keys, Secret
from gateway.identity.reading import SKEW_S, check_claims, read
from gateway.identity.revocations import Revocations

AUDIENCE = "heddle"
TOKENS_KEPT = 10_000
KNOWN_FOR_S = 300.0
"""Then it is checked again: its key may have been taken back."""


@dataclass(frozen=True, slots=True, eq=False)
class Holder:
    """Who holds a token. Times are seconds since the epoch; the end has the skew in it."""

    actor: Actor
    issued_at: float
    ends_at: float


class Tokens:
    """Says whose a token is. Each issuer's tokens are checked by its own keys, and by no others.

    With a `secret` our own issuer's are taken too, and can be issued here. `issuers` are others by their `iss`.
    """

    def __init__(
        self,
        secret: bytes | None,
        *,
        issuers: Mapping[str, Jwks] = MappingProxyType({}),
        audience: str = AUDIENCE,
        clock: Clock = utc_now,
    ) -> None:
        self.revocations = Revocations()
        self._secret = Secret(secret) if secret is not None else None
        self._issuers = issuers
        self._keys: dict[str, Keys] = {**issuers, **({OWN_ISSUER: self._secret} if self._secret else {})}
        self._audience = audience
        self._clock = clock
        self._known: dict[str, tuple[Holder, float]] = {}

    @classmethod
    def configured(cls, settings: Settings, clock: Clock = utc_now) -> Self:
        """As the settings say; to be closed in the event loop that used it."""
        secret, issuer, url = settings.token_secret, settings.token_issuer, settings.jwks_url
        return cls(
            secret.get_secret_value().encode() if secret else None,
            issuers={issuer: Jwks(url)} if issuer and url else {},
            audience=settings.token_audience,
            clock=clock,
        )

    def checks(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What readiness asks: whether there are keys to check tokens with."""
        return {jwks.name: jwks.check for jwks in self._issuers.values()}

    async def close(self) -> None:
        for jwks in self._issuers.values():
            await jwks.close()

    def issue(self, actor_id: UUID, scopes: Iterable[str], ttl_s: int, now: datetime | None = None) -> str:
        """A token for this actor that is valid from `now` (this moment, unless given) for `ttl_s` seconds."""
        if self._secret is None:
            raise ValueError("there is no secret to sign with; set HEDDLE_TOKEN_SECRET")
        born = now or self._clock()
        at = int(born.timestamp())
        claims: dict[str, Any] = {
            "sub": str(actor_id),
            "scope": " ".join(sorted(scopes)),
            "iat": at,
            "nbf": at,
            "exp": at + ttl_s,
            "iss": OWN_ISSUER,
            "aud": self._audience,
            "jti": str(uuid7(born)),
        }
        algorithm = Secret.ALGORITHM
        return jwt.encode({"alg": algorithm}, claims, self._secret.key, algorithms=[algorithm])

    async def actor_of(self, token: str) -> Actor:
        """The actor whom this token was issued to; the same object for the same token. Raises: as `holder`."""
        return (await self.holder(token)).actor

    async def holder(self, token: str) -> Holder:
        """Who speaks by this token.

        Raises: InvalidToken that says whether it expired, is not valid yet, is for another service, was revoked or is
        broken; SourceError where the keys of its issuer cannot be read.
        """
        now = self._clock().timestamp()
        known = self._known.get(token)
        holder = known[0] if known is not None and now < known[1] else await self._checked(token, now)
        if self.revocations.refuse(holder.actor.id, holder.issued_at):
            raise InvalidToken(REVOKED)
        return holder

    async def over(self, holder: Holder) -> None:
        """Returns as soon as the token holds no more: it has expired, or was revoked."""
        while not self.revocations.refuse(holder.actor.id, holder.issued_at):
            left_s = holder.ends_at - self._clock().timestamp()
            if left_s <= 0:
                return
            with suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self.revocations.changed()

    async def _checked(self, token: str, now: float) -> Holder:
        self._known.pop(token, None)
        unverified = read(token)
        keys = self._keys.get(unverified.issuer)
        if keys is None:
            raise InvalidToken(FOREIGN)
        claims = unverified.verified(await keys.find(unverified.algorithm, unverified.key_id))
        check_claims(claims, self._audience, now)
        holder = Holder(_actor(unverified.issuer, claims), claims["iat"], claims["exp"] + SKEW_S)
        self._remember(token, holder, now)
        return holder

    def _remember(self, token: str, holder: Holder, now: float) -> None:
        """Checking a signature takes longer than most queries, and clients send the same token again and again."""
        if len(self._known) >= TOKENS_KEPT:
            self._known.pop(next(iter(self._known)))
        self._known[token] = (holder, min(holder.ends_at, now + KNOWN_FOR_S))


def person_of(issuer: str, subject: str) -> UUID:
    """The id of whom an issuer calls so: the subject itself where it is an id as we write them, else one made of both.

    What is made is the same each time, and nobody can make a subject to fit an id.
    """
    try:
        id = UUID(subject)
    except ValueError:
        id = None
    if id is not None and str(id) == subject:
        return id
    return uuid5(uuid5(NAMESPACE_URL, issuer), subject)


def _actor(issuer: str, claims: Mapping[str, Any]) -> Actor:
    scope = claims.get("scope", "")
    if not isinstance(scope, str):
        raise InvalidToken(incomplete("scope"))
    if not claims["sub"].isprintable():
        raise InvalidToken(incomplete("sub"))
    id = person_of(issuer, claims["sub"])
    if id == SYSTEM.id:
        raise InvalidToken(incomplete("sub"))
    return Actor(id, frozenset(scope.split()))
