"""Whatever a token is made of, it holds or it is refused: nothing else comes out."""

import asyncio
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from datasources.actor import Actor
from datasources.errors import Unauthenticated
from gateway.identity import InvalidToken, Tokens, token_of
from gateway.identity.keys import usable
from tests.gateway.identity.forging import ADA, CLAIMS, HEADER, NOW, SECRET, Edwards, Elliptic, Rsa, forged

TOKENS = Tokens(SECRET, clock=lambda: NOW)
PUBLISHED = [Rsa().jwk(kid="1"), Elliptic().jwk(kid="1"), Edwards().jwk(kid="1")]
GOOD = TOKENS.issue(ADA, ["a"], ttl_s=60)

JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
HEADERS = ("alg", "kid", "typ", "crit", "b64", "jwk", "jku", "x5u", "x5c", "cty", "x5t")
MEMBERS = ("kty", "crv", "n", "e", "x", "y", "d", "k", "kid", "alg", "use", "key_ops", "x5c")
few = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def changed(base: dict[str, Any], names: tuple[str, ...]) -> st.SearchStrategy[dict[str, Any]]:
    """The base with some of its members, or of these, set to anything."""
    return st.dictionaries(st.sampled_from(names), JSON, max_size=3).map(lambda some: {**base, **some})


def outcome(token: str) -> Actor | str:
    try:
        return asyncio.run(TOKENS.actor_of(token))
    except InvalidToken as error:
        return error.message


@few
@given(st.text() | st.lists(st.text("abcXYZ019-_=+/. ", max_size=40), min_size=2, max_size=4).map(".".join))
@example(GOOD + ".")
def test_texts(token: str) -> None:
    assert isinstance(outcome(token), str)


@few
@given(st.integers(0, len(GOOD) - 1), st.characters())
def test_a_token_with_one_character_changed(place: int, character: str) -> None:
    token = GOOD[:place] + character + GOOD[place + 1 :]
    assert token == GOOD or isinstance(outcome(token), str)


@few
@given(changed(HEADER, HEADERS) | JSON, changed(CLAIMS, (*CLAIMS, "nbf", "jti")) | JSON)
def test_well_signed_tokens_of_anything(header: Any, claims: Any) -> None:
    found = outcome(forged(claims, header))
    assert isinstance(found, Actor | str)


@few
@given(st.sampled_from(PUBLISHED).flatmap(lambda jwk: changed(jwk, MEMBERS)) | JSON)
def test_published_keys_of_anything(jwk: Any) -> None:
    keys = usable([jwk] if isinstance(jwk, dict) else [])
    assert {algorithm for algorithm, _ in keys} <= {"RS256", "ES256", "EdDSA", "Ed25519"}


@few
@given(st.none() | st.dictionaries(st.sampled_from(("token", "Authorization", "authorization", "x")), JSON))
def test_payloads_of_anything(payload: dict[str, Any] | None) -> None:
    with suppress(Unauthenticated):
        assert isinstance(token_of(payload), str | None)
