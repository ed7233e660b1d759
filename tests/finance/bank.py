"""A bank for tests: people with accounts and money, each in one line, through the graph alone."""

from dataclasses import dataclass
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import uuid4

import sqlalchemy as sa

from datasources.actor import SYSTEM, Actor
from datasources.finance.stores import Finance
from datasources.finance.tables import ACCOUNTS, AUDIT, CASES, ENTRIES, EVENTS, HOLDS, LINES, METADATA, TRANSFERS
from datasources.money import Currency
from house import House
from schema.node import global_id
from tests.commerce.shop import Clock
from tests.gateway_client import Gateway

OPEN = """mutation ($input: OpenAccountInput!) { done: openAccount(input: $input) {
  account { id number } problem { code message ... on InputProblem { field } } } }"""
TRANSFER = """transfer { id status amount { amount } received { amount currency } } problem {
  __typename code message ... on InputProblem { field } ... on InsufficientFundsProblem { available { amount } }
  ... on LimitReachedProblem { left { amount currency } } }"""
SEND = f"mutation ($input: SendMoneyInput!) {{ done: sendMoney(input: $input) {{ {TRANSFER} }} }}"
DEPOSIT = f"mutation ($input: MoveMoneyInput!) {{ done: deposit(input: $input) {{ {TRANSFER} }} }}"
WITHDRAW = f"mutation ($input: MoveMoneyInput!) {{ done: withdraw(input: $input) {{ {TRANSFER} }} }}"
CAPTURE = f"mutation ($input: CaptureHoldInput!) {{ done: captureHold(input: $input) {{ {TRANSFER} }} }}"
REVERSE = f"mutation ($input: ReverseTransferInput!) {{ done: reverseTransfer(input: $input) {{ {TRANSFER} }} }}"
HOLD = "mutation ($input: MoveMoneyInput!) { done: holdMoney(input: $input) { hold { id status } problem { code } } }"
RELEASE = (
    "mutation ($input: ReleaseHoldInput!) { done: releaseHold(input: $input) { hold { id status } problem { code } } }"
)
VERIFY = """mutation ($input: VerifyHolderInput!) { done: verifyHolder(input: $input) {
  holder { level } problem { code } } }"""
DECIDE = """mutation ($input: DecideCaseInput!) { done: decideCase(input: $input) {
  case { status decisions { verdict note } transfer { status } } problem { code } } }"""
LIMIT = "mutation ($input: LimitAccountInput!) { done: limitAccount(input: $input) { problem { code } } }"
QUOTE = """mutation ($input: QuoteRateInput!) { done: quoteRate(input: $input) {
  quote { id rate } problem { code ... on InputProblem { field } } } }"""
DRAFT_INVOICE, ISSUE_INVOICE, PAY_INVOICE = (
    f"mutation ($input: {input}!) {{ done: {field}(input: $input) {{ invoice {{ id }} problem {{ code }} }} }}"
    for field, input in [
        ("draftInvoice", "DraftInvoiceInput"),
        ("issueInvoice", "InvoiceInput"),
        ("payInvoice", "PayInvoiceInput"),
    ]
)
BALANCE = "query ($id: ID!) { account(id: $id) { booked { amount } held { amount } available { amount } } }"


@dataclass(frozen=True)
class Wallet:
    owner: Actor
    id: str
    number: str
    currency: str


