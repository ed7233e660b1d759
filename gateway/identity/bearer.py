"""Where clients put their token: in the Authorization header, or in the payload of a socket's `connection_init`."""

from typing import Any

from gateway.identity.errors import InvalidToken


def bearer(authorization_header: str | None) -> str | None:
    """The token of an `Authorization` header; None where the header is absent.

    Raises: InvalidToken for another scheme, or a header without a token.
    """
    if authorization_header is None:
        return None
    scheme, _, token = authorization_header.strip().partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token or " " in token:
        raise InvalidToken("The Authorization header is not understood; write 'Authorization: Bearer TOKEN'.")
    return token


def token_of(payload: dict[str, Any] | None) -> str | None:
    """The token of a `connection_init`: its `token`, or its `Authorization` as a header would be, in any case.

    None where there is neither. Raises: InvalidToken for one that is no text.
    """
    named = {name.lower(): value for name, value in (payload or {}).items()}
    token, header = named.get("token"), named.get("authorization")
    if not isinstance(token, str | None) or not isinstance(header, str | None):
        raise InvalidToken('The token is not understood; send {"token": "TOKEN"}.')
    return bearer(header) if token is None else token
