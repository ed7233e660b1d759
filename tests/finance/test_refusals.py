"""A mutation that is refused, for any reason that it may name, leaves the whole database as it was."""

import re
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from strawberry.utils.str_converters import to_camel_case

from datasources.actor import ANONYMOUS, SYSTEM, Actor
from datasources.finance.ledger import AccountKind
from datasources.finance.stores import Finance
from datasources.finance.tables import AUDIT
from schema.finance.domain import FINANCE
from schema.graph import build
from schema.node import global_id
from tests.finance.bank import (
    CAPTURE,
    DECIDE,
    DEPOSIT,
    HOLD,
    LIMIT,
    OPEN,
    QUOTE,
    RELEASE,
    REVERSE,
    SEND,
    VERIFY,
    WITHDRAW,
    Bank,
    Wallet,
    amount,
)

NEVER = {name: global_id(name, uuid4()) for name in ("Account", "Holder", "Hold", "Transfer", "Case", "Quote")}
TEXT = {"text": "Rent"}
CASES = "{ cases(status: OPEN) { nodes { id } } }"


class Refused(NamedTuple):
    mutation: str
    actor: Actor
    code: str
    input: dict[str, Any]
    field: str | None = None


class World:
    """What can stand in the way of each mutation. Whoever acts has used the key "used"."""

    def __init__(self, bank: Bank) -> None:
        self.bank = bank
        self.accountant, (self.officer, self.second, _) = bank.accountant, bank.officers

    async def make(self) -> None:
        bank, do = self.bank, self.bank.do
        await bank.learn(USD="1.25")
        ada = Actor(uuid4())
        opened = await do(OPEN, ada, currency="EUR", name="Ada Byron", idempotencyKey="used")
        self.ada = Wallet(ada, opened["account"]["id"], opened["account"]["number"], "EUR")
        rich = {"accountId": self.ada.id, "amount": amount(40_000_00), "text": "x", "idempotencyKey": "used"}
        await do(DEPOSIT, self.accountant, **rich)
        level = {"holderId": global_id("Holder", ada.signed_in), "level": "FULL", "idempotencyKey": "used"}
        await do(VERIFY, self.officer, **level)
        self.bo = await bank.wallet(name="Bo Lindqvist")
        self.cy = await bank.wallet(money=5_000_00, name="Cy Young")
        self.void = await bank.wallet(money=5_00, name="Maximilian Void, Doctor")
        self.yen = await bank.wallet(ada, currency="JPY")
        self.dollars = await bank.wallet(ada, currency="USD")
        self.pounds = await bank.wallet(currency="GBP", name="Dee Late")
        self.spent = (await bank.send(self.ada, self.bo, 5_00))["transfer"]["id"]
        await do(WITHDRAW, self.bo.owner, accountId=self.bo.id, amount=amount(5_00), **TEXT)
        self.reversed = (await bank.send(self.ada, self.bo, 1_00))["transfer"]["id"]
        await do(REVERSE, self.accountant, transferId=self.reversed, **TEXT)
        self.held = await self._hold(self.ada.id, amount(10_00))
        self.ended = await self._hold(self.ada.id, amount(10_00))
        await do(RELEASE, self.accountant, holdId=self.ended)
        self.unvalued = await self._hold(await self._house_pounds(), amount(10_00, "GBP"))
        self.closed, self.open = await self._case(), ""
        await do(DECIDE, self.second, caseId=self.closed, verdict="REJECT", note="x")
        self.open = await self._case()
        await do(DECIDE, self.officer, caseId=self.open, verdict="RELEASE", note="x")
        self.used_quote = (await do(QUOTE, ada, currency="EUR", toCurrency="USD"))["quote"]["id"]
        await bank.send(self.ada, self.dollars, 1_00, quoteId=self.used_quote)

    async def _hold(self, account: str, money: dict[str, str]) -> str:
        done = await self.bank.do(HOLD, self.accountant, accountId=account, amount=money, **TEXT)
        return str(done["hold"]["id"])

    async def _house_pounds(self) -> str:
        with self.bank.house.open_context(SYSTEM) as context:
            async with self.bank.database.transaction() as transaction:
                ledger = context.of(Finance).ledger
                return global_id("Account", await ledger.of_house(transaction, AccountKind.CASH, "GBP"))

    async def _case(self) -> str:
        await self.bank.send(self.ada, self.bo, 10_000_00)
        ((case,),) = ((await self.bank.gateway.data(CASES, as_=self.officer))["cases"]["nodes"],)
        return str(case["id"])

    def refused(self) -> list[Refused]:
        ada, accountant, officer = self.ada.owner, self.accountant, self.officer
        mine, of_ada = {"accountId": self.ada.id}, {"accountId": self.ada.id, "amount": amount(1), **TEXT}
        to_bo = of_ada | {"toNumber": self.bo.number}
        held, taken = {"holdId": self.held}, {"holdId": self.held, "toNumber": self.bo.number}
        sent = {"transferId": self.spent, **TEXT}
        vote = {"caseId": self.open, "verdict": "RELEASE", "note": "x"}
        known = {"holderId": global_id("Holder", ada.signed_in), "level": "BASIC"}
        self_known = {"holderId": global_id("Holder", officer.signed_in), "level": "FULL"}
        of_cy = of_ada | {"accountId": self.cy.id, "amount": amount(1_000_01)}
        of_void, of_yen = of_ada | {"accountId": self.void.id}, {"accountId": self.yen.id, "amount": amount(1, "JPY")}
        much, none = {"amount": amount(40_000_01)}, {"amount": amount(0)}
        used, key = {"idempotencyKey": "used"}, "IDEMPOTENCY_KEY_REUSED"
        funds, limit = "FINANCE_INSUFFICIENT_FUNDS", "FINANCE_LIMIT_REACHED"
        unscreened, rate, ended = "FINANCE_NOT_SCREENED", "FINANCE_RATE_UNKNOWN", "FINANCE_HOLD_ENDED"
        never_account, eyes = {"accountId": NEVER["Account"]}, "FINANCE_FOUR_EYES"
        dollars = to_bo | {"toNumber": self.dollars.number}
        return [
            Refused(OPEN, ada, "INVALID_INPUT", {"currency": "EUR", "name": " "}),
            Refused(OPEN, ada, key, {"currency": "CHF", "name": "Ada Byron", **used}),
            Refused(LIMIT, ada, "INVALID_INPUT", mine | {"limit": amount(-1)}),
            Refused(LIMIT, ada, "NOT_FOUND", {"accountId": self.bo.id}),
            Refused(LIMIT, ada, key, mine | used),
            Refused(VERIFY, officer, "INVALID_INPUT", known | {"holderId": "x"}),
            Refused(VERIFY, officer, "NOT_FOUND", known | {"holderId": NEVER["Holder"]}),
            Refused(VERIFY, officer, eyes, self_known),
            Refused(VERIFY, officer, key, known | used),
            *(
                Refused(SEND, ada, "INVALID_INPUT", to_bo | {field: wrong}, field)
                for field, wrong in [
                    ("amount", amount(0)),
                    ("amount", amount(-5)),
                    ("amount", amount(5, "USD")),
                    ("amount", {"amount": "1.001", "currency": "EUR"}),
                    ("toNumber", "HD00"),
                    ("toNumber", self.ada.number),
                    ("text", " "),
                    ("text", "x" * 201),
                    ("quoteId", "nonsense"),
                    ("quoteId", self.used_quote),
                    ("idempotencyKey", ""),
                    ("accountId", "nonsense"),
                ]
            ),
            Refused(SEND, ada, "INVALID_INPUT", dollars, "quoteId"),
            Refused(SEND, ada, "NOT_FOUND", to_bo | {"accountId": self.bo.id}),
            Refused(SEND, ada, "NOT_FOUND", to_bo | {"toNumber": "HD9800000000000000"}),
            Refused(SEND, ada, funds, to_bo | much),
            Refused(SEND, self.cy.owner, limit, of_cy | {"toNumber": self.bo.number}),
            Refused(SEND, self.void.owner, unscreened, of_void | {"toNumber": self.bo.number}),
            Refused(SEND, ada, rate, of_yen | {"toNumber": self.dollars.number, "quoteId": NEVER["Quote"], **TEXT}),
            Refused(SEND, ada, "FINANCE_QUOTE_EXPIRED", dollars | {"quoteId": self.used_quote}),
            Refused(SEND, ada, key, to_bo | used),
            Refused(WITHDRAW, ada, "INVALID_INPUT", of_ada | {"text": ""}),
            Refused(WITHDRAW, ada, "NOT_FOUND", of_ada | {"accountId": self.bo.id}),
            Refused(WITHDRAW, ada, funds, of_ada | much),
            Refused(WITHDRAW, self.cy.owner, limit, of_cy),
            Refused(WITHDRAW, self.void.owner, unscreened, of_void),
            Refused(WITHDRAW, ada, rate, of_yen | TEXT),
            Refused(WITHDRAW, ada, key, of_ada | used),
            Refused(DEPOSIT, accountant, "INVALID_INPUT", of_ada | none),
            Refused(DEPOSIT, accountant, "NOT_FOUND", of_ada | never_account),
            Refused(DEPOSIT, accountant, rate, of_yen | TEXT),
            Refused(DEPOSIT, accountant, key, of_ada | used),
            Refused(HOLD, accountant, "INVALID_INPUT", of_ada | {"amount": amount(1, "USD")}),
            Refused(HOLD, accountant, "NOT_FOUND", of_ada | never_account),
            Refused(HOLD, accountant, funds, of_ada | much),
            Refused(HOLD, accountant, key, of_ada | used),
            Refused(CAPTURE, accountant, "INVALID_INPUT", taken | {"amount": amount(10_01)}),
            Refused(CAPTURE, accountant, "INVALID_INPUT", taken | {"toNumber": self.ada.number}),
            Refused(CAPTURE, accountant, "NOT_FOUND", taken | {"holdId": NEVER["Hold"]}),
            Refused(CAPTURE, accountant, ended, taken | {"holdId": self.ended}),
            Refused(CAPTURE, accountant, rate, {"holdId": self.unvalued, "toNumber": self.pounds.number}),
            Refused(CAPTURE, accountant, key, taken | used),
            Refused(RELEASE, accountant, "INVALID_INPUT", held | {"idempotencyKey": ""}),
            Refused(RELEASE, accountant, "NOT_FOUND", {"holdId": NEVER["Hold"]}),
            Refused(RELEASE, accountant, ended, {"holdId": self.ended}),
            Refused(RELEASE, accountant, key, held | used),
            Refused(REVERSE, accountant, "INVALID_INPUT", sent | {"text": "x" * 201}),
            Refused(REVERSE, accountant, "NOT_FOUND", sent | {"transferId": NEVER["Transfer"]}),
            Refused(REVERSE, accountant, "FINANCE_NOT_REVERSIBLE", sent | {"transferId": self.reversed}),
            Refused(REVERSE, accountant, funds, sent),
            Refused(REVERSE, accountant, key, sent | used),
            Refused(DECIDE, officer, "INVALID_INPUT", vote | {"note": "\n"}),
            Refused(DECIDE, officer, "NOT_FOUND", vote | {"caseId": NEVER["Case"]}),
            Refused(DECIDE, officer, "FINANCE_CASE_CLOSED", vote | {"caseId": self.closed}),
            Refused(DECIDE, officer, eyes, vote),
            Refused(DECIDE, officer, key, vote | used),
            Refused(QUOTE, ada, "INVALID_INPUT", {"currency": "EUR", "toCurrency": "EUR"}),
            Refused(QUOTE, ada, rate, {"currency": "EUR", "toCurrency": "JPY"}),
        ]


