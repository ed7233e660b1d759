"""Tokens of our own secret: what they must say, for how long they hold, and every way to forge one."""

import hashlib
import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from datasources.actor import SYSTEM, Actor
from gateway.identity import Tokens
from gateway.identity.reading import MAX_LIFE_S, SKEW_S
from gateway.identity.tokens import KNOWN_FOR_S, person_of
from tests.gateway.identity.forging import (
    ADA,
    AT,
    BROKEN,
    CLAIMS,
    EXPIRED,
    FOREIGN,
    HEADER,
    NOW,
    SECRET,
    UNTIMELY,
    by_secret,
    forged,
    lacks,
    opened,
    part,
    refusal,
)

LONG_LIVED = "This token lives for more than a year; get one that ends sooner."


@pytest.fixture
def tokens() -> Tokens:
    return Tokens(SECRET, clock=lambda: NOW)


async def test_a_token_says_whose_it_is_and_what_they_may(tokens: Tokens) -> None:
    token = tokens.issue(ADA, ["orders:read", "cart"], ttl_s=60)
    assert await tokens.actor_of(token) == Actor(ADA, frozenset({"cart", "orders:read"}))
    assert await tokens.actor_of(tokens.issue(ADA, [], ttl_s=60)) == Actor(ADA)


async def test_an_issued_token_holds_these_claims_and_an_id_of_its_own(tokens: Tokens) -> None:
    claims = opened(tokens.issue(ADA, ["b", "a"], ttl_s=60))
    assert UUID(claims.pop("jti")).version == 7
    assert claims == {**CLAIMS, "nbf": AT}
    first, second = (opened(tokens.issue(ADA, [], ttl_s=60))["jti"] for _ in range(2))
    assert first != second


async def test_tokens_of_other_makers_need_no_more_than_who_when_and_for_whom(tokens: Tokens) -> None:
    assert await tokens.actor_of(forged(CLAIMS)) == Actor(ADA, frozenset({"a", "b"}))
    assert await tokens.actor_of(forged({**CLAIMS, "aud": ["other", "heddle"]})) == Actor(ADA, frozenset({"a", "b"}))


async def test_headers_that_nobody_knows_are_ignored(tokens: Tokens) -> None:
    header = {**HEADER, "cat": "x" * 600, "enc": "A256GCM", "kid": "k1", "jku": "https://evil.example/keys"}
    assert await tokens.actor_of(forged(CLAIMS, header)) == Actor(ADA, frozenset({"a", "b"}))


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
        {"alg": "EdDSA"},
        {"typ": "JWT"},
        {"alg": "HS256", "crit": ["exp"], "exp": 1},
        {"alg": "HS256", "crit": ["b64"], "b64": True},
        {"alg": "HS256", "crit": []},
        {"alg": "HS256", "crit": 1},
        {"alg": "HS256", "b64": False},
        {"alg": "HS256", "kid": 1},
        b'{"alg":"HS256"',
        b"\xff\xfe",
        b"[" * 2_000 + b"]" * 2_000,
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


async def test_a_payload_that_is_not_encoded_is_no_token(tokens: Tokens) -> None:
    """RFC 7797, which RFC 7519 forbids here."""
    header = part(json.dumps({"alg": "HS256", "crit": ["b64"], "b64": False}).encode())
    signed = f"{header}.{json.dumps(CLAIMS)}"
    assert await refusal(tokens, f"{signed}.{part(by_secret(SECRET)(signed.encode()))}") == BROKEN


async def test_a_stronger_hash_with_the_right_secret_is_still_another_algorithm(tokens: Tokens) -> None:
    assert await refusal(tokens, forged(CLAIMS, {"alg": "HS512"}, by_secret(SECRET, hashlib.sha512))) == BROKEN


async def test_a_key_carried_in_the_header_is_not_trusted(tokens: Tokens) -> None:
    mine = b"m" * 32
    header = {"alg": "HS256", "jwk": {"kty": "oct", "k": part(mine)}}
    assert await refusal(tokens, forged(CLAIMS, header, by_secret(mine))) == BROKEN


