"""Who sees what, row by row, as tables; through nodes, lists, every edge that leads here, and events.

Finance has no search of its own; were there one, it would be a path that the walk does not know.
"""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from graphql import GraphQLNamedType, GraphQLObjectType, get_named_type
from strawberry.utils.str_converters import to_camel_case

from datasources.actor import ANONYMOUS, Actor
from datasources.commerce.events import EventType as CommerceEvents
from datasources.enterprise.stores import Enterprise
from datasources.events import Topic
from datasources.finance.tables import AUDIT, EVENTS
from schema.feeds import Feed
from schema.finance.events import FinanceSubscription
from schema.graph import build
from schema.node import global_id
from tests.commerce.shop import Shop
from tests.finance.bank import DECIDE, ISSUE_INVOICE, REVERSE, Bank
from tests.finance.test_postings import consume, happened
from tests.listening import Listen

STRANGERS = ("eve", "clerk", "auditor", "service")
WHO = ("ada", "bo", "accountant", "bookkeeper", "controller", "officer", "decider", *STRANGERS, "nobody")
"""`bookkeeper` and `decider` may only write; `clerk` works in the shop, `controller` there and here; `service` hears of
events.
"""
BOOKS, WRITERS, OFFICERS = "accountant controller", "bookkeeper", "officer decider"
STAFF, HOUSE = f"{BOOKS} {WRITERS} {OFFICERS}", "Account of the house"
SEEN: dict[str, str] = {
    "Account of ada": f"ada {BOOKS} {WRITERS}",
    "Account of bo": f"bo {BOOKS} {WRITERS}",
    "Account of the house": f"{BOOKS} {WRITERS}",
    "Holder ada": f"ada {OFFICERS}",
    "Holder bo": f"bo {OFFICERS}",
    "Transfer posted": f"ada bo {BOOKS} {WRITERS} {OFFICERS}",
    "Transfer reversed": f"ada bo {BOOKS} {WRITERS} {OFFICERS}",
    "Transfer held": f"ada {BOOKS} {WRITERS} {OFFICERS}",
    "Case": OFFICERS,
    "Entry of the transfer": BOOKS,
    "Entry of the order": BOOKS,
    "Entry of the invoice": BOOKS,
    "Hold of ada": f"ada {BOOKS} {WRITERS}",
}
SIGNED_IN = " ".join(WHO[:-1])
ACCOUNTS = f"ada bo {BOOKS} {WRITERS}"
TRANSFERS = f"ada bo {BOOKS} {WRITERS} {OFFICERS}"
PATHS: dict[str, str] = {
    "Query.account": ACCOUNTS,
    "Query.accounts": ACCOUNTS,
    "Query.portfolio": SIGNED_IN,
    "Portfolio.accounts": "ada bo",
    "Account.holder": "ada bo",
    "Account.statement": ACCOUNTS,
    "Account.holds": f"ada {BOOKS} {WRITERS}",
    "StatementLine.entry": BOOKS,
    "Query.transfer": TRANSFERS,
    "Query.transfers": TRANSFERS,
    "Transfer.source": f"ada {BOOKS} {WRITERS}",
    "Transfer.target": f"ada bo {BOOKS} {WRITERS}",
    "Transfer.entry": BOOKS,
    "Transfer.case": "officer",
    "Query.entry": BOOKS,
    "Entry.lines": BOOKS,
    "Entry.reverses": BOOKS,
    "EntryLine.account": BOOKS,
    "Query.trialBalance": BOOKS,
    "Query.case": "officer",
    "Query.cases": "officer",
    "Case.transfer": OFFICERS,
    "Case.holder": OFFICERS,
    "Case.decisions": OFFICERS,
    "Query.auditLog": "auditor",
    "Query.verifyAudit": "auditor",
    "Query.rateHistory": " ".join(WHO),
    "Customer.accounts": "ada bo controller",
    "Order.postings": "controller",
    "Invoice.postings": "controller",
}
HEARD: dict[str, tuple[str, str, str]] = {
    "balanceChanged": ("account", "Account", SIGNED_IN),
    "transferChanged": ("transfer", "Transfer", SIGNED_IN),
    "caseChanged": ("case", "Case", "officer"),
    "rateChanged": ("rate", "Rate", " ".join(WHO)),
}
"""Of each subscription: the edge to the row that it is about, what that is, and who may have it."""

