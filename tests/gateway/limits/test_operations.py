"""What one caller may run at a time."""

import asyncio
from uuid import UUID

import httpx
import pytest

import gateway.limits.admission as gateway_admission
from datasources.actor import Actor
from tests.gateway.example import Held, Script, example
from tests.gateway.serving import served, soon
from tests.gateway_client import Gateway

ADA, BO = (Actor(UUID(int=number), frozenset()) for number in (1, 2))


@pytest.fixture
def two_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_admission, "MAX_OPERATIONS", 2)


@pytest.mark.usefixtures("two_at_most")
@pytest.mark.parametrize(
    "queries",
    [["{ x: slow }", "{ y: slow }"], ['mutation { write(word: "x") }'] * 2],
    ids=["queries", "mutations"],
)
async def test_a_caller_who_runs_too_much_at_once_is_told_to_wait(
    gateway: Gateway, script: Script, queries: list[str]
) -> None:
    begun, let_go = asyncio.Semaphore(0), asyncio.Event()

    async def work() -> None:
        begun.release()
        await let_go.wait()

    script.work = work
    running = [asyncio.create_task(gateway.data(query, as_=ADA)) for query in queries]
    for _ in running:
        await begun.acquire()
    response = await gateway.http.post("/graphql", json={"query": "{ takes }"}, headers=gateway.headers(ADA))
    assert (response.status_code, response.headers["Retry-After"]) == (429, "1")
    assert response.json() == {
        "errors": [
            {
                "message": "You run 2 operations already; wait until one of them has ended.",
                "extensions": {"code": "TOO_MANY_OPERATIONS"},
            }
        ]
    }
    assert await gateway.data("{ takes }", as_=BO) == {"takes": 0}, "others are not concerned"
    assert await gateway.data("{ takes }") == {"takes": 0}
    let_go.set()
    await asyncio.gather(*running)
    assert await gateway.data("{ takes }", as_=ADA) == {"takes": 0}


@pytest.mark.usefixtures("two_at_most")
async def test_mutations_whose_callers_left_still_count(gateway: Gateway, script: Script) -> None:
    held = script.work = Held()
    for word in ("x", "y"):
        held.began.clear()
        running = asyncio.create_task(gateway.ask(f'mutation {{ write(word: "{word}") }}'))
        await soon(held.began)
        running.cancel()
        await asyncio.wait([running])
    assert await gateway.refused("{ takes }") == ["TOO_MANY_OPERATIONS"]
    held.let_go.set()


async def test_subscriptions_of_one_caller_are_counted_apart(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_admission, "MAX_SUBSCRIPTIONS", 1)
    told = {"query": "subscription { told }"}
    async with served(example(script)) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
        headers = {"Accept": "text/event-stream"}
        async with http.stream("POST", "/graphql", json=told, headers=headers):
            await soon(script.feeds[""].began)
            refused = await http.post("/graphql", json=told, headers=headers)
            assert "You run 1 operations already; end one of them." in refused.text
            assert (await http.post("/graphql", json={"query": "{ takes }"})).json() == {"data": {"takes": 0}}
        await soon(script.feeds[""].ended)
