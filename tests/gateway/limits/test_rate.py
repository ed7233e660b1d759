"""How much one caller may ask for in a time: told in headers and on request, refused with when to come again."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette

import gateway.limits.rate as gateway_rate
from datasources.actor import ANONYMOUS, Actor
from gateway.limits import Limits
from gateway.limits.admission import CHARACTERS, Admission
from gateway.limits.rate import WINDOW_S, Rate, network_of, payer_of
from gateway.limits.refusals import RateLimited
from gateway.plan.cost import BYTES, OPERATION, ROW, STATEMENT
from gateway.request import Caller
from tests.gateway.example import TOKENS, Held, Script, example
from tests.gateway.serving import served, soon
from tests.gateway.test_leaving import socket, subscribe
from tests.gateway_client import Gateway
from tests.logs import logged

ADA, BO = (Actor(UUID(int=number), frozenset()) for number in (1, 2))
TAKES = OPERATION + STATEMENT + ROW
"""What `{ takes }` is estimated at."""
LITTLE = Limits(cost_per_minute=100)
FIVE = "{ " + " ".join(f"a{number}: takes" for number in range(5)) + " }"


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Stands still, but for what tests say."""
    clock = Clock()
    monkeypatch.setattr(gateway_rate, "monotonic", clock)
    return clock


@pytest.fixture
def rate() -> Rate:
    return Rate(600)


async def test_a_bucket_is_emptied_and_fills_evenly(rate: Rate, clock: Clock) -> None:
    assert rate.quota("ada") == (600, 600, 0)
    await rate.take("ada", 400)
    await rate.take("ada", 200)
    assert rate.quota("ada") == (600, 0, 60)
    with pytest.raises(RateLimited):
        await rate.take("ada", 1)
    clock.now += 12
    assert rate.quota("ada") == (600, 120, 48)
    await rate.take("ada", 120)
    await rate.take("bo", 600)
    clock.now += 1_000
    assert rate.quota("ada") == (600, 600, 0)


async def test_who_is_refused_is_told_when_to_ask_again(rate: Rate, clock: Clock) -> None:
    await rate.take("ada", 550)
    with pytest.raises(RateLimited) as refused:
        await rate.take("ada", 101)
    assert refused.value.retry_after_s == 6
    assert refused.value.message == (
        "You may ask for 600 a minute, and have 50 left; this costs 101. Ask again in 6 s, or for less."
    )
    assert refused.value.extensions == {"code": "RATE_LIMITED", "retryAfter": 6}
    assert rate.quota("ada").left == 50, "who was refused has paid nothing"
    clock.now += 6
    await rate.take("ada", 101)


async def test_what_was_estimated_too_much_is_given_back_and_too_little_is_taken(rate: Rate, clock: Clock) -> None:
    await rate.take("ada", 500)
    rate.add("ada", -450)
    assert rate.quota("ada").left == 550
    rate.add("ada", 750)
    assert rate.quota("ada") == (600, -200, 80)
    with pytest.raises(RateLimited, match="and have 0 left"):
        rate.check("ada")
    clock.now += 20
    rate.check("ada")
    rate.add("ada", -10_000)
    assert rate.quota("ada").left == 600, "nobody saves up more than a bucket holds"


async def test_buckets_are_bounded_and_the_oldest_go_first(rate: Rate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_rate, "BUCKETS", 3)
    for payer in ("a", "b", "c", "a", "d"):
        await rate.take(payer, 300)
    assert [rate.quota(payer).left for payer in "abcd"] == [0, 600, 300, 300]


def test_quotas_are_told_in_headers_as_the_draft_has_them(rate: Rate) -> None:
    rate.add("ada", 123.4)
    assert dict(rate.quota("ada").headers) == {
        b"ratelimit-policy": b'"cost";q=600;w=60',
        b"ratelimit": b'"cost";r=476;t=13',
    }
    rate.add("ada", 1_000)
    assert dict(rate.quota("ada").headers)[b"ratelimit"] == b'"cost";r=0;t=113'


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("no:address", "no:address"),
        ("x" * 1_000, "x" * 64),
    ],
)
def test_addresses_of_one_network_are_one_caller(address: str, network: str) -> None:
    assert network_of(address) == network


def test_actors_pay_for_themselves_and_others_by_their_address() -> None:
    assert payer_of(Caller(ADA, address="192.0.2.7")) == 1
    assert payer_of(Caller(ANONYMOUS, address="192.0.2.7")) == "192.0.2.7"


@asynccontextmanager
async def limited(
    limits: Limits = LITTLE, *, address: str = "192.0.2.7", proxies: tuple[str, ...] = (), script: Script | None = None
) -> AsyncIterator[Gateway]:
    async with at(example(script or Script(), limits=limits, trusted_proxies=proxies), address) as gateway:
        yield gateway


@asynccontextmanager
async def at(app: Starlette, address: str) -> AsyncIterator[Gateway]:
    gateway = Gateway(app, TOKENS)
    transport = httpx.ASGITransport(app, client=(address, 1))
    gateway.http = httpx.AsyncClient(transport=transport, base_url="http://gateway")
    async with gateway.http:
        yield gateway