E = "fragment E on Entry { id lines { account { id } } reverses { id } }"
A = """fragment A on Account {
  id holder { id } statement { nodes { number entry { id reverses { id } } } } holds { id } }"""
T = "fragment T on Transfer { id source { id } target { id } entry { ...E } case { id } }" + E
C = "fragment C on Case { id transfer { id } holder { id } decisions { note } }"
LISTS = (
    f"{{ accounts {{ nodes {{ ...A }} totalCount }} portfolio {{ accounts {{ id }} }} }} {A}",
    f"{{ transfers {{ nodes {{ ...T }} totalCount }} }} {T}",
    f"{{ cases {{ nodes {{ ...C }} totalCount }} }} {C}",
    "{ trialBalance { kind } rateHistory(currency: USD) { day } }",
    "{ auditLog { nodes { number } } }",
    "{ verifyAudit { intact } }",
)
BY_ID = {
    "account": f"query ($id: ID!) {{ account(id: $id) {{ ...A }} }} {A}",
    "transfer": f"query ($id: ID!) {{ transfer(id: $id) {{ ...T }} }} {T}",
    "case": f"query ($id: ID!) {{ case(id: $id) {{ ...C }} }} {C}",
    "entry": f"query ($id: ID!) {{ entry(id: $id) {{ ...E }} }} {E}",
    "customer": "query ($id: ID!) { customer(id: $id) { accounts { id } } }",
    "order": "query ($id: ID!) { order(id: $id) { postings { id } } }",
    "invoice": "query ($id: ID!) { invoice(id: $id) { postings { id } } }",
}
NODE = f"query ($id: ID!) {{ node(id: $id) {{ __typename id ...A ...T ...C }} }} {A} {T} {C}"


READS = {
    "read accounts": "Account",
    "read transfers": "Transfer",
    "read holders": "Holder",
    "read statement": "Account",
}


