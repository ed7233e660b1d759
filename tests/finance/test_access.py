"""Who sees what, row by row, as a table; through lists, nodes, edges and events."""

from typing import Any

import pytest

from datasources.actor import ANONYMOUS, Actor
from datasources.events import Event, Topic
from schema.feeds import Feed
from schema.finance.events import FinanceSubscription
from schema.graph import build
from tests.finance.bank import Bank, Wallet

WHO = ("ada", "bo", "eve", "accountant", "officer", "auditor", "nobody")
SEEN: dict[str, str] = {
    "Account of ada": "ada accountant",
    "Account of bo": "bo accountant",
    "Holder ada": "ada officer",
    "Holder bo": "bo officer",
    "Transfer posted": "ada bo accountant officer",
    "Transfer held": "ada accountant officer",
    "Case": "officer",
    "Entry": "accountant",
    "Hold": "ada accountant",
}
NODE = "query ($id: ID!) { node(id: $id) { id } }"
LISTS = """{ accounts { nodes { id } totalCount } transfers { nodes { id } totalCount } }"""
EDGES = "{ transfers { nodes { status source { id } target { id } entry { id } } } }"


class Town:
    """Ada sent a little to Bo, which is posted, and much, which is held."""

    def __init__(self, bank: Bank, ada: Wallet, bo: Wallet, ids: dict[str, str]) -> None:
        self.bank = bank
        self.ids = ids
        self.who: dict[str, Actor] = {
            "ada": ada.owner,
            "bo": bo.owner,
            "eve": bank.person(),
            "accountant": bank.accountant,
            "officer": bank.officers[0],
            "auditor": bank.staff("audit:read"),
            "nobody": ANONYMOUS,
        }

    async def nodes(self, actor: Actor) -> set[str]:
        seen = set()
        for name, id in self.ids.items():
            answer = await self.bank.gateway.ask(NODE, {"id": id}, as_=actor)
            if answer["data"]["node"]:
                seen.add(name)
        return seen


@pytest.fixture
async def town(bank: Bank) -> Town:
    ada, bo = await bank.wallet(money=30_000_00), await bank.wallet(name="Bo Lindqvist")
    await bank.verify(ada)
    posted = (await bank.send(ada, bo, 5_00))["transfer"]["id"]
    held = (await bank.send(ada, bo, 10_000_00))["transfer"]["id"]
    case = "{ cases { nodes { id holder { id } transfer { target { id } } } } }"
    of_case = (await bank.gateway.data(case, as_=bank.officers[0]))["cases"]["nodes"][0]
    one = "query ($id: ID!) { transfer(id: $id) { entry { id } } }"
    entry = (await bank.gateway.data(one, {"id": posted}, as_=bank.accountant))["transfer"]["entry"]["id"]
    holds = "query ($id: ID!) { account(id: $id) { holder { id } holds { id } } }"
    of_ada = (await bank.gateway.data(holds, {"id": ada.id}, as_=ada.owner))["account"]
    of_bo = (await bank.gateway.data(holds, {"id": bo.id}, as_=bo.owner))["account"]
    ids = {
        "Account of ada": ada.id,
        "Account of bo": bo.id,
        "Holder ada": of_case["holder"]["id"],
        "Holder bo": of_bo["holder"]["id"],
        "Transfer posted": posted,
        "Transfer held": held,
        "Case": of_case["id"],
        "Entry": entry,
        "Hold": of_ada["holds"][0]["id"],
    }
    return Town(bank, ada, bo, ids)


async def test_each_row_is_seen_by_those_of_the_table(town: Town) -> None:
    assert set(town.ids) == set(SEEN)
    for name, actor in town.who.items():
        assert await town.nodes(actor) == {row for row, seen in SEEN.items() if name in seen.split()}, name


async def test_lists_and_edges_show_no_more_than_nodes(town: Town) -> None:
    for name, actor in town.who.items():
        answer = await town.bank.gateway.ask(LISTS, as_=actor)
        if name == "nobody":
            assert answer["data"] == {"accounts": None, "transfers": None}
            continue
        seen = {town.ids[row] for row, by in SEEN.items() if name in by.split()}
        for found in answer["data"].values():
            assert found["totalCount"] == len(found["nodes"])
        wallets = {id for row, id in town.ids.items() if row.startswith("Account")}
        assert {node["id"] for node in answer["data"]["accounts"]["nodes"]} & wallets == seen & wallets, name
        moves = {id for row, id in town.ids.items() if row.startswith("Transfer")}
        assert {node["id"] for node in answer["data"]["transfers"]["nodes"]} & moves == seen & moves, name
    (of_bo,) = (await town.bank.gateway.data(EDGES, as_=town.who["bo"]))["transfers"]["nodes"]
    assert of_bo == {"status": "POSTED", "source": None, "target": {"id": town.ids["Account of bo"]}, "entry": None}


async def test_of_events_one_hears_what_one_sees(town: Town) -> None:
    """The topic that a subscription is of, and what its record is to who hears of it."""
    journal = town.bank.sources.tail.journal
    events = (await journal.after(await journal.position("oldest"))).events
    heard = {
        name: {(event.type, event.subject) for event in events if _hears(name, actor, event)}
        for name, actor in town.who.items()
        if name != "nobody"
    }
    transfers = {name: sorted(type for type, _ in of if type.startswith("transfer")) for name, of in heard.items()}
    assert transfers["ada"] == ["transfer.held", "transfer.posted", "transfer.received"]
    assert transfers["bo"] == ["transfer.received"]
    assert transfers["eve"] == transfers["auditor"] == []
    assert transfers["accountant"] == ["transfer.held", "transfer.posted", "transfer.posted"]
    assert not any(type.startswith("balance") for type, _ in heard["eve"] | heard["officer"] | heard["auditor"])


def _hears(name: str, actor: Actor, event: Event) -> bool:
    feeds: list[Feed] = [_feed("balance_changed"), _feed("transfer_changed")]
    topics: list[Topic] = [feed.topic(actor) for feed in feeds]
    return any(topic.admits(event) for topic in topics)


def _feed(name: str) -> Feed:
    definition: Any = FinanceSubscription
    (field,) = (one for one in definition.__strawberry_definition__.fields if one.python_name == name)
    declared: Feed = field.metadata["declared"]
    return declared


def test_every_type_of_finance_is_in_the_table_or_reached_by_one_that_is() -> None:
    nodes = build()._schema.get_implementations(build()._schema.type_map["Node"]).objects  # type: ignore[arg-type]
    ours = {"Account", "Holder", "Transfer", "Case", "Entry", "Hold"}
    assert ours <= {node.name for node in nodes}
    assert {row.split()[0] for row in SEEN} == ours
