"""Where clients put their token: in the Authorization header, or in the payload of a socket's `connection_init`."""

from typing import Any

from datasources.errors import Unauthenticated
from gateway.identity.errors import InvalidToken

NOT_UNDERSTOOD = "The Authorization header is not understood; write 'Authorization: Bearer TOKEN'."


def bearer(authorization_header: str | None) -> str | None:
    """The token of an `Authorization` header; None where the header is absent.

    Raises: InvalidToken for a header without a token, Unauthenticated for another scheme.
    """
    if authorization_header is None:
        return None
    scheme, _, token = authorization_header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        raise Unauthenticated(NOT_UNDERSTOOD)
    if not token or " " in token:
        raise InvalidToken(NOT_UNDERSTOOD)
    return token


def token_of(payload: dict[str, Any] | None) -> str | None:
    """The token of a `connection_init`: its `token`, or its `Authorization` as a header would be, in any case.

    None where there is neither. Raises: as `bearer`, and InvalidToken for one that is no text.
    """
    named = {name.lower(): value for name, value in (payload or {}).items()}
    token, header = named.get("token"), named.get("authorization")
    if not isinstance(token, str | None) or not isinstance(header, str | None):
        raise InvalidToken('The token is not understood; send {"token": "TOKEN"}.')
    return bearer(header) if token is None else token
