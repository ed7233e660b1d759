"""Why a token is refused: in words for whoever sent it, which never repeat any of it."""

from datasources.errors import Unauthenticated

BROKEN = "This token does not hold: it was changed, or signed with another key. Sign in again."
EXPIRED = "This token has expired. Sign in again."
UNTIMELY = "This token is not valid yet; check the clock of the machine that issued it."
FOREIGN = "This token is for another service; get one for this gateway."
LONG_LIVED = "This token lives for more than a year; get one that ends sooner."
UNKNOWN_KEY = "This token was signed with a key that its issuer does not publish. Sign in again."
REVOKED = "This token was revoked. Sign in again."


class InvalidToken(Unauthenticated):
    """There is a token, and it does not hold: over HTTP a 401 with `invalid_token`, on a socket 4403."""


def incomplete(claim: str) -> str:
    """Which claim is missing, or of a wrong kind; it must be the name of one that the standard has."""
    return f"This token lacks `{claim}`, or has one that cannot be meant. Sign in again."
