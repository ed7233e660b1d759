"""Whatever is asked of the whole graph, by whomever: an answer in time, no bug of ours, and nothing of somebody else.

Over real HTTP, on both databases. The same requests are tried each time; a long run with others:
`EXAMPLES=2000 uv run pytest tests/commerce/test_fuzz.py`.
"""

import asyncio
import os
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from random import Random
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from graphql import DocumentNode
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis_graphql import Mode

from datasources.actor import ANONYMOUS, Actor
from datasources.enterprise.tables import APPROVALS, RUNS, WORKFLOWS
from datasources.ids import uuid7
from datasources.social.stores import Social
from house import House
from schema.graph import build
from schema.node import Node, global_id
from tests.commerce.fuzz import aimed, documents, parameters_of, requests_of, spoiled
from tests.commerce.shop import Clock, Shop
from tests.enterprise.company import Company
from tests.enterprise.crm import Crm
from tests.enterprise.invoices import Desk, line
from tests.enterprise.supply import RECEIVE, Supply, pieces
from tests.finance.bank import HOLD, Bank, amount
from tests.gateway.serving import served
from tests.gateway_client import Gateway
from tests.houses import Configured
from tests.social.town import Town

LONG = "EXAMPLES" in os.environ
EXAMPLES = int(os.environ.get("EXAMPLES", "20"))
some = settings(
    max_examples=EXAMPLES,
    derandomize=not LONG,
    database=None,
    deadline=None,
    phases=(Phase.generate,),  # to make a smaller example of a failure takes minutes
    print_blob=True,
    suppress_health_check=list(HealthCheck),
)
SCHEMA = build()._schema
DOCUMENTS = st.tuples(documents(SCHEMA), st.randoms())
WRONG_DOCUMENTS = st.tuples(documents(SCHEMA, Mode.NEGATIVE), st.randoms())
ANSWERED_IN_S = 30
MARK = "zqxvictim"
OF_COMPANY = """query ($purchase: ID!) { departments { id } workflows { nodes { id } }
  purchaseOrder(id: $purchase) { receipts { nodes { id } } } approvals { nodes { id } } }"""


@pytest.fixture
def operation_timeout_s() -> float:
    return 10


@pytest.fixture
def configured(configured: Configured) -> Configured:
    """With a bucket that all of this does not empty; what one operation may cost stays."""
    settings, own = configured
    return settings.model_copy(update={"cost_per_minute": 10**12}), own


ADD = """
mutation ($product: ID!, $key: String!) {
  addToCart(input: {productId: $product, quantity: 2, idempotencyKey: $key}) { cart { id } }
}
"""
PLACE = """
mutation ($name: String!, $key: String!) {
  placeOrder(input: {
    address: {recipient: $name, street: $name, city: "Berlin", postalCode: "10115", country: "DE"}
    paymentMethod: "pm_card_visa", idempotencyKey: $key
  }) { order { id lines { id } } problem { code } }
}
"""
SHIP = """
mutation ($order: ID!, $key: String!) { shipOrder(input: {orderId: $order, idempotencyKey: $key}) { problem { code } } }
"""


class World:
    """A served shop, where a victim has all that a customer can have, marked; `actors` are those who ask."""

    def __init__(self, http: httpx.AsyncClient, house: House, actors: dict[str, Actor]) -> None:
        self._http = http
        self._house = house
        self.actors = actors
        self.ids: defaultdict[str, list[str]] = defaultdict(list)
        self.told: Counter[str] = Counter()

    async def sends(self, method: str, actor: str, **request: Any) -> Any:
        """The answer. Fails for what is none of GraphQL, is late, is a bug, or tells others of the victim."""
        headers = {"Content-Type": "application/json", **self._headers(self.actors[actor])}
        async with asyncio.timeout(ANSWERED_IN_S):
            response = await self._http.request(method, "/graphql", headers=headers, **request)
        assert response.status_code < 500, response.text
        assert actor in (MARK, "admin") or MARK not in response.text.lower()
        told = response.json()
        for answer in told if isinstance(told, list) else [told]:
            self._is_answer(answer, actor)
        return told

    async def data(self, actor: str, query: str, **variables: str) -> Any:
        told = await self.sends("POST", actor, json={"query": query, "variables": variables})
        assert "errors" not in told, told
        return told["data"]

    async def buys(self, actor: str, product: str, times: int) -> None:
        """So many orders, and a cart that is full again; the first order is shipped."""
        for n in range(times):
            await self.data(actor, ADD, product=product, key=f"add {n}")
            placed = (await self.data(actor, PLACE, name=f"The {actor}", key=f"place {n}"))["placeOrder"]
            assert placed["problem"] is None
            self.ids["Order"].append(placed["order"]["id"])
            self.ids["OrderLine"] += [line["id"] for line in placed["order"]["lines"]]
        assert (await self.data("admin", SHIP, order=self.ids["Order"][-times], key=actor))["shipOrder"][
            "problem"
        ] is None
        cart = await self.data(actor, ADD, product=product, key="add")
        self.ids["Cart"].append(cart["addToCart"]["cart"]["id"])

    def _headers(self, actor: Actor) -> dict[str, str]:
        if actor.id is None:
            return {}
        return {"Authorization": f"Bearer {self._house.tokens.issue(actor.id, actor.scopes, 36_000)}"}

    def _is_answer(self, answer: Any, actor: str) -> None:
        assert answer.keys() <= {"data", "errors", "extensions"}
        assert answer
        for error in answer.get("errors", ()):
            assert error["extensions"]["code"] != "INTERNAL", error
            self.told[error["extensions"]["code"]] += 1
        if any((answer.get("data") or {}).values()):
            self.told[f"something for {actor}"] += 1