class Town:
    """Ada sent a little to Bo, which is posted, and the same again, which is reversed; and much, which is held and was
    looked at. She bought of the shop.
    """

    def __init__(self, bank: Bank, shop: Shop) -> None:
        self.bank = bank
        self.shop = shop
        self.rows: dict[str, str] = {}
        self.others: dict[str, str] = {}
        self.who = {
            "eve": bank.person(),
            "accountant": bank.accountant,
            "bookkeeper": bank.staff("books:write"),
            "controller": bank.staff("books:read", "customers:read", "orders:read", "invoices:read"),
            "officer": bank.officers[0],
            "decider": bank.staff("cases:write"),
            "auditor": bank.staff("audit:read"),
            "clerk": bank.staff("customers:read", "orders:read", "invoices:read"),
            "service": bank.staff("events:read"),
            "nobody": ANONYMOUS,
        }

    async def make(self) -> None:
        bank, shop = self.bank, self.shop
        people = {"ada": await shop.customer(), "bo": await shop.customer("bo@example.com")}
        self.who |= people
        ada = await bank.wallet(people["ada"], money=30_000_00)
        bo = await bank.wallet(people["bo"], name="Bo Lindqvist")
        await bank.verify(ada)
        await bank.learn(USD="1.25")
        posted, reversed = [(await bank.send(ada, bo, 5_00))["transfer"]["id"] for _ in range(2)]
        await bank.do(REVERSE, bank.accountant, transferId=reversed, text="Twice")
        held = (await bank.send(ada, bo, 10_000_00))["transfer"]["id"]
        case = (await self.read("{ cases { nodes { id } } }", "officer"))["cases"]["nodes"][0]["id"]
        await bank.do(DECIDE, bank.officers[0], caseId=case, verdict="RELEASE", note="x")
        order = await shop.order(people["ada"])
        told: dict[str, Any] = {"amount_minor": 12_00, "tax_minor": 2_00, "currency": "EUR"}
        await happened(shop, CommerceEvents.ORDER_SHIPPED, order, **told)
        await consume(bank, shop)
        one = "query ($id: ID!) { transfer(id: $id) { entry { id } } }"
        entry = (await self.read(one, "accountant", posted))["transfer"]["entry"]["id"]
        order_id = shop.id("Order", order)
        (sale,) = (await self.read(BY_ID["order"], "controller", order_id))["order"]["postings"]
        invoice = await bank.invoice(people["ada"])
        await bank.do(ISSUE_INVOICE, bank.clerk, invoiceId=invoice)
        await consume(bank, bank.house.sources[Enterprise])
        (owed,) = (await self.read(BY_ID["invoice"], "controller", invoice))["invoice"]["postings"]
        house = (await self.read("{ accounts(house: true) { nodes { id } } }", "accountant"))["accounts"]["nodes"]
        holds = "query ($id: ID!) { account(id: $id) { holds { id } } }"
        ((hold,),) = ((await self.read(holds, "ada", ada.id))["account"]["holds"],)
        self.others = {
            "ada": shop.id("Customer", people["ada"].id),
            "bo": shop.id("Customer", people["bo"].id),
            "order": order_id,
            "invoice": invoice,
        }
        self.rows = {
            "Account of ada": ada.id,
            "Account of bo": bo.id,
            "Account of the house": house[-1]["id"],
            "Holder ada": global_id("Holder", ada.owner.signed_in),
            "Holder bo": global_id("Holder", bo.owner.signed_in),
            "Transfer posted": posted,
            "Transfer reversed": reversed,
            "Transfer held": held,
            "Case": case,
            "Entry of the transfer": entry,
            "Entry of the order": sale["id"],
            "Entry of the invoice": owed["id"],
            "Hold of ada": hold["id"],
        }

    async def read(self, query: str, who: str, id: str | None = None) -> Any:
        answer = await self.bank.gateway.ask(query, {"id": id} if id else None, as_=self.who[who])
        return answer["data"] or {}

    async def noted(self, who: str) -> set[str]:
        """What the audit log says that this one has read of others."""
        its = sa.select(AUDIT.c.action, AUDIT.c.data).where(AUDIT.c.actor_id == self.who[who].id)
        lines = [line for line in await self.bank.database.rows(its) if line.action in READS]
        return {global_id(READS[line.action], UUID(id)) for line in lines for id in line.data["ids"]}

    async def seen(self, who: str) -> tuple[set[str], set[str]]:
        """The ids of all rows that are reached by any path, and these paths."""
        answers = [await self.read(query, who) for query in LISTS]
        answers += [await self.read(NODE, who, id) for id in self.rows.values()]
        for query in BY_ID.values():
            answers += [await self.read(query, who, id) for id in [*self.rows.values(), *self.others.values()]]
        found = [one for answer in answers for one in walk("Query", answer)]
        return {id for _, id in found if id}, {path for path, _ in found}


@pytest.fixture
async def town(bank: Bank, shop: Shop) -> Town:
    town = Town(bank, shop)
    await town.make()
    return town


def walk(type: str, record: dict[str, Any]) -> Iterator[tuple[str, str | None]]:
    """The path by which each record of finance is reached, and its id where it has one."""
    for field, value in record.items():
        target = type_of(type, field)
        for one in value if isinstance(value, list) else [value]:
            nodes = one["nodes"] if isinstance(one, dict) and "nodes" in one else [one]
            for node in nodes:
                if isinstance(node, dict):
                    name = node.get("__typename", target)
                    if name in OURS:
                        yield f"{type}.{field}", node.get("id")
                    yield from walk(name, node)


def type_of(type: str, field: str) -> str:
    """What is at a field, or in its pages."""
    found = SCHEMA.type_map[type]
    if not isinstance(found, GraphQLObjectType) or field.startswith("__"):
        return ""
    name: str = get_named_type(found.fields[field].type).name
    return name.removesuffix("Connection")


SCHEMA = build()._schema


def is_ours(type: GraphQLNamedType) -> bool:
    declared = type.extensions.get("strawberry-definition")
    origin = getattr(declared, "origin", None)
    return isinstance(type, GraphQLObjectType) and getattr(origin, "__module__", "").startswith("schema.finance")


