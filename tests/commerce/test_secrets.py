"""Nothing of people, and no secret, gets into logs, traces, metrics or `extensions.plan`, whatever happens."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from prometheus_client import generate_latest
from pydantic import SecretStr

from datasources.actor import Actor
from datasources.commerce.tables import PRODUCTS
from gateway.later import flush
from resolvers.commerce import catalogue
from schema.node import uuid_of
from tests.collector import collected
from tests.commerce.shop import Shop
from tests.commerce.test_webhooks import Postman
from tests.commerce.till import Till
from tests.gateway_client import Gateway
from tests.houses import Configured
from tests.logs import logged
from tests.sandbox_process import RunningSandbox

MARK = "zqxmark"
EMAIL = f"{MARK}@example.com"
ADDRESS = {
    "recipient": f"Ada {MARK}",
    "street": f"{MARK} Way 1",
    "city": f"{MARK}burg",
    "postalCode": f"{MARK}1"[:10],
    "country": "DE",
}
HEADERS = {"Content-Type": "application/json"}
CREATE = """
mutation ($input: CreateCustomerInput!) { createCustomer(input: $input) { customer { id email } problem { code } } }
"""
PROFILE = "mutation ($input: UpdateProfileInput!) { updateProfile(input: $input) { problem { code } } }"
ADD_ADDRESS = "mutation ($input: AddAddressInput!) { addAddress(input: $input) { problem { code } } }"


class Outputs:
    """All that is told to others than the caller."""

    def __init__(self) -> None:
        self.plans: list[Any] = []
        self.all = ""

    def must_not_say(self, *secrets: str) -> None:
        for secret in secrets:
            at = self.all.lower().find(secret.lower())
            assert at < 0, self.all[max(0, at - 500) : at + 500]


class Asker:
    """Asks for plans too, and keeps them."""

    def __init__(self, gateway: Gateway, outputs: Outputs) -> None:
        self._gateway = gateway
        self._outputs = outputs

    async def __call__(self, query: str, variables: Any = None, *, as_: Actor | None = None, **more: Any) -> Any:
        request = {"query": query, "variables": variables, "extensions": {"plan": True}, **more}
        headers = self._gateway.headers(as_) if as_ else {}
        answer = (await self._gateway.http.post("/graphql", json=request, headers=headers)).json()
        self._outputs.plans.append(answer.get("extensions"))
        return answer


@pytest.fixture
def outputs() -> Outputs:
    return Outputs()


@pytest.fixture
def ask(gateway: Gateway, outputs: Outputs) -> Asker:
    return Asker(gateway, outputs)


@asynccontextmanager
async def watched(outputs: Outputs) -> AsyncIterator[None]:
    """What is told inside, as in production."""
    with logged(messages=False) as log:
        async with collected() as collector:
            yield
    assert log.entries, "something was logged"
    assert collector.spans, "something was traced"
    assert outputs.plans, "something was explained"
    flush()
    figures = generate_latest().decode()
    outputs.all = "\n".join(
        [
            log.written.getvalue().decode(),
            collector.bodies.decode("latin-1"),
            figures,
            json.dumps(outputs.plans, ensure_ascii=False),
        ]
    )


async def test_what_customers_do_is_told_without_them(
    ask: Asker, gateway: Gateway, outputs: Outputs, shop: Shop, till: Till, switches: RunningSandbox
) -> None:
    staff = shop.staff("customers:read", "customers:write", "orders:read", "orders:write")
    product = await shop.product(price=1000, stock={"BER": 5})
    token = gateway.headers(staff)["Authorization"].removeprefix("Bearer ")
    async with watched(outputs):
        wanted = {"name": f"Ada {MARK}", "email": EMAIL, "phone": "+49 30 9876543"}
        for _ in range(2):  # the second time the address is taken
            await ask(CREATE, {"input": wanted}, as_=staff)
        found = await ask(f'{{ customers(email: "{EMAIL}") {{ nodes {{ id name email }} }} }}', as_=staff)
        (person,) = found["data"]["customers"]["nodes"]
        assert person["email"] == EMAIL
        ada = Actor(uuid_of(person["id"], "Customer"))
        await ask(PROFILE, {"input": {"name": f"{MARK} Byron"}}, as_=ada)
        await ask(ADD_ADDRESS, {"input": {"address": ADDRESS, "idempotencyKey": f"{MARK}-1"}}, as_=ada)
        await till.fill(ada, product)
        assert await till.place(ada, f"{MARK}-2", address=ADDRESS, paymentMethod=f"pm_{MARK}") == "INVALID_INPUT"
        order = await till.place(ada, f"{MARK}-3", address=ADDRESS)
        await till.ship(order, f"{MARK}-4")
        await till.refund(order, f"{MARK}-5")
    outputs.must_not_say(MARK, token, "9876543")
    assert '"kind":"mutation"' in outputs.all
    assert "commerce payments" in outputs.all


async def test_wrong_requests_are_told_without_what_was_wrong(
    ask: Asker, gateway: Gateway, outputs: Outputs, shop: Shop
) -> None:
    async with watched(outputs):
        await ask(f'{{ customers(email: "{EMAIL}" }}')
        await ask(f'{{ customers(email: "{EMAIL}", {MARK}: 1) {{ nodes {{ id }} }} }}')
        await ask("query ($first: Int!) { products(first: $first) { totalCount } }", {"first": MARK})
        await ask(f'{{ products(after: "{MARK}") {{ totalCount }} node(id: "{MARK}") {{ id }} }}')
        await ask("{ products { totalCount } }", operationName=MARK)
        await gateway.http.post("/graphql", content=f'{{"query": "{EMAIL}'.encode(), headers=HEADERS)
        for header in (f"Bearer {MARK}", f"Bearer {'x' * 9000}{MARK}", f"Basic {MARK}", MARK):
            await gateway.http.post("/graphql", json={"query": "{ __typename }"}, headers={"Authorization": header})
        await gateway.http.get("/graphql", params={"query": "{ __typename }", "variables": EMAIL})
        await gateway.http.post("/graphql", json={"query": "{ __typename }"}, headers={"X-Request-ID": EMAIL})
        assert await Postman(gateway, shop).bring_raw(EMAIL.encode(), MARK) == 400
        await gateway.http.get(f"/{MARK}?email={EMAIL}")
    outputs.must_not_say(MARK)


@pytest.mark.parametrize("mode", ["down", "hang", "error", "wrong_json", "wrong_types"])
async def test_services_in_trouble_are_told_without_what_they_were_asked(
    ask: Asker,
    outputs: Outputs,
    shop: Shop,
    till: Till,
    switches: RunningSandbox,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
) -> None:
    ada = await shop.customer(EMAIL, name=MARK)
    order = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
    query = "query ($id: ID!) { order(id: $id) { payment { status } } me { email name } }"
    for source in (shop.sources.payments, shop.sources.carriers):
        monkeypatch.setattr(source, "_timeout_s", 1.0)
    async with watched(outputs):
        for service in ("payments", "carriers"):
            switches.fault(service, mode)
        await ask(query, {"id": order}, as_=ada)
        await till.ship(order, f"{MARK}-2")
        await till.refund(order, f"{MARK}-3")
    outputs.must_not_say(MARK)


ANOTHER = [sa.literal(uuid4(), sa.Uuid()) if column.name == "id" else column for column in PRODUCTS.c]
RAISES: dict[str, sa.Executable] = {
    "a constraint": sa.insert(PRODUCTS).from_select(PRODUCTS.c.keys(), sa.select(*ANOTHER)),
    "a cast": sa.select(sa.cast(sa.literal(EMAIL), sa.Integer)),
    "an unknown column": sa.select(sa.column("nothing")).where(sa.column("nothing") == EMAIL),
}


@pytest.mark.parametrize("statement", RAISES.values(), ids=RAISES)
async def test_errors_of_databases_are_told_without_values(
    ask: Asker, outputs: Outputs, shop: Shop, monkeypatch: pytest.MonkeyPatch, statement: sa.Executable
) -> None:
    await shop.product(sku=MARK.upper())

    async def broken(context: Any) -> Any:
        async with shop.database.transaction() as transaction:
            await transaction.rows(statement)
        raise LookupError(EMAIL)

    monkeypatch.setattr(catalogue, "root_categories", broken)
    async with watched(outputs):
        answer = await ask("{ categories { name } }")
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
    outputs.must_not_say(MARK)
    assert "broken" in outputs.all, "the place is told"


async def test_lost_exceptions_are_told_without_their_message(outputs: Outputs, ask: Asker) -> None:
    async def lost() -> None:
        raise ValueError(EMAIL)

    async with watched(outputs):
        await ask("{ products { totalCount } }")
        task = asyncio.create_task(lost())
        await asyncio.wait([task])
        del task
    assert "Task exception was never retrieved" in outputs.all
    outputs.must_not_say(MARK)


async def test_no_secret_of_the_house_is_told(
    ask: Asker,
    outputs: Outputs,
    shop: Shop,
    till: Till,
    switches: RunningSandbox,
    configured: Configured,
) -> None:
    async with watched(outputs):
        ada = await shop.customer()
        order = await till.bought(ada, await shop.product(price=1000, stock={"BER": 5}))
        for mode in ("error", "down"):
            switches.fault("payments", mode)
            switches.fault("carriers", mode)
            await till.ship(order)
        await ask("{ me { name } }", as_=ada)
    settings, own = configured
    parts = (settings, *own.values())
    secrets = [value.get_secret_value() for part in parts for _, value in part if isinstance(value, SecretStr)]
    assert len(secrets) >= 9
    outputs.must_not_say(*secrets)
