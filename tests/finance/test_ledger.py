"""The database itself keeps the books: whoever writes into it, entries sum to zero, and nothing written changes."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError, IntegrityError

from datasources.actor import SYSTEM
from datasources.finance.ledger import AccountKind, account_number, is_account_number
from datasources.finance.stores import Finance
from datasources.finance.tables import ACCOUNTS, AUDIT, CLOSINGS, ENTRIES, HOLDS, LINES, RATES
from datasources.money import Currency
from datasources.sql import Transaction
from tests.finance.bank import Bank, Wallet

STATEMENT = """query ($id: ID!, $first: Int! = 20, $after: String) { account(id: $id) {
  statement(first: $first, after: $after) {
    nodes { number kind text amount { amount } balance { amount } } totalCount
    pageInfo { hasNextPage endCursor } } } }"""
TRIAL = "{ trialBalance { kind currency debit { amount } credit { amount } balance { amount } explained accounts } }"

Write = Callable[[Transaction], Awaitable[Any]]


@pytest.fixture
async def wallet(bank: Bank) -> Wallet:
    return await bank.wallet(money=100_00)


async def account(bank: Bank, kind: str = "wallet") -> Any:
    return await bank.database.row(sa.select(ACCOUNTS).where(ACCOUNTS.c.kind == kind))


def entry(id: UUID, bank: Bank) -> dict[str, Any]:
    return {"id": id, "kind": "transfer", "text": "x", "actor_id": uuid4(), "at": bank.clock()}


def line(of: Any, entry_id: UUID, minor: int, **wrong: Any) -> dict[str, Any]:
    follows = {"number": of.lines + 1, "balance_minor": of.booked_minor + minor, "currency": of.currency}
    return {"id": uuid4(), "entry_id": entry_id, "account_id": of.id, "amount_minor": minor} | follows | wrong


async def write(bank: Bank, change: sa.Executable) -> None:
    async with bank.database.transaction() as transaction:
        await transaction.write(change)


async def test_an_entry_that_is_right_is_taken(bank: Bank, wallet: Wallet) -> None:
    one, cash, id = await account(bank), await account(bank, "cash"), uuid4()
    async with bank.database.transaction() as transaction:
        await transaction.write(sa.insert(ENTRIES).values(entry(id, bank)))
        await transaction.write(sa.insert(LINES), [line(one, id, -5), line(cash, id, 5)])
        await transaction.write(sa.insert(CLOSINGS).values(entry_id=id))
    assert await bank.balance(wallet) == ("99.95", "0.00", "99.95")
    await bank.must_balance()


@pytest.mark.parametrize(
    ("minors", "wrong", "closed"),
    [
        ((-5, 4), {}, True),
        ((-5, 5), {}, False),
        ((-5,), {}, True),
        ((-5, 5), {"number": 7}, True),
        ((-5, 5), {"balance_minor": 1}, True),
        ((-5, 5), {"currency": "USD"}, True),
        ((0, 0), {}, True),
        ((-100_01, 100_01), {}, True),
    ],
)
async def test_an_entry_that_is_wrong_is_refused(
    bank: Bank, wallet: Wallet, minors: tuple[int, ...], wrong: dict[str, Any], closed: bool
) -> None:
    """Unbalanced, not closed, of one line, out of order, with another balance or currency, of nothing, overdrawn."""
    accounts, id = [await account(bank), await account(bank, "cash")], uuid4()
    before = await bank.counts()
    lines = [line(of, id, minor, **wrong) for of, minor in zip(accounts, minors, strict=False)]

    async def book() -> None:
        async with bank.database.transaction() as transaction:
            await transaction.write(sa.insert(ENTRIES).values(entry(id, bank)))
            await transaction.write(sa.insert(LINES), lines)
            if closed:
                await transaction.write(sa.insert(CLOSINGS).values(entry_id=id))

    with pytest.raises(IntegrityError):
        await book()
    assert await bank.counts() == before
    assert await bank.balance(wallet) == ("100.00", "0.00", "100.00")


async def test_nothing_written_changes(bank: Bank, wallet: Wallet) -> None:
    await bank.learn(USD="1.1")
    one = await account(bank)
    async with bank.database.transaction() as transaction:
        rows = {"account_id": one.id, "currency": "EUR", "amount_minor": 10, "status": "held", "text": "x"}
        await transaction.write(sa.insert(HOLDS).values(id=uuid4(), created_at=bank.clock(), **rows))
    line_ = await bank.database.row(sa.select(LINES).where(LINES.c.account_id == one.id))
    changes: list[sa.Executable] = [
        *(sa.delete(table) for table in (LINES, ENTRIES, CLOSINGS, AUDIT, RATES, HOLDS)),
        sa.update(LINES).values(amount_minor=1),
        sa.update(ENTRIES).values(text="other"),
        sa.update(AUDIT).values(action="other"),
        sa.update(RATES).values(rate_nano=1),
        sa.update(ACCOUNTS).where(ACCOUNTS.c.id == one.id).values(booked_minor=10**9),
        sa.update(ACCOUNTS).where(ACCOUNTS.c.id == one.id).values(lines=9),
        sa.update(ACCOUNTS).where(ACCOUNTS.c.id == one.id).values(held_minor=0),
        sa.update(ACCOUNTS).where(ACCOUNTS.c.id == one.id).values(currency="USD"),
        sa.update(HOLDS).values(amount_minor=1),
        sa.insert(LINES).values(line(one, line_.entry_id, 5)),
        sa.insert(ACCOUNTS).values(
            id=uuid4(), number="x", kind="cash", currency="USD", booked_minor=5, held_minor=0, lines=0,
            opened_at=bank.clock(),
        ),
    ]  # fmt: skip
    for change in changes:
        with pytest.raises(DBAPIError):
            await write(bank, change)
    assert await bank.balance(wallet) == ("100.00", "0.10", "99.90")
    await bank.must_balance()


async def test_a_statement_runs_page_by_page_and_costs_two_selects(bank: Bank) -> None:
    ada = await bank.wallet(money=50_00)
    bo = await bank.wallet(name="Bo Lindqvist")
    for minor in (10_00, 5_00, 1):
        assert (await bank.send(ada, bo, minor))["transfer"]["status"] == "POSTED"
    first = (await bank.gateway.data(STATEMENT, {"id": ada.id, "first": 3}, as_=ada.owner))["account"]["statement"]
    assert bank.gateway.calls == {
        "finance.account_by_id": 1,
        "finance.statement_by_account": 1,
        "finance.statement_by_account.count": 1,
    }
    assert [(node["number"], node["amount"]["amount"], node["balance"]["amount"]) for node in first["nodes"]] == [
        (4, "-0.01", "34.99"),
        (3, "-5.00", "35.00"),
        (2, "-10.00", "40.00"),
    ]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    rest = {"id": ada.id, "after": first["pageInfo"]["endCursor"]}
    (last,) = (await bank.gateway.data(STATEMENT, rest, as_=ada.owner))["account"]["statement"]["nodes"]
    assert (last["number"], last["kind"], last["balance"]["amount"]) == (1, "DEPOSIT", "50.00")


async def test_the_trial_balance_says_what_lines_and_accounts_say(bank: Bank) -> None:
    ada, bo = await bank.wallet(money=50_00), await bank.wallet(money=7_00, name="Bo Lindqvist")
    await bank.send(ada, bo, 10_00)
    rows = (await bank.gateway.data(TRIAL, as_=bank.accountant))["trialBalance"]
    assert bank.gateway.calls.total() == 1
    told = [(r["kind"], r["debit"]["amount"], r["credit"]["amount"], r["balance"]["amount"]) for r in rows]
    assert told == [("CASH", "57.00", "0.00", "-57.00"), ("WALLET", "10.00", "67.00", "57.00")]
    assert [(row["explained"], row["accounts"]) for row in rows] == [(True, 1), (True, 2)]


async def test_of_the_house_there_is_one_account_of_a_kind_and_currency(bank: Bank) -> None:
    with bank.house.open_context(SYSTEM) as context:
        finance = context.of(Finance)

        async def of_house() -> UUID:
            async with bank.database.transaction() as transaction:
                return await finance.ledger.of_house(transaction, AccountKind.FEES, Currency.CHF)

        assert len({*await asyncio.gather(*(of_house() for _ in range(8)))}) == 1
    assert await bank.count(ACCOUNTS) == 1


def test_a_slip_in_an_accounts_number_is_noticed() -> None:
    number = account_number(uuid4())
    assert is_account_number(number)
    for at in range(2, 18):
        slip = number[:at] + str((int(number[at]) + 1) % 10) + number[at + 1 :]
        assert not is_account_number(slip)
    assert not is_account_number(number[:-1])
    assert not is_account_number("HD" + "²" * 16)