OURS = {name for name, type in SCHEMA.type_map.items() if is_ours(type)}


def test_every_path_that_leads_here_is_in_the_table() -> None:
    leads = {
        f"{name}.{field}"
        for name, type in SCHEMA.type_map.items()
        if isinstance(type, GraphQLObjectType) and name not in ("Mutation", "Subscription")
        if not name.endswith(("Connection", "Edge", "Payload", "Event"))
        for field in type.fields
        if type_of(name, field) in OURS
    }
    assert leads == set(PATHS)
    nodes = {one.name for one in SCHEMA.get_implementations(SCHEMA.type_map["Node"]).objects}  # type: ignore[arg-type]
    assert nodes & OURS == {row.split()[0] for row in SEEN}


async def test_by_every_path_each_sees_the_rows_of_the_table_and_no_others(town: Town) -> None:
    assert set(town.rows) == set(SEEN)
    assert set(town.who) == set(WHO)
    known = set(town.rows.values())
    for who in WHO:
        ids, paths = await town.seen(who)
        rows = {row for row, id in town.rows.items() if id in ids}
        assert rows == {row for row, by in SEEN.items() if who in by.split()}, who
        if who not in STAFF.split():
            # its own deposit, and nothing that is not in the table
            assert len(ids - known) == (1 if who == "ada" else 0), who
        noted = await town.noted(who)
        others = {row for row in rows if row.startswith(("Account", "Transfer", "Holder")) and row != HOUSE}
        assert {town.rows[row] for row in others} <= noted if who in STAFF.split() else not noted, who
        assert paths - {"Query.node"} == {path for path, by in PATHS.items() if who in by.split()}, who


async def test_counts_tell_no_more_than_rows(town: Town) -> None:
    for name in ("accounts", "transfers"):
        for who in WHO[:-1]:
            found = (await town.read(f"{{ {name} {{ nodes {{ id }} totalCount }} }}", who))[name]
            assert found["totalCount"] == len(found["nodes"]), who


async def test_of_events_each_hears_what_it_sees(town: Town, listen: Listen) -> None:
    journal = town.bank.sources.tail.journal
    events = (await journal.after(await journal.position("oldest"))).events
    for feed, (edge, kind, allowed) in HEARD.items():
        what = "currency" if kind == "Rate" else "id"
        query = f'subscription {{ {feed}(after: "oldest") {{ {edge} {{ {what} }} }} }}'
        for who, actor in town.who.items():
            if who not in allowed.split():
                async with listen(query, actor) as next:
                    assert await next() == ["FORBIDDEN" if actor.id else "UNAUTHENTICATED"], (feed, who)
                continue
            topic = topic_of(feed, actor)
            due = [event for event in events if topic.admits(event)]
            async with listen(query, actor) as next:
                heard = [(await next())[edge][what] for _ in due] if due else []
            rows = {row for row, id in town.rows.items() if id in heard}
            told = {row for row, by in SEEN.items() if row.startswith(kind) and who in by.split()} - {HOUSE}
            assert rows == told, (feed, who)
            assert kind != "Rate" or heard == ["USD"]


async def test_services_hear_of_everything_and_see_nothing_of_it(town: Town, listen: Listen) -> None:
    query = """subscription { financeEvents(after: "oldest") { type ... on BalanceEvent { account { id } }
      ... on TransferEvent { transfer { id } } ... on CaseEvent { case { id } } } }"""
    for who, actor in town.who.items():
        async with listen(query, actor) as next:
            if who != "service":
                assert await next() == ["FORBIDDEN" if actor.id else "UNAUTHENTICATED"], who
                continue
            heard = [await next() for _ in range(await town.bank.count(EVENTS))]
            assert {key for one in heard for key, value in one.items() if value} == {"type"}
            assert len({one["type"] for one in heard}) > 6


def topic_of(feed: str, actor: Actor) -> Topic:
    definition: Any = FinanceSubscription
    fields = definition.__strawberry_definition__.fields
    (field,) = (one for one in fields if to_camel_case(one.python_name) == feed)
    declared: Feed = field.metadata["declared"]
    return declared.topic(actor)
