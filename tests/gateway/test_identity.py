import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from datasources.actor import Actor
from datasources.errors import Unauthenticated
from gateway.identity import SKEW_S, Tokens, bearer

SECRET = b"0123456789abcdef0123456789abcdef"
ADA = UUID("01890000-0000-7000-8000-000000000001")
NOW = datetime(2025, 3, 1, 12, 0, tzinfo=UTC)
AT = int(NOW.timestamp())
HEADER = {"alg": "HS256", "typ": "JWT"}
CLAIMS: dict[str, Any] = {"sub": str(ADA), "scope": "a b", "exp": AT + 60, "iss": "heddle", "aud": "heddle"}

BROKEN = "This token does not hold: it was changed, or signed with another key. Sign in again."
EXPIRED = "This token has expired. Sign in again."
UNTIMELY = "This token is not valid yet; check the clock of the machine that issued it."
FOREIGN = "This token is for another service; get one for this gateway."
INCOMPLETE = "This token lacks what says who you are. Sign in again."


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, clock=lambda: NOW)


def part(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def opened(token: str) -> dict[str, Any]:
    payload = token.split(".")[1]
    claims: dict[str, Any] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def forged(
    claims: object,
    header: object = HEADER,
    secret: bytes = SECRET,
    digest: Callable[..., Any] = hashlib.sha256,
) -> str:
    """A token made by hand, without the library under test."""
    signed = part(json.dumps(header).encode()) + "." + part(json.dumps(claims).encode())
    return signed + "." + part(hmac.new(secret, signed.encode(), digest).digest())


async def refusal(tokens: Tokens, token: str) -> str:
    with pytest.raises(Unauthenticated) as caught:
        await tokens.actor_of(token)
    assert caught.value.extensions == {"code": "UNAUTHENTICATED"}
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return caught.value.message


async def test_a_token_says_whose_it_is_and_what_they_may(tokens: Tokens) -> None:
    token = tokens.issue(ADA, ["orders:read", "cart"], ttl_s=60)
    assert await tokens.actor_of(token) == Actor(ADA, frozenset({"cart", "orders:read"}))
    assert await tokens.actor_of(tokens.issue(ADA, [], ttl_s=60)) == Actor(ADA)


async def test_an_issued_token_holds_these_claims_and_an_id_of_its_own(tokens: Tokens) -> None:
    claims = opened(tokens.issue(ADA, ["b", "a"], ttl_s=60))
    assert UUID(claims.pop("jti")).version == 7
    assert claims == {**CLAIMS, "iat": AT, "nbf": AT}
    first, second = (opened(tokens.issue(ADA, [], ttl_s=60))["jti"] for _ in range(2))
    assert first != second


async def test_tokens_of_other_makers_need_no_more_than_who_until_when_for_whom(tokens: Tokens) -> None:
    assert await tokens.actor_of(forged(CLAIMS)) == Actor(ADA, frozenset({"a", "b"}))
    assert await tokens.actor_of(forged({**CLAIMS, "aud": ["other", "heddle"]})) == Actor(ADA, frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none"},
        {"alg": "None"},
        {"alg": "nOnE", "typ": "JWT"},
        {"alg": ""},
        {"alg": None},
        {"alg": ["HS256"]},
        {"alg": "HS384"},
        {"alg": "HS512"},
        {"alg": "RS256"},
        {"alg": "ES256"},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": ["exp"]},
        {"alg": "HS256", "crit": 1},
        {"alg": "HS256", "enc": "A256GCM"},
        "alg",
        ["alg"],
        1,
        None,
    ],
)
async def test_only_the_expected_algorithm_is_taken(tokens: Tokens, header: object) -> None:
    token = forged(CLAIMS, header)
    assert await refusal(tokens, token) == BROKEN
    assert await refusal(tokens, token.rpartition(".")[0] + ".") == BROKEN


async def test_a_stronger_hash_with_the_right_secret_is_still_another_algorithm(tokens: Tokens) -> None:
    assert await refusal(tokens, forged(CLAIMS, {"alg": "HS512"}, digest=hashlib.sha512)) == BROKEN


async def test_a_key_carried_in_the_header_is_not_trusted(tokens: Tokens) -> None:
    mine = b"m" * 32
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": part(mine)}}
    assert await refusal(tokens, forged(CLAIMS, header, secret=mine)) == BROKEN


async def test_another_key_or_a_changed_payload_breaks_it(tokens: Tokens) -> None:
    assert await refusal(tokens, forged(CLAIMS, secret=SECRET[::-1])) == BROKEN
    header, _, signature = tokens.issue(ADA, ["a"], ttl_s=60).split(".")
    richer = part(json.dumps({**CLAIMS, "scope": "*"}).encode())
    assert await refusal(tokens, f"{header}.{richer}.{signature}") == BROKEN
    assert await refusal(tokens, f"{header}.{richer}.") == BROKEN