async def ask(gateway: Gateway, query: str = "{ takes }", **headers: str) -> httpx.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return await gateway.http.post("/graphql", json={"query": query}, headers=named)


def left(response: httpx.Response) -> int:
    found = re.fullmatch(r'"cost";r=(\d+);t=\d+', response.headers["RateLimit"])
    assert found
    return int(found[1])


async def test_who_asked_for_too_much_gets_429_and_is_told_when_to_come_again() -> None:
    async with limited() as gateway:
        response = await ask(gateway, FIVE, accept="application/graphql-response+json")
        assert response.status_code == 429
        (error,) = response.json()["errors"]
        assert error["extensions"]["code"] == "RATE_LIMITED"
        assert response.headers["Retry-After"] == str(error["extensions"]["retryAfter"])
        assert response.headers["RateLimit-Policy"] == '"cost";q=100;w=60'
        assert response.headers["RateLimit"] == '"cost";r=81;t=11', "to read it was not for nothing"
        assert (await ask(gateway)).json() == {"data": {"takes": 0}}, "what costs less is still answered"


async def test_every_answer_tells_what_is_left() -> None:
    async with limited(Limits(cost_per_minute=100_000)) as gateway:
        first = await ask(gateway)
        assert first.headers["RateLimit-Policy"] == '"cost";q=100000;w=60'
        read, answered = len("{ takes }") / CHARACTERS + 1, OPERATION + len(first.content) / BYTES
        assert left(first) == int(100_000 - read - answered)
        again = await ask(gateway)
        assert left(again) == int(100_000 - read - 2 * answered)
        wrong = await ask(gateway, "{ nothing }")
        assert left(wrong) == int(100_000 - read - 2 * answered - len("{ nothing }") / CHARACTERS - OPERATION)


async def test_requests_can_ask_what_they_cost() -> None:
    async with limited(Limits(cost_per_minute=100_000)) as gateway:
        request = {"query": "{ takes }", "extensions": {"cost": True}}
        answer = (await gateway.http.post("/graphql", json=request)).json()
        plain = (await ask(gateway)).json()
        batch = (await gateway.http.post("/graphql", json=[request, {"query": "{ takes }"}])).json()
    cost = answer["extensions"]["cost"]
    assert cost == {"estimated": 31, "actual": 10, "limit": 100_000, "remaining": 99_987, "resetsInSeconds": 1}
    assert "extensions" not in plain
    assert ["extensions" in answer for answer in batch] == [True, False]


async def test_actors_do_not_pay_for_one_another() -> None:
    async with limited() as gateway:
        for actor in (ADA, BO, ANONYMOUS):
            for _ in range(7):
                assert await gateway.data("{ takes }", as_=actor) == {"takes": 0}
            assert await gateway.refused("{ takes }", as_=actor) == ["RATE_LIMITED"]


async def test_whoever_does_not_sign_in_pays_by_address() -> None:
    """Of IPv6 by network; and nobody is at another address by saying so."""
    app = example(Script(), limits=LITTLE)

    async def left_at(address: str, **headers: str) -> int:
        async with at(app, address) as gateway:
            return left(await ask(gateway, **headers))

    assert await left_at("2001:db8::1") == 86
    assert await left_at("2001:db8::2") == 76
    assert await left_at("2001:db8::3", x_forwarded_for="192.0.2.9") == 66
    assert await left_at("2001:db8:1::1") == 89


async def test_proxies_are_believed_if_they_are_listed() -> None:
    async with limited(address="10.1.2.3", proxies=("10.0.0.0/8", "192.0.2.1")) as gateway:
        assert left(await ask(gateway, x_forwarded_for="203.0.113.1")) == 86
        assert left(await ask(gateway, x_forwarded_for="203.0.113.1, 192.0.2.1")) == 76
        assert left(await ask(gateway, x_forwarded_for="203.0.113.1, 203.0.113.2")) == 89, "the client wrote the first"


async def test_new_documents_are_read_for_whom_there_is_something_left() -> None:
    """To read one takes longer than to answer most, and many that are wrong would cost nothing otherwise."""
    async with limited() as gateway:
        codes = [
            (await ask(gateway, f"{{ takes a{number}: nothing }}".ljust(200))).json()["errors"][0]["extensions"]["code"]
            for number in range(4)
        ]
        assert codes == ["GRAPHQL_VALIDATION_FAILED", "GRAPHQL_VALIDATION_FAILED", "RATE_LIMITED", "RATE_LIMITED"]
        response = await gateway.http.get("/graphql", params={"query": "{ takes }"})
        assert response.status_code == 429
        assert response.json()["errors"][0]["message"].startswith(
            "You may ask for 100 a minute, and have 0 left; documents are read for those who can pay. Ask again in "
        )


