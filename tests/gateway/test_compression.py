"""Answers are compressed for those who take it, where it pays."""

import gzip
import json
from typing import Any

import httpx
import pytest

from tests.gateway_client import Gateway

LONG = ["x" * 100] * 100
PAIRS = "query ($keys: [String!]!) { pairs(keys: $keys) { key } }"


async def raw(gateway: Gateway, payload: Any, **headers: str) -> tuple[httpx.Response, bytes]:
    """The response, with its body as it was sent."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with gateway.http.stream("POST", "/graphql", json=payload, headers=named) as response:
        return response, b"".join([chunk async for chunk in response.aiter_raw()])


def asking(keys: list[str]) -> dict[str, Any]:
    return {"query": PAIRS, "variables": {"keys": keys}}


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br, zstd", "*", "GZIP;q=0.1, br", "x-gzip", "br;q=1, *;q=0.5"]
)
async def test_who_takes_gzip_gets_long_answers_in_it(gateway: Gateway, accepted: str) -> None:
    response, body = await raw(gateway, asking(LONG), Accept_Encoding=accepted)
    assert response.headers["content-encoding"] == "gzip"
    assert response.headers["content-length"] == str(len(body))
    assert json.loads(gzip.decompress(body)) == {"data": {"pairs": [{"key": key} for key in LONG]}}
    assert len(body) < 500


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "gzip;q=0.000, *", "*;q=0", "deflate, zstd"])
async def test_who_does_not_take_it_does_not(gateway: Gateway, accepted: str) -> None:
    response, body = await raw(gateway, asking(LONG), Accept_Encoding=accepted)
    assert "content-encoding" not in response.headers
    assert json.loads(body) == {"data": {"pairs": [{"key": key} for key in LONG]}}


async def test_short_answers_are_sent_as_they_are(gateway: Gateway) -> None:
    response, body = await raw(gateway, asking(["x"]), Accept_Encoding="gzip")
    assert "content-encoding" not in response.headers
    assert json.loads(body) == {"data": {"pairs": [{"key": "x"}]}}


async def test_batches_are_compressed_as_a_whole(gateway: Gateway) -> None:
    one = ["x" * 100] * 5
    response, body = await raw(gateway, [asking(one)] * 10, Accept_Encoding="gzip")
    assert response.headers["content-encoding"] == "gzip"
    assert json.loads(gzip.decompress(body)) == [{"data": {"pairs": [{"key": key} for key in one]}}] * 10


@pytest.mark.parametrize("accepted", ["gzip", "identity"])
async def test_caches_are_told_what_answers_depend_on(gateway: Gateway, accepted: str) -> None:
    response, _ = await raw(gateway, asking(LONG), Accept_Encoding=accepted)
    assert response.headers["vary"] == "Accept, Accept-Encoding"
    assert response.headers["cache-control"] == "no-store"