@pytest.mark.parametrize("token", ["", ".", "..", "x", "a.b.c", "a.b.c.d.e", "\0", "é.é.é", "e30.e30.e30"])
async def test_what_is_no_token_at_all_is_broken(tokens: Tokens, token: str) -> None:
    assert await refusal(tokens, token) == BROKEN


@pytest.mark.parametrize("payload", [[], "x", 1, None])
async def test_a_payload_that_is_no_object_is_broken(tokens: Tokens, payload: object) -> None:
    assert await refusal(tokens, forged(payload)) == BROKEN


async def test_a_giant_token_is_refused_unread(tokens: Tokens) -> None:
    said = "This token is longer than 8192 characters; send the token alone."
    assert await refusal(tokens, forged({**CLAIMS, "scope": "x" * 100_000})) == said
    assert await refusal(tokens, "x" * 100_000) == said


async def test_it_lives_from_its_birth_to_its_end_give_or_take_the_clocks() -> None:
    token = Tokens(SECRET, clock=lambda: NOW).issue(ADA, [], ttl_s=600)

    def later(seconds: float) -> Tokens:
        return Tokens(SECRET, clock=lambda: NOW + timedelta(seconds=seconds))

    for valid in (-SKEW_S, 0, 600, 600 + SKEW_S - 1):
        assert await later(valid).actor_of(token) == Actor(ADA)
    assert await refusal(later(-SKEW_S - 1), token) == UNTIMELY
    assert await refusal(later(600 + SKEW_S), token) == EXPIRED


async def test_a_token_can_be_issued_for_another_moment(tokens: Tokens) -> None:
    assert await refusal(tokens, tokens.issue(ADA, [], 60, now=NOW - timedelta(hours=1))) == EXPIRED
    assert await refusal(tokens, tokens.issue(ADA, [], 60, now=NOW + timedelta(hours=1))) == UNTIMELY


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iss": "other"}, FOREIGN),
        ({"iss": ["heddle"]}, FOREIGN),
        ({"iss": None}, FOREIGN),
        ({"aud": "other"}, FOREIGN),
        ({"aud": ["other"]}, FOREIGN),
        ({"aud": []}, FOREIGN),
        ({"aud": {"heddle": 1}}, FOREIGN),
        ({"exp": AT - SKEW_S - 1}, EXPIRED),
        ({"exp": None}, INCOMPLETE),
        ({"exp": str(AT + 60)}, INCOMPLETE),
        ({"exp": True}, INCOMPLETE),
        ({"exp": float("nan")}, INCOMPLETE),
        ({"exp": float("inf")}, INCOMPLETE),
        ({"nbf": AT + SKEW_S + 1}, UNTIMELY),
        ({"nbf": "soon"}, UNTIMELY),
        ({"iat": AT + SKEW_S + 1}, UNTIMELY),
        ({"sub": None}, INCOMPLETE),
        ({"sub": ""}, INCOMPLETE),
        ({"sub": "ada@example.com"}, INCOMPLETE),
        ({"sub": 1}, INCOMPLETE),
        ({"sub": [str(ADA)]}, INCOMPLETE),
        ({"scope": ["*"]}, INCOMPLETE),
        ({"scope": {"*": True}}, INCOMPLETE),
        ({"scope": 1}, INCOMPLETE),
        ({"scope": None}, INCOMPLETE),
    ],
)
async def test_a_well_signed_token_with_wrong_claims_is_refused(
    tokens: Tokens, change: dict[str, Any], said: str
) -> None:
    assert await refusal(tokens, forged({**CLAIMS, **change})) == said


@pytest.mark.parametrize("missing", ["sub", "exp", "iss", "aud"])
async def test_a_token_that_lacks_a_claim_is_refused(tokens: Tokens, missing: str) -> None:
    said = await refusal(tokens, forged({name: claim for name, claim in CLAIMS.items() if name != missing}))
    assert said == (FOREIGN if missing in ("iss", "aud") else INCOMPLETE)


def test_a_short_secret_stops_the_start_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="has 6 bytes; write at least 32, made by: python -c") as caught:
        Tokens(b"hunter")
    assert "hunter" not in str(caught.value)


@pytest.mark.parametrize("header", ["Bearer abc", "bearer abc", "BEARER   abc ", " Bearer abc"])
def test_the_bearer_scheme_is_read_in_any_case(header: str) -> None:
    assert bearer(header) == "abc"


def test_no_header_is_no_token() -> None:
    assert bearer(None) is None


@pytest.mark.parametrize("header", ["", "abc", "Bearer", "Bearer ", "Basic YTpi", "Bearer a b", "Token abc"])
def test_other_schemes_are_refused_with_the_remedy(header: str) -> None:
    with pytest.raises(Unauthenticated, match="write 'Authorization: Bearer TOKEN'"):
        bearer(header)
