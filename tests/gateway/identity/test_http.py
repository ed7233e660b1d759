"""What clients over HTTP are told of their tokens."""

import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from datasources.actor import ANONYMOUS, Actor
from datasources.ids import utc_now
from gateway.identity import Jwks, Tokens
from gateway.identity import errors as said
from tests.gateway.example import Script, example
from tests.gateway.identity.forging import ADA, CLAIMS, SECRET, Edwards
from tests.gateway_client import Gateway
from tests.logs import logged
from tests.rest.outside import Outside, http
from tests.rest.outside import json as answer

ISSUER = "https://id.example"
QUERY = {"query": "{ takes }"}
DATA = {"data": {"takes": 0}}
NOT_UNDERSTOOD = "The Authorization header is not understood; write 'Authorization: Bearer TOKEN'."


@pytest.fixture
async def issuer() -> AsyncIterator[Outside]:
    async with Outside().running() as server:
        yield server


@pytest.fixture
async def tokens(issuer: Outside) -> AsyncIterator[Tokens]:
    tokens = Tokens(SECRET, issuers={ISSUER: Jwks(f"{issuer.url}/keys")})
    yield tokens
    await tokens.close()


@pytest.fixture
async def gateway(script: Script, tokens: Tokens) -> AsyncIterator[Gateway]:
    gateway = Gateway(example(script, tokens=tokens), tokens)
    async with gateway.http:
        yield gateway


async def ask(gateway: Gateway, authorization: str | None, **headers: str) -> httpx.Response:
    named = headers if authorization is None else {"Authorization": authorization, **headers}
    return await gateway.http.post("/graphql", json=QUERY, headers=named)


def of_issuer(key: Edwards) -> str:
    now = int(utc_now().timestamp())
    return key.token({**CLAIMS, "iss": ISSUER, "iat": now, "exp": now + 60})


def refusal(message: str, code: str = "UNAUTHENTICATED", **more: str) -> Any:
    return {"errors": [{"message": message, "extensions": {"code": code, **more}}]}


async def test_a_token_says_who_asks_and_without_one_it_is_nobody(
    gateway: Gateway, tokens: Tokens, script: Script
) -> None:
    for header in (f"Bearer {tokens.issue(ADA, ['a'], 60)}", None):
        response = await ask(gateway, header)
        assert (response.status_code, response.json()) == (200, DATA)
        assert "www-authenticate" not in response.headers
    assert [context.actor for context in script.contexts] == [Actor(ADA, frozenset({"a"})), ANONYMOUS]


@pytest.mark.parametrize(
    ("header", "message"), [("Bearer x", said.BROKEN), ("Bearer", NOT_UNDERSTOOD), ("Bearer a b", NOT_UNDERSTOOD)]
)
async def test_a_wrong_token_is_refused_before_anything_runs(
    gateway: Gateway, script: Script, header: str, message: str
) -> None:
    response = await ask(gateway, header)
    assert (response.status_code, response.json()) == (401, refusal(message))
    challenge = f'Bearer error="invalid_token", error_description="{message}"'
    assert response.headers["www-authenticate"] == challenge
    assert script.contexts == []


@pytest.mark.parametrize("header", ["Basic YTpi", "x", ""])
async def test_another_scheme_is_told_the_right_one(gateway: Gateway, script: Script, header: str) -> None:
    response = await ask(gateway, header)
    assert (response.status_code, response.json()) == (401, refusal(NOT_UNDERSTOOD))
    assert response.headers["www-authenticate"] == "Bearer"
    assert script.contexts == []


async def test_expired_and_revoked_tokens_say_so(gateway: Gateway, tokens: Tokens) -> None:
    now = utc_now()
    old, valid = (tokens.issue(ADA, (), 60, now=now - age) for age in (timedelta(hours=1), timedelta()))
    assert (await ask(gateway, f"Bearer {old}")).json() == refusal(said.EXPIRED)
    assert (await ask(gateway, f"Bearer {valid}")).json() == DATA
    tokens.revocations.replace({ADA: now + timedelta(seconds=1)})
    response = await ask(gateway, f"Bearer {valid}")
    assert (response.status_code, response.json()) == (401, refusal(said.REVOKED))
    assert response.headers["www-authenticate"].startswith('Bearer error="invalid_token"')
    tokens.revocations.replace({ADA: now - timedelta(seconds=1)})
    assert (await ask(gateway, f"Bearer {valid}")).json() == DATA


def test_what_is_said_can_stand_in_a_header() -> None:
    """In quotes, as RFC 6750 has it."""
    sentences = [value for name, value in vars(said).items() if name.isupper()] + [said.incomplete("sub")]
    assert len(sentences) > 5
    assert [one for one in sentences if not one.isascii() or '"' in one or "\\" in one] == []


async def test_a_dead_issuer_is_no_fault_of_the_token(gateway: Gateway, script: Script, issuer: Outside) -> None:
    key = Edwards()
    issuer.says(http(500))
    token = of_issuer(key)
    for accept in ("application/json", "application/graphql-response+json"):
        response = await ask(gateway, f"Bearer {token}", Accept=accept)
        unavailable = "The service 'identity' is not available at the moment; try again later."
        assert response.status_code == 503
        assert response.json() == refusal(unavailable, "SOURCE_UNAVAILABLE", service="identity")
        assert response.headers["retry-after"] == "5"
        assert response.headers["content-type"].startswith(accept)
        assert "www-authenticate" not in response.headers
    assert script.contexts == []
    assert (await ask(gateway, None)).json() == DATA
    assert (await ask(gateway, f"Bearer {gateway.tokens.issue(ADA, [], 60)}")).json() == DATA


async def test_nothing_of_a_token_is_logged_or_told(gateway: Gateway, issuer: Outside) -> None:
    key, other = Edwards(), Edwards()
    issuer.says(answer({"keys": [key.jwk()]}))
    claims = {**CLAIMS, "iss": ISSUER, "sub": "zoe@example.com", "email": "zoe@example.com"}
    refused = [other.token(claims), key.token(claims), key.token({**claims, "aud": "zoe@example.com"}), "zoe.4711"]
    with logged() as log:
        responses = [await ask(gateway, f"Bearer {token}") for token in refused]
    assert [response.status_code for response in responses] == [401] * 4
    assert [entry["event"] for entry in log.entries] == ["request refused"] * 4
    for told in (json.dumps(log.entries), *(response.text + str(response.headers) for response in responses)):
        assert not any(secret in told for token in refused for secret in ("zoe", "example.com", *token.split(".")[1:]))