async def test_another_key_or_a_changed_payload_breaks_it(tokens: Tokens) -> None:
    assert await refusal(tokens, forged(CLAIMS, sign=by_secret(SECRET[::-1]))) == BROKEN
    header, _, signature = tokens.issue(ADA, ["a"], ttl_s=60).split(".")
    richer = part(json.dumps({**CLAIMS, "scope": "*"}).encode())
    assert await refusal(tokens, f"{header}.{richer}.{signature}") == BROKEN
    assert await refusal(tokens, f"{header}.{richer}.") == BROKEN


@pytest.mark.parametrize("token", ["", ".", "..", "x", "a.b.c", "a.b.c.d.e", "\0", "é.é.é", "e30.e30.e30", "\ud800"])
async def test_what_is_no_token_at_all_is_broken(tokens: Tokens, token: str) -> None:
    assert await refusal(tokens, token) == BROKEN


@pytest.mark.parametrize("how", ["{}=", "{} ", " {}", "{}\n", "{}.", ".{}", "{}A"])
async def test_a_token_is_written_in_one_way_only(tokens: Tokens, how: str) -> None:
    """Else one that is known, or revoked, could be another one that is not."""
    assert await refusal(tokens, how.format(tokens.issue(ADA, [], ttl_s=60))) == BROKEN


@pytest.mark.parametrize(
    "payload",
    [
        [],
        "x",
        1,
        None,
        b"",
        b"{",
        b"\xff\xfe{}",
        json.dumps(CLAIMS).encode("utf-16"),
        b"[" * 2_900 + b"]" * 2_900,
        b'{"a":' * 1_000 + b"1" + b"}" * 1_000,
        b'{"exp":' + b"9" * 5_000 + b"}",
        json.dumps(CLAIMS)[:-1].encode() + b',"sub":"01890000-0000-7000-8000-000000000002"}',
        json.dumps(CLAIMS)[:-1].encode() + b',"exp":9999999999}',
    ],
)
async def test_a_payload_that_is_no_plain_object_is_broken(tokens: Tokens, payload: object) -> None:
    """Also one that says a thing twice, of which each reader could believe another, and one too deep to be read."""
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


async def test_a_known_token_ends_at_the_same_moment() -> None:
    now = [NOW]
    tokens = Tokens(SECRET, clock=lambda: now[0])
    token = tokens.issue(ADA, [], ttl_s=10)
    for valid in (0, 10 + SKEW_S - 1):
        now[0] = NOW + timedelta(seconds=valid)
        assert await tokens.actor_of(token) == Actor(ADA)
    now[0] = NOW + timedelta(seconds=10 + SKEW_S)
    assert await refusal(tokens, token) == EXPIRED


async def test_a_known_token_is_one_actor_and_is_looked_at_again_after_a_while() -> None:
    now = [NOW]
    tokens = Tokens(SECRET, clock=lambda: now[0])
    token = tokens.issue(ADA, ["a"], ttl_s=3600)
    first = await tokens.actor_of(token)
    now[0] += timedelta(seconds=KNOWN_FOR_S - 1)
    assert await tokens.actor_of(token) is first
    now[0] += timedelta(seconds=2)
    again = await tokens.actor_of(token)
    assert again == first
    assert again is not first