async def talked(town: Town, victim: Actor, stranger: Actor, product: str) -> dict[str, list[str]]:
    """The ids of all that the victim said: marked where the stranger must not see it."""
    friend = await town.person("friend", private=True)
    await town.person("victim", actor=victim)
    await town.person("stranger", actor=stranger)
    await town.follows(friend, victim)
    await town.follows(victim, friend)
    posts = [await town.post(victim, MARK, visibility, productIds=[product]) for visibility in ("ME", "FOLLOWERS")]
    posts.append(await town.post(victim, "Hello @stranger", productIds=[product]))
    for author in (friend, stranger):
        posts.append(await town.post(author, "Hello @victim"))
    comments = [await town.comment(victim, posts[3], MARK), await town.comment(stranger, posts[2], "Hello @victim")]
    await town.reacts(stranger, posts[2])
    conversations = [await town.conversation(victim, friend), await town.conversation(stranger, victim)]
    messages = [await town.message(victim, conversations[0], MARK), await town.message(stranger, conversations[1])]
    notifications = await town.notifications(victim)
    await town.reports(stranger, posts[2])
    reports, decisions = await town.moderates(comments[1])
    return {
        "Profile": [town.id(one) for one in (victim, stranger, friend)],
        "Post": posts,
        "Comment": comments,
        "Review": [await town.review(one, product) for one in (victim, stranger)],
        "Conversation": conversations,
        "Message": messages,
        "Notification": notifications,
        "Report": reports,
        "Decision": decisions,
        "Subject": [*posts, *comments],
    }


async def banked(bank: Bank, victim: Actor, stranger: Actor) -> dict[str, list[str]]:
    """The victim sent the stranger a little, and much that is held, of which the stranger must not know."""
    hers, other = await bank.wallet(victim, 40_000_00, name=f"The {MARK}"), await bank.wallet(stranger, 5_00)
    await bank.verify(hers)
    sent = [await bank.send(hers, other, 1_00, text="A gift"), await bank.send(hers, other, 12_000_00, text=MARK)]
    held = {"accountId": hers.id, "amount": amount(1_00), "text": MARK}
    holds = [(await bank.do(HOLD, bank.accountant, **held))["hold"]["id"]]
    admin = bank.staff("*")
    entry = (await bank.gateway.data("{ transfers { nodes { entry { id } } } }", as_=admin))["transfers"]["nodes"]
    cases = (await bank.gateway.data("{ cases { nodes { id } } }", as_=admin))["cases"]["nodes"]
    return {
        "Account": [hers.id, other.id],
        "Holder": [global_id("Holder", one.signed_in) for one in (victim, stranger)],
        "Transfer": [one["transfer"]["id"] for one in sent],
        "Entry": [one["entry"]["id"] for one in entry if one["entry"]],
        "Hold": holds,
        "Case": [case["id"] for case in cases],
    }


async def employed(company: Company, victim: Actor, product: UUID, warehouse: UUID) -> dict[str, list[str]]:
    """What staff know of the victim and of who supplies the shop; nobody who tries is of the staff, but the admin."""
    await company.found()
    crm, supply, desk = Crm(company), Supply(company), Desk(company)
    contact = await crm.contact(f"The {MARK}")
    await crm.linked(contact, global_id("Customer", victim.signed_in))
    supplier = await supply.supplier(MARK)
    price = await supply.price(supplier, product, "2.50")
    point = await supply.point(supplier, product, warehouse, 5, 10)
    purchase = await supply.sent(supplier, warehouse, (product, 4))
    await supply.made(RECEIVE, purchaseOrderId=purchase, lines=pieces((product, 1)))
    draft = (await desk.draft(victim, line("1.00")))["invoice"]
    run = await waiting(company)
    found = await company.gateway.data(OF_COMPANY, {"purchase": purchase}, as_=company.director)
    (department,) = found["departments"]
    return {
        "Employee": [company.id(company.sales)],
        "Department": [department["id"]],
        "Company": [await crm.company(MARK)],
        "Contact": [contact],
        "Opportunity": [await crm.opportunity(company.sales, contact, title=MARK)],
        "Activity": [await crm.activity(company.sales, MARK, contactId=contact)],
        "Ticket": [await crm.ticket(company.agent, MARK, contactId=contact)],
        "Supplier": [supplier],
        "SupplierPrice": [price["id"]],
        "ReorderPoint": [point["id"]],
        "PurchaseOrder": [purchase],
        "GoodsReceipt": [one["id"] for one in found["purchaseOrder"]["receipts"]["nodes"]],
        "Invoice": [draft["id"]],
        "Workflow": [one["id"] for one in found["workflows"]["nodes"]],
        "WorkflowRun": [run],
        "Approval": [one["id"] for one in found["approvals"]["nodes"]],
    }