async def test_each_new_plan_is_paid_for_too() -> None:
    """There are as many of a document as there are choices of what to include."""
    flags = [f"f{number}" for number in range(10)]
    fields = " ".join(f"{flag}: takes @include(if: ${flag})" for flag in flags)
    query = f"query ({', '.join(f'${flag}: Boolean!' for flag in flags)}) {{ takes {fields} }}"
    paid = []
    async with limited(Limits(cost_per_minute=100_000)) as gateway:
        before = left(await ask(gateway))
        for on in (0, 9, 9, 5):
            variables = {flag: number < on for number, flag in enumerate(flags)}
            response = await gateway.http.post("/graphql", json={"query": query, "variables": variables})
            paid.append(before - left(response))
            before = left(response)
    assert paid == pytest.approx(
        [len(query) / CHARACTERS + 1 + OPERATION, 10 + OPERATION, OPERATION, 6 + OPERATION], abs=2
    )


@pytest.mark.parametrize("query", ["{ nothing }", "{ takes", "query A { takes } query B { takes }"])
async def test_what_is_refused_costs_as_much_as_to_answer(query: str) -> None:
    async with limited(Limits(cost_per_minute=100_000)) as gateway:
        first, second = [left(await ask(gateway, query)) for _ in range(2)]
    assert first - second == OPERATION


async def test_those_who_share_an_execution_pay_each(script: Script) -> None:
    held = script.work = Held()
    async with limited(Limits(cost_per_minute=100_000), script=script) as gateway:
        before = left(await ask(gateway))
        asking = [asyncio.create_task(ask(gateway, "{ slow }")) for _ in range(3)]
        await soon(held.began)
        held.let_go.set()
        await asyncio.gather(*asking)
        paid = before - left(await ask(gateway))
    assert len(script.contexts) == 3, "two for `takes`, and one for the three"
    assert paid == pytest.approx(4 * OPERATION, abs=4)


async def test_who_leaves_pays_what_was_estimated(script: Script) -> None:
    held = script.work = Held()
    async with limited(Limits(cost_per_minute=100_000), script=script) as gateway:
        before = left(await ask(gateway))
        asking = asyncio.create_task(ask(gateway, "{ slow }"))
        await soon(held.began)
        asking.cancel()
        await asyncio.wait([asking])
        paid = before - left(await ask(gateway))
    assert paid == pytest.approx(TAKES + OPERATION, abs=4)


async def test_in_a_batch_only_those_are_refused_that_are_too_many() -> None:
    async with limited(Limits(cost_per_minute=60)) as gateway:
        batch = [{"query": 'mutation { write(word: "a") }'}, {"query": "{ takes }"}, {"query": "{ takes a: nope }"}]
        response = await gateway.http.post("/graphql", json=batch)
        codes = [answer["errors"][0]["extensions"]["code"] for answer in response.json() if "errors" in answer]
    assert response.status_code == 200
    assert codes == ["RATE_LIMITED", "GRAPHQL_VALIDATION_FAILED"]


async def test_over_a_socket_it_is_the_operations_error() -> None:
    """Of each alone: the socket goes on."""
    app = example(Script(), limits=LITTLE)
    async with served(app) as port, socket(port) as client:
        await subscribe(client, FIVE)
        refused = json.loads(await client.recv())
        await client.send(json.dumps({"type": "subscribe", "id": "2", "payload": {"query": "{ takes }"}}))
        answered = json.loads(await client.recv())
        async with at(app, "127.0.0.1") as gateway:
            assert left(await ask(gateway)) < 80, "the address is the same over HTTP"
    assert (refused["type"], refused["id"]) == ("error", "1")
    assert [error["extensions"]["code"] for error in refused["payload"]] == ["RATE_LIMITED"]
    assert answered == {"type": "next", "id": "2", "payload": {"data": {"takes": 0}}}


async def test_whatever_is_refused_is_told_once() -> None:
    app = example(Script(), limits=LITTLE)
    with logged() as log:
        async with served(app) as port, socket(port) as client, at(app, "127.0.0.1") as gateway:
            await subscribe(client, FIVE)
            await client.recv()
            for id in range(20):
                payload = {"query": "{ takes } #" + "x" * 1_000}  # to read it leaves a debt
                await client.send(json.dumps({"type": "subscribe", "id": f"s{id}", "payload": payload}))
                while json.loads(await client.recv())["type"] == "next":
                    pass
            for _ in range(5):
                await ask(gateway, FIVE)
    told = [entry for entry in log.entries if entry["event"] in ("operation", "request refused")]
    assert len(told) == 26
    assert len({entry["request"] for entry in told}) == 26
    assert {entry["event"] for entry in told} == {"operation", "request refused"}


def test_the_window_is_a_minute() -> None:
    """As the setting's name says."""
    assert WINDOW_S == 60


async def test_what_lasts_goes_on_when_it_owes_nothing(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(round(seconds, 6))

    monkeypatch.setattr("gateway.limits.admission.asyncio.sleep", sleep)
    admission, somebody = Admission(Limits(cost_per_minute=600)), Caller(Actor(UUID(int=1)))
    await admission.pay(somebody, 600)
    assert waited == []
    await admission.pay(somebody, 50)
    assert waited == [5]
