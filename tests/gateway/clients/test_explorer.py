"""The page for developers shows answers, and subscriptions as they come."""

from tests.gateway.clients.node import needs_node, told
from tests.gateway.example import Script, example
from tests.gateway.serving import served

pytestmark = needs_node


async def test_queries_and_subscriptions(script: Script) -> None:
    queries = ["{ takes }", "subscription { count(to: 2) }", "{"]
    async with served(example(script, explorer=True)) as port:
        query, count, wrong = await told("explorer.mjs", url=f"http://127.0.0.1:{port}/graphql", queries=queries)
    assert query["status"].startswith("HTTP 200, ")
    assert query["answer"] == '{ "data": { "takes": 0 } }'
    assert count == {
        "status": "Ended after 2 results, the latest first.",
        "answer": '{ "data": { "count": 2 } } { "data": { "count": 1 } }',
    }
    assert "GRAPHQL_PARSE_FAILED" in wrong["answer"]
