"""Apollo Client and urql where they persist their queries themselves: they retry, and give up, as they are told."""

from typing import Any

import pytest

from gateway.persisted import Persisted, Policy
from tests.gateway.clients.node import needs_node, told
from tests.gateway.example import Script, example
from tests.gateway.serving import served

pytestmark = needs_node

every_client = pytest.mark.parametrize("client", ["apollo", "urql"])
every_method = pytest.mark.parametrize("get", [False, True], ids=["POST", "GET"])


async def asked_twice(script: Script, policy: Policy, client: str, get: bool) -> list[Any]:
    query = "query Seven { takes(number: 7) }"
    async with served(example(script, persisted=Persisted(policy))) as port:
        url = f"http://127.0.0.1:{port}/graphql"
        return await told("persisted.mjs", url=url, query=query, client=client, get=get)


@every_client
@every_method
async def test_a_document_is_sent_once_and_named_from_then_on(script: Script, client: str, get: bool) -> None:
    first, second = await asked_twice(script, "automatic", client, get)
    assert [(answer["data"], answer["error"]) for answer in (first, second)] == [({"takes": 7}, None)] * 2
    method = "GET" if get else "POST"
    # With its text, Apollo Client sends a query by POST.
    again = "GET" if get and client == "urql" else "POST"
    assert first["sent"] == [f"{method} extensions", f"{again} query, extensions"]
    assert second["sent"] == [f"{method} extensions"]


@every_client
@every_method
async def test_where_nothing_is_kept_texts_alone_are_sent(script: Script, client: str, get: bool) -> None:
    first, second = await asked_twice(script, "any", client, get)
    assert [(answer["data"], answer["error"]) for answer in (first, second)] == [({"takes": 7}, None)] * 2
    assert len(first["sent"]) == 2
    (sent,) = second["sent"]
    assert "query" in sent


@every_client
@every_method
async def test_where_trusted_documents_alone_are_served_nobody_tries_again(
    script: Script, client: str, get: bool
) -> None:
    for answer in await asked_twice(script, "trusted", client, get):
        assert answer["data"] is None
        assert "register it by 'server.py documents add'" in answer["error"]
        assert answer["sent"] == [f"{'GET' if get else 'POST'} extensions"]
