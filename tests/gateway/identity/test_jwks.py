"""Tokens of another issuer: checked by the keys that it publishes, and by nothing that a token brings along."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from structlog.testing import capture_logs

from datasources.actor import Actor
from datasources.errors import SourceUnavailable
from gateway.identity import Jwks, Tokens
from gateway.identity.keys import FRESH_S, MAX_JWKS_BYTES, PAUSE_S, STALE_S, usable
from gateway.identity.tokens import person_of
from tests.gateway.identity.forging import (
    ADA,
    BROKEN,
    CLAIMS,
    NOW,
    SECRET,
    UNKNOWN_KEY,
    Edwards,
    Elliptic,
    Rsa,
    by_secret,
    forged,
    number,
    part,
    refusal,
)
from tests.rest.outside import Held, Outside, hang_up, http
from tests.rest.outside import json as answer

ISSUER = "https://id.example"
ADA_MAY = Actor(ADA, frozenset({"a", "b"}))
MINE = {**CLAIMS, "iss": ISSUER}
PATH = "/keys?of=heddle"

Key = Rsa | Elliptic | Edwards
RSA, ELLIPTIC, EDWARDS = Rsa(), Elliptic(), Edwards()
PUBLISHED = [RSA.jwk(kid="rsa"), ELLIPTIC.jwk(kid="elliptic"), EDWARDS.jwk(kid="edwards")]


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def issuer() -> AsyncIterator[Outside]:
    async with Outside().running() as server:
        server.says(answer({"keys": PUBLISHED}))
        yield server


@pytest.fixture
async def jwks(issuer: Outside, clock: Clock) -> AsyncIterator[Jwks]:
    jwks = Jwks(issuer.url + PATH, clock)
    yield jwks
    await jwks.close()


@pytest.fixture
def tokens(jwks: Jwks) -> Tokens:
    return Tokens(SECRET, issuers={ISSUER: jwks}, clock=lambda: NOW)


def signed(key: Key, kid: str | None = None, claims: Any = MINE, **header: Any) -> str:
    named = {} if kid is None else {"kid": kid}
    return forged(claims, {"alg": key.ALGORITHM, **named, **header}, key.sign)


@pytest.mark.parametrize(
    ("key", "kid", "header"),
    [
        (RSA, "rsa", {}),
        (ELLIPTIC, "elliptic", {}),
        (EDWARDS, "edwards", {}),
        (EDWARDS, "edwards", {"alg": "Ed25519"}),
        (RSA, None, {}),
        (RSA, "rsa", {"typ": "at+jwt", "x5t": "abc"}),
    ],
)
async def test_each_algorithm_is_taken_with_its_key(
    tokens: Tokens, issuer: Outside, key: Key, kid: str | None, header: dict[str, Any]
) -> None:
    token = signed(key, kid, **header)
    assert await tokens.actor_of(token) == ADA_MAY
    assert await tokens.actor_of(token) == ADA_MAY
    assert issuer.targets == [PATH]


async def test_a_subject_is_its_issuers_alone(tokens: Tokens) -> None:
    actor = await tokens.actor_of(signed(RSA, "rsa", {**MINE, "sub": "auth0|1"}))
    assert actor.id == person_of(ISSUER, "auth0|1") != person_of("heddle", "auth0|1")


def public_forms(key: Rsa) -> list[bytes]:
    public = key.secret.public_key()
    return [
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).rstrip(),
        public.public_bytes(Encoding.PEM, PublicFormat.PKCS1),
        public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        public.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH),
        number(public.public_numbers().n).encode(),
        json.dumps(key.jwk(kid="rsa")).encode(),
    ]


@pytest.mark.parametrize("iss", [ISSUER, "heddle"])
@pytest.mark.parametrize("alg", ["HS256", "HS512"])
async def test_a_public_key_is_no_secret(tokens: Tokens, iss: str, alg: str) -> None:
    for form in public_forms(RSA):
        assert (
            await refusal(tokens, forged({**MINE, "iss": iss}, {"alg": alg, "kid": "rsa"}, by_secret(form))) == BROKEN
        )


async def test_an_issuers_tokens_are_checked_by_its_own_keys_alone(tokens: Tokens) -> None:
    assert await refusal(tokens, signed(RSA, "rsa", CLAIMS)) == BROKEN
    assert await refusal(tokens, forged(MINE)) == BROKEN
    assert await refusal(tokens, forged(MINE, {"alg": "HS256", "kid": "rsa"})) == BROKEN


@pytest.mark.parametrize(
    "alg", ["none", "None", "RS384", "RS512", "PS256", "ES384", "ES256K", "Ed448", "rs256", "HS256"]
)
async def test_other_algorithms_are_refused_and_nobody_is_asked_for_their_keys(
    tokens: Tokens, issuer: Outside, alg: str
) -> None:
    token = signed(RSA, "rsa", alg=alg)
    assert await refusal(tokens, token) == BROKEN
    assert await refusal(tokens, token.rpartition(".")[0] + ".") == BROKEN
    assert issuer.asked == []


async def test_a_key_is_used_for_its_own_algorithm_alone(tokens: Tokens) -> None:
    assert await refusal(tokens, forged(MINE, {"alg": "ES256", "kid": "rsa"}, RSA.sign)) == UNKNOWN_KEY
    assert await refusal(tokens, forged(MINE, {"alg": "EdDSA", "kid": "elliptic"}, ELLIPTIC.sign)) == UNKNOWN_KEY
    assert await refusal(tokens, forged(MINE, {"alg": "RS256", "kid": "rsa"}, Rsa().sign)) == BROKEN


@pytest.mark.parametrize(
    "kid", ["", "RSA", "rsa\0", "../rsa", "/dev/null", "' OR 1=1 --", "http://127.0.0.1:9/keys", "0", "x" * 300]
)
async def test_a_key_id_is_a_name_and_leads_nowhere(tokens: Tokens, issuer: Outside, kid: str) -> None:
    assert await refusal(tokens, signed(RSA, kid)) == UNKNOWN_KEY
    assert set(issuer.targets) == {PATH}


async def test_keys_that_a_token_brings_along_are_not_looked_at(tokens: Tokens, issuer: Outside) -> None:
    mine = Rsa()
    async with Outside().running() as evil:
        evil.says(answer({"keys": [mine.jwk(kid="rsa")]}))
        for header in (
            {"jku": f"{evil.url}/keys"},
            {"x5u": f"{evil.url}/keys"},
            {"jwk": mine.jwk(kid="rsa")},
            {"x5c": ["AAAA"]},
        ):
            assert await refusal(tokens, signed(mine, "rsa", **header)) == BROKEN
            assert await tokens.actor_of(signed(RSA, "rsa", **header)) == ADA_MAY
        assert evil.asked == []
    assert issuer.targets == [PATH]


def as_der(signature: bytes) -> bytes:
    return encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))


def malleated(signature: bytes) -> bytes:
    s = int.from_bytes(signature[32:], "little") + Edwards.ORDER
    return signature[:32] + s.to_bytes(32, "little")


@pytest.mark.parametrize(
    ("key", "kid", "spoil"),
    [
        (RSA, "rsa", lambda signature: bytes(256)),
        (RSA, "rsa", lambda signature: b"\0" + signature),
        (RSA, "rsa", lambda signature: signature[:-1]),
        (ELLIPTIC, "elliptic", lambda signature: bytes(64)),
        (ELLIPTIC, "elliptic", lambda signature: bytes(31) + b"\1" + bytes(31) + b"\1"),
        (ELLIPTIC, "elliptic", as_der),
        (ELLIPTIC, "elliptic", lambda signature: signature + signature),
        (EDWARDS, "edwards", lambda signature: bytes(64)),
        (EDWARDS, "edwards", lambda signature: b"\1" + bytes(63)),
        (EDWARDS, "edwards", malleated),
        (EDWARDS, "edwards", lambda signature: signature + b"\0"),
    ],
)
async def test_signatures_that_are_no_signatures(
    tokens: Tokens, key: Key, kid: str, spoil: Callable[[bytes], bytes]
) -> None:
    """Zeros, points of small order, another encoding, and the second signature that some libraries take."""
    header = {"alg": key.ALGORITHM, "kid": kid}
    assert await refusal(tokens, forged(MINE, header, lambda signed: spoil(key.sign(signed)))) == BROKEN


def left_out() -> dict[str, dict[str, Any]]:
    small, other_curve = Rsa(1024), Elliptic(ec.SECP384R1())
    modulus = small.secret.public_key().public_numbers().n
    return {
        "for encryption": RSA.jwk(use="enc"),
        "for signing": RSA.jwk(key_ops=["sign"]),
        "operations that are no list": RSA.jwk(key_ops="verify"),
        "for another algorithm": RSA.jwk(alg="RS512"),
        "for padding of another kind": RSA.jwk(alg="PS256"),
        "weak": small.jwk(),
        "weak, in a long form": {**small.jwk(), "n": part(modulus.to_bytes(256))},
        "enormous": {**RSA.jwk(), "n": part(b"\xff" * 1_000)},
        "with its secret": RSA.jwk(d="AAAA"),
        "on another curve": other_curve.jwk(crv="P-384"),
        "off its curve": {**ELLIPTIC.jwk(), "y": part(bytes(31) + b"\1")},
        "said to be of another curve": other_curve.jwk(),
        "for exchange": EDWARDS.jwk(crv="X25519"),
        "too short": {**EDWARDS.jwk(), "x": part(bytes(31))},
        "symmetric": {"kty": "oct", "k": part(SECRET)},
        "unheard of": {"kty": "AKP", "pub": "AAAA"},
        "without a type": {"n": "AAAA", "e": "AQAB"},
        "of no type": {**RSA.jwk(), "kty": ["RSA"]},
        "without a part": {"kty": "RSA", "e": "AQAB"},
        "of wrong parts": {**RSA.jwk(), "n": 7},
        "of no base64": {**RSA.jwk(), "n": "!" * 400},
        "empty": {},
    }  # fmt: skip


@pytest.mark.parametrize("what", left_out())
def test_keys_that_are_of_no_use_or_not_safe_are_left_out(what: str) -> None:
    assert usable([left_out()[what]]) == {}
    assert usable([left_out()[what], RSA.jwk(kid="rsa")]).keys() == {("RS256", "rsa"), ("RS256", None)}


def test_keys_go_by_algorithm_and_name() -> None:
    other = Rsa()
    keys = usable(
        [*PUBLISHED, other.jwk(kid="other", alg="RS256", use="sig", key_ops=["verify"]), other.jwk(kid="rsa")]
    )
    assert keys.keys() == {
        ("RS256", "rsa"),
        ("RS256", "other"),
        ("ES256", "elliptic"),
        ("ES256", None),
        ("EdDSA", "edwards"),
        ("EdDSA", None),
        ("Ed25519", "edwards"),
        ("Ed25519", None),
    }
    assert keys["RS256", "rsa"] == usable([RSA.jwk(kid="rsa")])["RS256", "rsa"]
    assert usable([RSA.jwk(kid=7)]).keys() == {("RS256", None)}


async def test_a_token_that_names_no_key_needs_the_only_one(tokens: Tokens, issuer: Outside) -> None:
    issuer.says(answer({"keys": [RSA.jwk(kid="a"), Rsa().jwk(kid="b"), EDWARDS.jwk()]}))
    assert await refusal(tokens, signed(RSA)) == UNKNOWN_KEY
    assert await tokens.actor_of(signed(RSA, "a")) == ADA_MAY
    assert await tokens.actor_of(signed(EDWARDS)) == ADA_MAY


async def test_a_new_key_is_learned_with_its_first_token(tokens: Tokens, issuer: Outside, clock: Clock) -> None:
    new = Elliptic()
    await tokens.actor_of(signed(RSA, "rsa"))
    issuer.says(answer({"keys": [*PUBLISHED, new.jwk(kid="new")]}))
    clock.now += PAUSE_S
    assert await tokens.actor_of(signed(new, "new")) == ADA_MAY
    assert len(issuer.asked) == 2


async def test_made_up_keys_do_not_make_us_ask_more_often(tokens: Tokens, issuer: Outside, clock: Clock) -> None:
    await tokens.actor_of(signed(RSA, "rsa"))
    for _ in range(3):
        made_up = [signed(RSA, f"made up {number}") for number in range(50)]
        assert {await refusal(tokens, token) for token in made_up[:25]} == {UNKNOWN_KEY}
        assert set(await asyncio.gather(*(refusal(tokens, token) for token in made_up[25:]))) == {UNKNOWN_KEY}
        clock.now += PAUSE_S
    assert len(issuer.asked) == 3


async def test_all_who_wait_for_keys_wait_for_one_request(tokens: Tokens, issuer: Outside) -> None:
    held = Held(answer({"keys": PUBLISHED}))
    issuer.says(held)
    waiting = [asyncio.create_task(tokens.actor_of(signed(RSA, "rsa", n=n))) for n in range(20)]
    await held.arrived.wait()
    waiting[0].cancel()  # its client left, and takes nobody along
    held.let_go.set()
    assert await asyncio.gather(*waiting[1:]) == [ADA_MAY] * 19
    assert len(issuer.asked) == 1


async def test_keys_are_read_again_beside_the_tokens(tokens: Tokens, issuer: Outside, clock: Clock) -> None:
    """Who comes when they are old does not wait; a key that was taken back holds for nobody after that."""
    await tokens.actor_of(signed(RSA, "rsa"))
    held = Held(answer({"keys": PUBLISHED[1:]}))
    issuer.says(held)
    clock.now += FRESH_S
    assert await tokens.actor_of(signed(RSA, "rsa", n=1)) == ADA_MAY
    await held.arrived.wait()
    held.let_go.set()
    assert await tokens.actor_of(signed(ELLIPTIC, "elliptic")) == ADA_MAY
    assert await refusal(tokens, signed(RSA, "unheard of")) == UNKNOWN_KEY  # waits for the same request
    assert await refusal(tokens, signed(RSA, "rsa", n=2)) == UNKNOWN_KEY
    assert len(issuer.asked) == 2


async def test_keys_that_nobody_needed_for_long_are_read_before_they_are_used(
    tokens: Tokens, issuer: Outside, clock: Clock
) -> None:
    await tokens.actor_of(signed(RSA, "rsa"))
    issuer.says(answer({"keys": PUBLISHED[1:]}))
    clock.now += STALE_S
    assert await refusal(tokens, signed(RSA, "rsa", n=1)) == UNKNOWN_KEY
    issuer.says(hang_up)
    clock.now += STALE_S
    assert await tokens.actor_of(signed(ELLIPTIC, "elliptic")) == ADA_MAY, "a dead issuer is survived then, too"


async def test_an_issuer_that_takes_back_all_keys_is_believed(
    tokens: Tokens, jwks: Jwks, issuer: Outside, clock: Clock
) -> None:
    await tokens.actor_of(signed(RSA, "rsa"))
    issuer.says(answer({"keys": []}))
    clock.now += PAUSE_S
    assert await refusal(tokens, signed(RSA, "unheard of")) == UNKNOWN_KEY
    assert await refusal(tokens, signed(RSA, "rsa", n=1)) == UNKNOWN_KEY
    with pytest.raises(SourceUnavailable):
        await jwks.check()


WRONG = {
    "an error": http(500),
    "nothing there": http(404),
    "elsewhere": http(302, location="/other"),
    "a page": http(200, b"<html>"),
    "a list": answer([]),
    "keys by name": answer({"keys": {"rsa": RSA.jwk()}}),
    "no objects": answer({"keys": ["rsa"]}),
    "too much": answer({"keys": [RSA.jwk(x="x" * MAX_JWKS_BYTES)]}),
    "too deep": http(200, b'{"keys":[' + b"[" * 50_000),
    "half of it": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{",
}


@pytest.mark.parametrize("what", WRONG)
async def test_without_keys_nobody_can_tell_whose_a_token_is(
    tokens: Tokens, jwks: Jwks, issuer: Outside, clock: Clock, what: str
) -> None:
    """So it is not the token that is wrong; and as soon as the issuer is well, all is."""
    broken = WRONG[what]

    async def say_and_leave(asked: Any, writer: asyncio.StreamWriter) -> None:
        writer.write(broken)
        writer.close()

    issuer.says(say_and_leave)
    for ask in (lambda: tokens.actor_of(signed(RSA, "rsa")), jwks.check):
        with pytest.raises(SourceUnavailable) as caught:
            await ask()
        assert caught.value.extensions == {"code": "SOURCE_UNAVAILABLE", "service": "identity"}
    asked = len(issuer.asked)
    with pytest.raises(SourceUnavailable):
        await tokens.actor_of(signed(ELLIPTIC, "elliptic"))
    assert len(issuer.asked) == asked, "within the pause nobody is asked again"
    assert "/other" not in issuer.targets
    issuer.says(answer({"keys": PUBLISHED}))
    clock.now += PAUSE_S
    assert await tokens.actor_of(signed(RSA, "rsa")) == ADA_MAY
    await jwks.check()


async def test_a_dead_issuer_is_survived(tokens: Tokens, jwks: Jwks, issuer: Outside, clock: Clock) -> None:
    assert await tokens.actor_of(signed(RSA, "rsa")) == ADA_MAY
    issuer.says(hang_up)
    for n in range(3):
        clock.now += FRESH_S
        assert await tokens.actor_of(signed(RSA, "rsa", n=n)) == ADA_MAY
        with pytest.raises(SourceUnavailable):  # which may be of a key that we could not learn of
            await tokens.actor_of(signed(RSA, "new"))
        assert await tokens.actor_of(signed(ELLIPTIC, "elliptic", n=n)) == ADA_MAY
        assert await refusal(tokens, signed(Rsa(), "rsa")) == BROKEN
    await jwks.check()


async def test_nothing_of_a_token_is_logged(tokens: Tokens, issuer: Outside, clock: Clock) -> None:
    token = signed(RSA, "kid-4711", {**MINE, "sub": "ada@example.com", "email": "ada@example.com"})
    issuer.says(http(500))
    with capture_logs() as logs:
        with pytest.raises(SourceUnavailable) as caught:
            await tokens.actor_of(token)
        issuer.says(answer({"keys": PUBLISHED}))
        clock.now += PAUSE_S
        said = await refusal(tokens, token)
    assert [entry["event"] for entry in logs] == ["keys of the issuer not read"]
    for told in (json.dumps(logs), said, str(caught.value), caught.value.detail):
        assert not any(secret in told for secret in ("4711", "ada", "heddle", *token.split(".")))
