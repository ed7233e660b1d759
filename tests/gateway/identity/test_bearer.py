"""Where a token is looked for."""

from typing import Any

import pytest

from datasources.errors import Unauthenticated
from gateway.identity import InvalidToken, bearer, token_of

READ_AGAIN = "write 'Authorization: Bearer TOKEN'"


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER   abc ", " Bearer abc"])
def test_the_bearer_scheme_is_read_in_any_case(header: str) -> None:
    assert bearer(header) == "abc"
    assert token_of({"Authorization": header}) == "abc"


def test_no_header_is_no_token() -> None:
    assert bearer(None) is None


@pytest.mark.parametrize("header", ["", "abc", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Token abc"])
def test_other_schemes_are_refused_with_the_remedy(header: str) -> None:
    with pytest.raises(Unauthenticated, match=READ_AGAIN):
        bearer(header)
    with pytest.raises(Unauthenticated, match=READ_AGAIN):
        token_of({"authorization": header})


@pytest.mark.parametrize(
    ("payload", "token"),
    [
        (None, None),
        ({}, None),
        ({"other": 1}, None),
        ({"token": None}, None),
        ({"token": "abc"}, "abc"),
        ({"token": ""}, ""),
        ({"Authorization": "Bearer abc"}, "abc"),
        ({"authorization": "bearer abc"}, "abc"),
        ({"AUTHORIZATION": "Bearer abc", "token": None}, "abc"),
        ({"token": "abc", "Authorization": "Bearer other"}, "abc"),
    ],
)
def test_a_socket_has_it_in_its_payload(payload: dict[str, Any] | None, token: str | None) -> None:
    assert token_of(payload) == token


@pytest.mark.parametrize("payload", [{"token": 7}, {"token": ["abc"]}, {"Authorization": 7}, {"authorization": {}}])
def test_what_is_no_text_is_no_token(payload: dict[str, Any]) -> None:
    with pytest.raises(InvalidToken, match="The token is not understood"):
        token_of(payload)
