"""What signatures are checked with: a secret of our own, or the keys that an issuer publishes as a JWKS."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, Protocol
from urllib.parse import parse_qsl, urlsplit

import structlog
from joserfc.errors import JoseError
from joserfc.jwk import JWKRegistry, Key, OctKey
from joserfc.util import urlsafe_b64decode
from pydantic import BaseModel

from datasources.errors import SourceError, SourceUnavailable
from datasources.rest import RestService
from datasources.setting_types import MIN_SECRET_BYTES
from gateway.identity.errors import BROKEN, UNKNOWN_KEY, InvalidToken

RSA_BYTES = range(256, 769)
FRESH_S = 300.0
"""Older keys are read again, beside what they are used for."""
STALE_S = 600.0
"""Keys that were not even asked for in this time, since nobody came, are waited for: they may have been taken back."""
PAUSE_S = 5.0
"""Between two requests for keys: tokens with made-up keys cannot make us ask more often."""
MAX_JWKS_BYTES = 256 * 1024

log = structlog.get_logger("heddle")

KeyName = tuple[str, str | None]
"""The algorithm and the `kid`; None for tokens that name no key, where only one fits their algorithm."""


class Keys(Protocol):
    async def find(self, algorithm: str, key_id: str | None) -> Key:
        """The key for a token with these headers. Raises: InvalidToken, SourceError where nobody can tell now."""
        ...


class Secret:
    """One key, which signs and checks by HS256: whoever has it can be anybody."""

    ALGORITHM = "HS256"

    def __init__(self, secret: bytes) -> None:
        if len(secret) < MIN_SECRET_BYTES:
            raise ValueError(
                f"The token secret has {len(secret)} bytes; write at least {MIN_SECRET_BYTES}, made by: "
                'python -c "import secrets; print(secrets.token_urlsafe(32))"'
            )
        self.key = OctKey.import_key(secret)

    async def find(self, algorithm: str, key_id: str | None) -> Key:
        if algorithm != self.ALGORITHM:
            raise InvalidToken(BROKEN)
        return self.key


class _Published(BaseModel):
    keys: list[dict[str, Any]]


class Jwks:
    """An issuer's public keys, from the address where it publishes them.

    They are read when the first token comes, and again when they are older than FRESH_S. Whoever comes with an unknown
    key, or after STALE_S, waits for that, but nobody asks within PAUSE_S of the last time. While the issuer does not
    answer, the keys last read go on working.
    """

    def __init__(self, url: str, clock: Callable[[], float] = time.monotonic) -> None:
        self.name = "identity"
        parts = urlsplit(url)
        # Without a cache: what is asked for here is news. How long keys are good is said above.
        origin = f"{parts.scheme}://{parts.netloc}"
        self._service = RestService(self.name, origin, max_bytes=MAX_JWKS_BYTES, cache_bytes=0, clock=clock)
        self._path = parts.path
        self._params = dict(parse_qsl(parts.query))
        self._clock = clock
        self._keys: Mapping[KeyName, Key] = {}
        self._asked_at = 0.0
        self._asking: asyncio.Task[None] | None = None
        self._fault: str | None = None

    async def find(self, algorithm: str, key_id: str | None) -> Key:
        if algorithm not in _KINDS:
            raise InvalidToken(BROKEN)
        if (algorithm, key_id) in self._keys and self._clock() - self._asked_at < STALE_S:
            self._ask(FRESH_S)
        else:
            await asyncio.shield(self._ask(PAUSE_S))
        key = self._keys.get((algorithm, key_id))
        if key is not None:
            return key
        if self._fault is not None:
            raise SourceUnavailable(self.name, self._fault)
        raise InvalidToken(UNKNOWN_KEY)

    async def check(self) -> None:
        """Raises: SourceUnavailable where there are no keys to check tokens with."""
        if not self._keys:
            await asyncio.shield(self._ask(PAUSE_S))
        if not self._keys:
            raise SourceUnavailable(self.name, self._fault or "no usable key is published")

    async def close(self) -> None:
        if self._asking is not None:
            self._asking.cancel()
            await asyncio.wait([self._asking])
        await self._service.close()

    def _ask(self, after_s: float) -> "asyncio.Task[None]":
        """The request for keys that is under way, or was the last; a new one where that ended `after_s` ago."""
        if self._asking is None or (self._asking.done() and self._clock() - self._asked_at >= after_s):
            self._asking = asyncio.create_task(self._read())
        return self._asking

    async def _read(self) -> None:
        try:
            published = await self._service.get(self._path, answer=_Published, params=self._params)
        except SourceError as error:
            self._fault = error.detail
            log.warning("keys of the issuer not read", source=error.source, code=error.code, detail=error.detail)
        else:
            self._keys, self._fault = usable(published.keys), None
            if not self._keys:
                log.warning("the issuer publishes no usable key", source=self.name, published=len(published.keys))
        finally:
            self._asked_at = self._clock()


def usable(published: Iterable[Mapping[str, Any]]) -> dict[KeyName, Key]:
    """The keys that check signatures by an algorithm of ours; of two with the same name the first.

    Left out are those for other algorithms or for encryption, weak ones, and any that show their secret.
    """
    named: dict[KeyName, Key] = {}
    fitting: defaultdict[str, list[Key]] = defaultdict(list)
    for jwk in published:
        if (key := _key(jwk)) is None:
            continue
        for algorithm in (name for name, kind in _KINDS.items() if kind.type == key.key_type):
            fitting[algorithm].append(key)
            if isinstance(jwk.get("kid"), str):
                named.setdefault((algorithm, jwk["kid"]), key)
    return named | {(algorithm, None): keys[0] for algorithm, keys in fitting.items() if len(keys) == 1}


class _Kind(NamedTuple):
    """A type of key: what a JWK must have of it, and on which curve."""

    type: str
    members: tuple[str, ...]
    curve: str | None = None


_ED25519 = _Kind("OKP", ("crv", "x"), "Ed25519")
_KINDS = {
    "RS256": _Kind("RSA", ("n", "e")),
    "ES256": _Kind("EC", ("crv", "x", "y"), "P-256"),
    "EdDSA": _ED25519,
    "Ed25519": _ED25519,
}
"""The kind of key that each algorithm takes."""


def _key(jwk: Mapping[str, Any]) -> Key | None:
    kind = next((kind for kind in _KINDS.values() if kind.type == jwk.get("kty")), None)
    if kind is None or not _is_for_us(jwk, kind):
        return None
    # Its other members say nothing that we would believe, and joserfc is strict with them.
    wanted = ("kty", *kind.members)
    members = {name: value for name in wanted if isinstance(value := jwk.get(name), str)}
    if len(members) < len(wanted):
        return None
    try:
        if kind.type == "RSA" and len(urlsafe_b64decode(members["n"].encode()).lstrip(b"\0")) not in RSA_BYTES:
            return None
        return JWKRegistry.import_key({**members})
    except (JoseError, ValueError):
        return None


def _is_for_us(jwk: Mapping[str, Any], kind: _Kind) -> bool:
    operations = jwk.get("key_ops", ["verify"])
    return (
        jwk.get("crv") == kind.curve
        and jwk.get("alg") in (None, *(name for name, fits in _KINDS.items() if fits is kind))
        and jwk.get("use", "sig") == "sig"
        and isinstance(operations, list)
        and "verify" in operations
        and "d" not in jwk
    )