async def waiting(company: Company) -> str:
    """A run that waits for an approval."""
    sources, now = company.sources, company.clock()
    workflow = await sources.database.row(sa.select(WORKFLOWS.c.id, WORKFLOWS.c.version).limit(1))
    assert workflow
    run, nobody = uuid7(now), dict.fromkeys(("actor_id", "error", "due_at", "ended_at"))
    state = {"status": "waiting", "cause": "here", "data": {}, "position": 0, "attempts": 0, "subject_id": run}
    began = {"id": run, "workflow_id": workflow.id, "version": workflow.version, "started_at": now}
    asked = {"id": uuid7(now), "run_id": run, "position": 0, "text": MARK, "subject": "Run", "subject_id": run}
    amount = {"amount_minor": 1, "currency": "EUR", "status": "waiting", "asked_at": now}
    undecided = dict.fromkeys(("asked_by", "decided_by", "note", "decided_at"))
    async with sources.database.transaction() as transaction:
        await transaction.write(sa.insert(RUNS).values(began | state | nobody))
        await transaction.write(sa.insert(APPROVALS).values(asked | amount | undecided))
    return global_id("WorkflowRun", run)


@pytest.fixture
async def world(house: House, shop: Shop, gateway: Gateway, clock: Clock) -> AsyncIterator[World]:
    town = Town(house.sources[Social], gateway, clock)
    top = await shop.category("Kitchen")
    category = await shop.category("Cups", parent=top)
    mug = await shop.product("Mug", category=category, stock={"BER": 500, "LYS": 5})
    gone = await shop.product("Gone", category=top, active=False)
    victim, stranger = [await shop.customer(f"{name}@example.com", name=f"The {name}") for name in (MARK, "stranger")]
    actors = {
        "nobody": ANONYMOUS,
        "stranger": stranger,
        "clerk": shop.staff("inventory:read", "inventory:write", "catalogue:write", "analytics:read"),
        "admin": shop.staff("*"),
    }
    async with (
        served(house.app, lifespan="off") as port,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=None, verify=False) as http,
    ):
        world = World(http, house, actors | {MARK: victim})
        world.ids |= {
            "Product": [shop.id("Product", id) for id in (mug, gone)],
            "ProductCategory": [shop.id("ProductCategory", id) for id in (top, category)],
            "Warehouse": [shop.id("Warehouse", await shop.warehouse(code)) for code in ("BER", "LYS")],
            "Customer": [shop.id("Customer", person.id) for person in (victim, stranger)],
            "Address": [
                shop.id("Address", await shop.address(person, street=f"{name} Way 1"))
                for name, person in ((MARK, victim), ("stranger", stranger))
            ],
        }
        world.ids["Category"] = world.ids["ProductCategory"]
        for name in (MARK, "stranger"):
            await world.buys(name, world.ids["Product"][0], 2)
        world.ids |= await talked(town, victim, stranger, world.ids["Product"][0])
        world.ids |= await banked(Bank(house, gateway, clock), victim, stranger)
        company = Company(house, gateway, clock)
        world.ids |= await employed(company, victim, mug, await shop.warehouse("BER"))
        assert world.ids.keys() >= {node.__name__ for node in Node.__subclasses__()}
        world.actors, world.told = actors, Counter()
        yield world


@pytest.fixture
async def answered(world: World) -> AsyncIterator[World]:
    """Afterwards everybody must have been told something: else nothing would have been tried."""
    yield world
    assert all(world.told[f"something for {actor}"] for actor in world.actors), world.told


@some
@given(asked=DOCUMENTS)
async def test_documents(answered: World, asked: tuple[DocumentNode, Random]) -> None:
    document, random = asked
    query = aimed(SCHEMA, document, answered.ids, random)
    for actor in answered.actors:
        await answered.sends("POST", actor, json={"query": query})


@some
@given(asked=DOCUMENTS | WRONG_DOCUMENTS)
async def test_requests(world: World, asked: tuple[DocumentNode, Random]) -> None:
    """Of documents of this graph and of others: with what does not belong there, and spoiled on their way."""
    document, random = asked
    query = aimed(SCHEMA, document, world.ids, random)
    body = requests_of(query, random)
    for content in (body, spoiled(body, random)):
        await world.sends("POST", random.choice([*world.actors]), content=content)
    for params in parameters_of(query, random):
        await world.sends("GET", random.choice([*world.actors]), params=params)
