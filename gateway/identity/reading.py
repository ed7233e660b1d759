"""A token taken apart, its signature checked by a key, its claims by the clock and by whom it is for."""

import json
from dataclasses import dataclass
from typing import Any

from joserfc import jws
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError, MissingClaimError
from joserfc.jwk import Key
from joserfc.jws import CompactSignature, JWSRegistry
from joserfc.jwt import JWTClaimsRegistry

from gateway.identity.errors import BROKEN, EXPIRED, FOREIGN, LONG_LIVED, UNTIMELY, InvalidToken, incomplete

ALGORITHMS = ("HS256", "RS256", "ES256", "EdDSA", "Ed25519")
MAX_CHARACTERS = 8_192
SKEW_S = 30
"""How far the clocks of the issuer and of this machine may be apart."""
MAX_LIFE_S = 366 * 86_400
"""Between the birth of a token and its end: a revocation is remembered as long as there can be tokens of before."""

_SAID = {"nbf": UNTIMELY, "iat": UNTIMELY, "aud": FOREIGN}


class _Registry(JWSRegistry):
    max_header_length = MAX_CHARACTERS  # some issuers put a certificate there

    def get_alg(self, name: str) -> Any:
        # RFC 9864 renames EdDSA to Ed25519; issuers go on writing the old name, of which joserfc warns at every token.
        return super().get_alg("Ed25519" if name == "EdDSA" else name)


# Not strict: as the standard has it, headers that nobody knows are ignored, unless `crit` forbids that.
_REGISTRY = _Registry(algorithms=ALGORITHMS, strict_check_header=False)


@dataclass(frozen=True, slots=True)
class Unverified:
    """What a token says of itself. `signed` is what its signature is of."""

    algorithm: str
    key_id: str | None
    claims: dict[str, Any]
    signed: CompactSignature

    @property
    def issuer(self) -> str:
        """Raises: InvalidToken where it names none."""
        issuer = self.claims.get("iss")
        if not isinstance(issuer, str):
            raise InvalidToken(FOREIGN)
        return issuer

    def verified(self, key: Key) -> dict[str, Any]:
        """The claims, where the signature is of this key. Raises: InvalidToken."""
        try:
            holds = jws.validate_compact(self.signed, key, registry=_REGISTRY)
        except (JoseError, TypeError, ValueError):
            holds = False
        if not holds:
            raise InvalidToken(BROKEN)
        return self.claims


def read(token: str) -> Unverified:
    """Raises: InvalidToken for what is no token, or asks for what we do not know."""
    if len(token) > MAX_CHARACTERS:
        raise InvalidToken(f"This token is longer than {MAX_CHARACTERS} characters; send the token alone.")
    try:
        signed = jws.extract_compact(token.encode(), registry=_REGISTRY)
        claims = json.loads(signed.payload.decode(), object_pairs_hook=_distinct)
    except (JoseError, TypeError, ValueError, RecursionError):
        # joserfc lets a TypeError out where a header is forged to be no object.
        raise InvalidToken(BROKEN) from None
    header: object = signed.headers()
    if not isinstance(header, dict) or not isinstance(claims, dict) or "crit" in header:
        raise InvalidToken(BROKEN)
    algorithm, key_id = header["alg"], header.get("kid")
    if not isinstance(algorithm, str) or not isinstance(key_id, str | None):
        raise InvalidToken(BROKEN)
    return Unverified(algorithm, key_id, claims, signed)


def check_claims(claims: dict[str, Any], audience: str, now: float) -> None:
    """Whether it holds now, and is for us. Raises: InvalidToken."""
    registry = JWTClaimsRegistry(
        now=int(now),
        leeway=SKEW_S,
        sub={"essential": True},
        iat={"essential": True},
        exp={"essential": True},
        aud={"essential": True, "value": audience},
    )
    try:
        registry.validate(claims)
    except ExpiredTokenError:
        raise InvalidToken(EXPIRED) from None
    except MissingClaimError as error:
        raise InvalidToken(FOREIGN if error.claim == "aud" else incomplete(error.claim)) from None
    except ClaimError as error:
        raise InvalidToken(_SAID.get(error.claim) or incomplete(error.claim)) from None
    if claims["exp"] > claims["iat"] + MAX_LIFE_S:
        raise InvalidToken(LONG_LIVED)


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object whose names are all different: of two, each reader could believe another."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found