def schema_of(type: Any) -> list[str]:
    """The names of its fields, as clients write them."""
    return [to_camel_case(field.python_name) for field in type.__strawberry_definition__.fields]


def field_of(mutation: str) -> str:
    return mutation.partition("done: ")[2].partition("(")[0]


@pytest.fixture
async def world(bank: Bank) -> World:
    world = World(bank)
    await world.make()
    return world


async def test_what_is_refused_leaves_the_database_as_it_was(world: World) -> None:
    declared, ours = build()._schema.mutation_type, schema_of(FINANCE.mutation)
    assert declared
    problems = {
        (name, code)
        for name in ours
        for code in re.findall(r"[A-Z_]{4,}", (declared.fields[name].description or "").rpartition("Problems: ")[2])
    }
    refused = world.refused()
    assert {(field_of(one.mutation), one.code) for one in refused} == problems
    before = await world.bank.rows()
    for one in refused:
        done = await world.bank.do(one.mutation, one.actor, **one.input)
        assert done["problem"], one
        assert done["problem"]["code"] == one.code, one
        assert one.field in (None, done["problem"].get("field")), one
        assert await world.bank.rows() == before, one
    await world.bank.must_balance()


async def test_so_does_what_one_may_not_do(world: World) -> None:
    before = await world.bank.rows()
    audited = await world.bank.count(AUDIT)
    customer = world.bank.person()
    for mutation, input in {one.mutation: one.input for one in world.refused()}.items():
        more = {} if mutation == QUOTE else {"idempotencyKey": "k"}
        asked = {"input": more | input}
        assert await world.bank.gateway.refused(mutation, asked, as_=ANONYMOUS) in (["UNAUTHENTICATED"], ["FORBIDDEN"])
        if mutation not in (OPEN, LIMIT, SEND, WITHDRAW, QUOTE):  # those are for every customer, of its own
            for actor in (customer, world.bank.staff("audit:read", "books:read", "cases:read", "events:read")):
                assert await world.bank.gateway.refused(mutation, asked, as_=actor) == ["FORBIDDEN"]
    assert await world.bank.rows() == before
    assert await world.bank.count(AUDIT) == audited