async def test_only_so_many_tokens_are_known(tokens: Tokens, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.identity.tokens.TOKENS_KEPT", 3)
    first, *_ = issued = [tokens.issue(ADA, [str(n)], ttl_s=60) for n in range(4)]
    for token in issued:
        await tokens.actor_of(token)
    assert list(tokens._known) == issued[1:]
    assert await tokens.actor_of(first) == Actor(ADA, frozenset({"0"}))


async def test_a_token_can_be_issued_for_another_moment(tokens: Tokens) -> None:
    assert await refusal(tokens, tokens.issue(ADA, [], 60, now=NOW - timedelta(hours=1))) == EXPIRED
    assert await refusal(tokens, tokens.issue(ADA, [], 60, now=NOW + timedelta(hours=1))) == UNTIMELY


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"iss": "other"}, FOREIGN),
        ({"iss": "Heddle"}, FOREIGN),
        ({"iss": "heddle "}, FOREIGN),
        ({"iss": ["heddle"]}, FOREIGN),
        ({"iss": {}}, FOREIGN),
        ({"iss": None}, FOREIGN),
        ({"aud": "other"}, FOREIGN),
        ({"aud": "heddle.evil.example"}, FOREIGN),
        ({"aud": ["other"]}, FOREIGN),
        ({"aud": ["heddle", 1]}, FOREIGN),
        ({"aud": []}, FOREIGN),
        ({"aud": {"heddle": 1}}, FOREIGN),
        ({"exp": AT - SKEW_S - 1}, EXPIRED),
        ({"exp": -1}, EXPIRED),
        ({"exp": None}, lacks("exp")),
        ({"exp": str(AT + 60)}, lacks("exp")),
        ({"exp": True}, lacks("exp")),
        ({"exp": float("nan")}, lacks("exp")),
        ({"exp": float("inf")}, lacks("exp")),
        ({"exp": AT + MAX_LIFE_S + 1}, LONG_LIVED),
        ({"exp": 10**4_000}, LONG_LIVED),
        ({"exp": 10**400, "iat": 1.5}, LONG_LIVED),
        ({"iat": -(10**4_000)}, LONG_LIVED),
        ({"nbf": AT + SKEW_S + 1}, UNTIMELY),
        ({"nbf": "soon"}, UNTIMELY),
        ({"iat": AT + SKEW_S + 1}, UNTIMELY),
        ({"iat": 10**4_000}, UNTIMELY),
        ({"iat": "long ago"}, UNTIMELY),
        ({"iat": None}, lacks("iat")),
        ({"sub": None}, lacks("sub")),
        ({"sub": ""}, lacks("sub")),
        ({"sub": 1}, lacks("sub")),
        ({"sub": [str(ADA)]}, lacks("sub")),
        ({"sub": str(SYSTEM.id)}, lacks("sub")),
        ({"sub": "\ud800"}, lacks("sub")),
        ({"sub": "a\0"}, lacks("sub")),
        ({"scope": ["*"]}, lacks("scope")),
        ({"scope": {"*": True}}, lacks("scope")),
        ({"scope": 1}, lacks("scope")),
        ({"scope": None}, lacks("scope")),
        ({"jti": 1}, lacks("jti")),
    ],
)
async def test_a_well_signed_token_with_wrong_claims_is_refused(
    tokens: Tokens, change: dict[str, Any], said: str
) -> None:
    assert await refusal(tokens, forged({**CLAIMS, **change})) == said


@pytest.mark.parametrize("missing", ["sub", "exp", "iat", "iss", "aud"])
async def test_a_token_that_lacks_a_claim_is_refused(tokens: Tokens, missing: str) -> None:
    said = await refusal(tokens, forged({name: claim for name, claim in CLAIMS.items() if name != missing}))
    assert said == (FOREIGN if missing in ("iss", "aud") else lacks(missing))


async def test_a_token_may_live_for_a_year(tokens: Tokens) -> None:
    assert await tokens.actor_of(forged({**CLAIMS, "exp": AT + MAX_LIFE_S})) == Actor(ADA, frozenset({"a", "b"}))


@pytest.mark.parametrize(
    "subject", ["auth0|5f7c8ec7c33c6c004bbafe82", "ada@example.com", str(ADA).upper(), f"{{{ADA}}}", f"urn:uuid:{ADA}"]
)
async def test_a_subject_that_is_no_id_of_ours_gets_one_of_its_own(tokens: Tokens, subject: str) -> None:
    """The same each time, another one with each issuer; and however it is written, never that of somebody else."""
    actor = await tokens.actor_of(forged({**CLAIMS, "sub": subject}))
    assert actor.id == person_of("heddle", subject)
    assert actor.id not in (ADA, person_of("https://other.example", subject))
    assert person_of("heddle", str(ADA)) == ADA


async def test_who_has_no_secret_issues_nothing_and_takes_nothing_signed_by_one() -> None:
    tokens = Tokens(None, clock=lambda: NOW)
    with pytest.raises(ValueError, match="HEDDLE_TOKEN_SECRET"):
        tokens.issue(ADA, [], ttl_s=60)
    assert await refusal(tokens, forged(CLAIMS)) == FOREIGN


def test_a_short_secret_stops_the_start_and_is_not_shown() -> None:
    with pytest.raises(ValueError, match="has 6 bytes; write at least 32, made by: python -c") as caught:
        Tokens(b"hunter")
    assert "hunter" not in str(caught.value)