class Bank:
    def __init__(self, house: House, gateway: Gateway, clock: Clock) -> None:
        self.house = house
        self.gateway = gateway
        self.clock = clock
        self.sources = house.sources[Finance]
        self.database = self.sources.database
        self.accountant = self.staff("books:read", "books:write")
        self.officers = [self.staff("cases:read", "cases:write") for _ in range(3)]
        self.clerk = self.staff("invoices:read", "invoices:write", "customers:read")
        self._keys = count(1)

    def staff(self, *scopes: str) -> Actor:
        return Actor(uuid4(), frozenset(scopes))

    def person(self) -> Actor:
        return Actor(uuid4())

    def key(self) -> str:
        return f"k{next(self._keys)}"

    async def do(self, mutation: str, actor: Actor, **input: Any) -> Any:
        """The payload; each time with a new key, unless one is given."""
        takes_key = "QuoteRateInput" not in mutation
        given = ({"idempotencyKey": self.key()} if takes_key else {}) | input
        return (await self.gateway.data(mutation, {"input": given}, as_=actor))["done"]

    async def wallet(
        self, owner: Actor | None = None, money: int = 0, currency: str = "EUR", name: str = "Ada Byron"
    ) -> Wallet:
        """An account with money, in minor units."""
        self.clock.forward(seconds=1)
        owner = owner or self.person()
        done = await self.do(OPEN, owner, currency=currency, name=name)
        assert done["problem"] is None, done
        wallet = Wallet(owner, done["account"]["id"], done["account"]["number"], currency)
        if money:
            done = await self.do(
                DEPOSIT, self.accountant, accountId=wallet.id, amount=amount(money, currency), text="x"
            )
            assert done["problem"] is None, done
        return wallet

    async def invoice(self, customer: Actor) -> str:
        """A draft to a customer, of 20.00 and 3.80 of tax."""
        sold = {"text": "Advice", "quantity": 2, "unitPrice": amount(10_00), "taxBps": 1900}
        about = {"customerId": global_id("Customer", customer.signed_in), "dueOn": self.clock().date().isoformat()}
        return str((await self.do(DRAFT_INVOICE, self.clerk, **about, lines=[sold]))["invoice"]["id"])

    async def verify(self, wallet: Wallet, level: str = "FULL") -> None:
        done = await self.do(
            VERIFY, self.officers[0], holderId=global_id("Holder", wallet.owner.signed_in), level=level
        )
        assert done == {"holder": {"level": level}, "problem": None}

    async def send(self, source: Wallet, target: Wallet, minor: int, **more: Any) -> Any:
        money = amount(minor, source.currency)
        asked = {"accountId": source.id, "toNumber": target.number, "amount": money, "text": "Rent", **more}
        return await self.do(SEND, source.owner, **asked)

    async def balance(self, wallet: Wallet) -> tuple[str, str, str]:
        """Booked, held and available."""
        found = (await self.gateway.data(BALANCE, {"id": wallet.id}, as_=wallet.owner))["account"]
        return found["booked"]["amount"], found["held"]["amount"], found["available"]["amount"]

    async def learn(self, **rates: str) -> None:
        """Rates as the service would have told them, a second later: of one euro."""
        self.clock.forward(seconds=1)
        with self.house.open_context(SYSTEM) as context:
            finance = context.of(Finance)
            async with self.database.transaction() as transaction:
                day = self.clock().date().isoformat()
                told = {Currency(code).value: Decimal(rate) for code, rate in rates.items()}
                await finance.rates.learn(transaction, day, told)

    async def count(self, table: sa.Table) -> int:
        return int(await self.database.scalar(sa.select(sa.func.count()).select_from(table)))

    async def counts(self) -> dict[str, int]:
        """How many rows each table has that a mutation writes; keys alone may be known."""
        tables = (ACCOUNTS, ENTRIES, LINES, HOLDS, TRANSFERS, CASES, AUDIT, EVENTS, METADATA.tables["idempotency"])
        return {table.name: await self.count(table) for table in tables}

    async def rows(self) -> dict[str, list[Any]]:
        """All that the database holds, but that somebody has read of others."""
        held = {table.name: await self.database.rows(sa.select(table)) for table in METADATA.sorted_tables}
        del held["audit_head"]
        held["audit"] = [line for line in held["audit"] if not line.action.startswith("read ")]
        return {name: sorted(map(repr, rows)) for name, rows in held.items()}

    async def must_balance(self) -> None:
        """All lines of a currency sum to zero, accounts say what their lines and holds say, none is below its limit."""
        sums = sa.select(LINES.c.currency).group_by(LINES.c.currency).having(sa.func.sum(LINES.c.amount_minor) != 0)
        assert await self.database.rows(sums) == []
        accounts = await self.database.rows(sa.select(ACCOUNTS))
        lines: dict[Any, int] = {}
        for line in await self.database.rows(sa.select(LINES).order_by(LINES.c.account_id, LINES.c.number)):
            lines[line.account_id] = lines.get(line.account_id, 0) + line.amount_minor
            assert line.balance_minor == lines[line.account_id]
        holds: dict[Any, int] = {}
        for hold in await self.database.rows(sa.select(HOLDS).where(HOLDS.c.status == "held")):
            holds[hold.account_id] = holds.get(hold.account_id, 0) + hold.amount_minor
        for account in accounts:
            assert account.booked_minor == lines.get(account.id, 0)
            assert account.held_minor == holds.get(account.id, 0)
            if account.floor_minor is not None:
                assert account.booked_minor - account.held_minor >= account.floor_minor


def amount(minor: int, currency: str = "EUR") -> dict[str, str]:
    return {"amount": str(Decimal(minor) / (1 if currency == "JPY" else 100)), "currency": currency}
