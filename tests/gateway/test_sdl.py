"""Front-end teams read the graph from a path of its own, where they may read it at all."""

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway import sdl
from tests.gateway.example import SCHEMA, TOKENS, Script, example
from tests.gateway_client import Gateway

TEXT = SCHEMA.as_str()


@pytest.fixture
async def showing(script: Script) -> AsyncIterator[httpx.AsyncClient]:
    gateway = Gateway(example(script, routes=sdl.routes(lambda: TEXT, shown=True)), TOKENS)
    async with gateway.http as http:
        yield http


async def test_it_is_text_that_is_sent_again_only_when_it_changed(showing: httpx.AsyncClient) -> None:
    first = await showing.get("/schema.graphql")
    assert (first.status_code, first.text) == (200, TEXT)
    assert first.headers["content-type"] == "text/plain; charset=utf-8"
    assert first.headers["content-encoding"] == "gzip"
    assert first.headers["x-content-type-options"] == "nosniff"
    plain = await showing.get("/schema.graphql", headers={"Accept-Encoding": "identity"})
    assert (plain.text, "content-encoding" in plain.headers) == (TEXT, False)
    tag = first.headers["etag"]
    assert plain.headers["etag"] == tag
    for known in (tag, f'"other", {tag}', "*"):
        again = await showing.get("/schema.graphql", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await showing.get("/schema.graphql", headers={"If-None-Match": '"other"'})).text == TEXT
    assert (await showing.post("/schema.graphql")).status_code == 405


async def test_where_nobody_may_ask_for_the_schema_it_is_not_told(script: Script) -> None:
    hiding = sdl.routes(lambda: TEXT, shown=False)
    async with Gateway(example(script, routes=hiding), TOKENS).http as http:
        refused = await http.get("/schema.graphql")
    assert refused.status_code == 403
    assert refused.json()["errors"][0]["message"].startswith("The schema is not shown here; HEDDLE_INTROSPECTION=true")
    assert "Pair" not in refused.text
