"""What the shop's own queries cost, beforehand and afterwards."""

from typing import Any

import pytest
from graphql import get_operation_ast

from datasources import calls
from gateway.documents import Documents
from gateway.limits import DEFAULT
from gateway.plan.cost import spent
from schema.graph import build
from tests.benchmarks.questions import PEERS, QUESTIONS, growing
from tests.commerce.crowd import NESTED, Crowd
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway
from tests.sandbox_process import RunningSandbox

DOCUMENTS = Documents(build()._schema)
BENCHMARKS = [*QUESTIONS, PEERS, growing(100, 100)]


def estimated(query: str, variables: dict[str, Any]) -> float:
    document = DOCUMENTS.read(query)
    assert document.ast
    assert document.plans
    operation = get_operation_ast(document.ast)
    assert operation
    return document.plans.foreseen(operation, variables).cost.of(variables)


@pytest.mark.parametrize("question", BENCHMARKS, ids=[question.name for question in BENCHMARKS])
def test_what_benchmarks_ask_is_allowed(question: Any) -> None:
    assert estimated(question.query, {"id": "x"}) < DEFAULT.max_cost


async def test_more_is_estimated_than_spent_but_not_much_more(
    gateway: Gateway, shop: Shop, switches: RunningSandbox
) -> None:
    await Crowd(shop, switches).gather(20)
    with calls.collected() as made:
        response = await gateway.http.post(
            "/graphql",
            json={"query": NESTED, "variables": {"customers": 20}},
            headers=gateway.headers(shop.staff("*")),
        )
    assert "errors" not in response.json()
    actual = spent(made, response.content)
    assert actual < estimated(NESTED, {"customers": 20}) < 10 * actual


async def test_what_costs_too_much_is_refused_before_anything_is_read(gateway: Gateway, shop: Shop) -> None:
    query = """query ($first: Int!) { customers(first: 100) { nodes { orders(first: $first) { nodes {
        customer { orders(first: 100) { nodes { number } } }
    } } } } }"""
    answer = await gateway.ask(query, {"first": 50}, as_=shop.staff("*"))
    assert answer == {
        "errors": [
            {
                "message": "This operation costs 565,801, and 100,000 is allowed; most of it is"
                " `customers.nodes.orders.nodes.customer.orders`: ask for fewer there.",
                "extensions": {"code": "COST_EXCEEDED", "cost": 565_801, "limit": 100_000},
            }
        ]
    }
    assert gateway.calls == {}
    assert (await gateway.data(query, {"first": 1}, as_=shop.staff("*")))["customers"] == {"nodes": []}
