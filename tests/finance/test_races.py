"""Those who decide at the same moment: exactly one outcome, on both kinds of database."""

import asyncio
from collections import Counter
from decimal import Decimal

import pytest
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.finance.tables import AUDIT, CASES, DECISIONS, ENTRIES, TRANSFERS
from schema.node import global_id
from tests.finance.bank import CAPTURE, DECIDE, HOLD, QUOTE, RELEASE, REVERSE, VERIFY, Bank, Wallet, amount

CASES_OPEN = "{ cases(status: OPEN) { nodes { id } } }"


async def flagged(bank: Bank, ada: Wallet, bo: Wallet) -> str:
    """The case about so much that officers look at it."""
    assert (await bank.send(ada, bo, 10_000_00))["transfer"]["status"] == "HELD"
    (case,) = (await bank.gateway.data(CASES_OPEN, as_=bank.officers[0]))["cases"]["nodes"]
    return str(case["id"])


async def decided(bank: Bank, case: str, *votes: tuple[Actor, str]) -> Counter[str]:
    """What came of votes that are cast at once: the case's status then, or the problem's code."""
    answers = await asyncio.gather(
        *(bank.do(DECIDE, officer, caseId=case, verdict=verdict, note="At once") for officer, verdict in votes)
    )
    return Counter(one["problem"]["code"] if one["problem"] else one["case"]["status"] for one in answers)


@pytest.fixture
async def pair(bank: Bank) -> tuple[Wallet, Wallet]:
    ada, bo = await bank.wallet(money=40_000_00), await bank.wallet(name="Bo Lindqvist")
    await bank.verify(ada)
    return ada, bo


async def test_one_officer_at_once_with_itself_and_with_others_is_one_pair_of_eyes(
    bank: Bank, pair: tuple[Wallet, Wallet]
) -> None:
    ada, bo = pair
    first, second, third = bank.officers
    case = await flagged(bank, ada, bo)
    alone = await decided(bank, case, *[(first, "RELEASE")] * 4)
    assert alone == {"OPEN": 1, "FINANCE_FOUR_EYES": 3}
    assert await bank.balance(bo) == ("0.00", "0.00", "0.00")
    # whoever reads the case after the others have decided sees what they did
    others = await decided(bank, case, (first, "RELEASE"), (second, "RELEASE"), (second, "RELEASE"), (third, "RELEASE"))
    assert others["RELEASED"] == 1
    assert others["FINANCE_FOUR_EYES"] + others["FINANCE_CASE_CLOSED"] == 3
    assert await bank.balance(bo) == ("10000.00", "0.00", "10000.00")
    assert await bank.count(DECISIONS) == 2
    await bank.must_balance()


@pytest.mark.parametrize("round", range(3))
async def test_of_release_and_reject_at_once_one_is_what_happens(
    bank: Bank, pair: tuple[Wallet, Wallet], round: int
) -> None:
    ada, bo = pair
    first, second, third = bank.officers
    case = await flagged(bank, ada, bo)
    assert await decided(bank, case, (first, "RELEASE")) == {"OPEN": 1}
    votes = [(second, "RELEASE"), (third, "REJECT"), (first, "REJECT")]
    await decided(bank, case, *votes[round:], *votes[:round])
    (found,) = await bank.database.rows(sa.select(CASES.c.status))
    (transfer,) = await bank.database.rows(sa.select(TRANSFERS.c.status).where(TRANSFERS.c.kind == "transfer"))
    verdicts = Counter(row.verdict for row in await bank.database.rows(sa.select(DECISIONS.c.verdict)))
    received = (await bank.balance(bo))[0]
    assert (found.status, transfer.status, received, verdicts) in [
        ("released", "posted", "10000.00", {"release": 2}),
        ("rejected", "rejected", "0.00", {"release": 1, "reject": 1}),
    ]
    assert (await bank.balance(ada))[1] == "0.00"
    await bank.must_balance()


async def test_what_is_sent_after_the_level_fell_is_within_it(bank: Bank, pair: tuple[Wallet, Wallet]) -> None:
    """The audit log has the order in which they were committed."""
    ada, bo = pair

    async def fall() -> None:
        lower = {"holderId": global_id("Holder", ada.owner.signed_in), "level": "BASIC"}
        assert (await bank.do(VERIFY, bank.officers[0], **lower))["problem"] is None

    async def send() -> str | None:
        problem = (await bank.send(ada, bo, 150_00))["problem"]
        return problem and str(problem["code"])

    refused = await asyncio.gather(*(send() for _ in range(6)), fall(), *(send() for _ in range(10)))
    assert {*refused} <= {None, "FINANCE_LIMIT_REACHED"}
    lines = await bank.database.rows(sa.select(AUDIT.c.action, AUDIT.c.data).order_by(AUDIT.c.number))
    sent_minor, level = 0, "full"
    for line in lines:
        if line.action == "verifyHolder":
            level = line.data["level"]
        elif line.action == "transfer":
            sent_minor += line.data["amount_minor"]
            assert level == "full" or sent_minor <= 1_000_00
    assert level == "basic"
    assert (await bank.send(ada, bo, 1_000_00))["problem"]["code"] == "FINANCE_LIMIT_REACHED"
    assert Decimal((await bank.balance(bo))[0]) * 100 == sent_minor
    await bank.must_balance()


async def test_a_hold_that_is_taken_and_let_go_at_once_ends_one_way(bank: Bank, pair: tuple[Wallet, Wallet]) -> None:
    ada, bo = pair
    for _ in range(3):
        before = [Decimal((await bank.balance(one))[0]) for one in pair]
        asked = {"accountId": ada.id, "amount": amount(40_00), "text": "Deposit of the hotel"}
        hold = (await bank.do(HOLD, bank.accountant, **asked))["hold"]["id"]
        answers = await asyncio.gather(
            bank.do(CAPTURE, bank.accountant, holdId=hold, toNumber=bo.number),
            bank.do(RELEASE, bank.accountant, holdId=hold),
            bank.do(CAPTURE, bank.accountant, holdId=hold, toNumber=bo.number),
            bank.do(RELEASE, bank.accountant, holdId=hold),
        )
        assert [one["problem"]["code"] for one in answers if one["problem"]] == ["FINANCE_HOLD_ENDED"] * 3
        ((way, _),) = [(at % 2, one) for at, one in enumerate(answers) if not one["problem"]]
        moved = 0 if way else 40
        assert [Decimal((await bank.balance(one))[0]) for one in pair] == [before[0] - moved, before[1] + moved]
        assert (await bank.balance(ada))[1] == "0.00"
    await bank.must_balance()


async def test_a_transfer_is_reversed_once_however_many_try(bank: Bank, pair: tuple[Wallet, Wallet]) -> None:
    ada, bo = pair
    sent = (await bank.send(ada, bo, 30_00))["transfer"]["id"]
    entries = await bank.count(ENTRIES)
    answers = await asyncio.gather(
        *(bank.do(REVERSE, bank.accountant, transferId=sent, text="Sent by mistake") for _ in range(4))
    )
    codes = Counter(one["problem"] and one["problem"]["code"] for one in answers)
    assert codes == {None: 1, "FINANCE_NOT_REVERSIBLE": 3}
    assert await bank.count(ENTRIES) == entries + 1
    assert [(await bank.balance(one))[0] for one in pair] == ["40000.00", "0.00"]
    await bank.must_balance()


async def test_a_promise_is_used_once_however_many_try(bank: Bank, pair: tuple[Wallet, Wallet]) -> None:
    await bank.learn(USD="1.25")
    ada, _ = pair
    dollars = await bank.wallet(currency="USD", name="Bo Lindqvist")
    quote = (await bank.do(QUOTE, ada.owner, currency="EUR", toCurrency="USD"))["quote"]["id"]
    answers = await asyncio.gather(*(bank.send(ada, dollars, 10_00, quoteId=quote) for _ in range(4)))
    codes = Counter(one["problem"] and one["problem"]["code"] for one in answers)
    assert codes == {None: 1, "FINANCE_QUOTE_EXPIRED": 3}
    assert (await bank.balance(dollars))[0] == "12.50"
    await bank.must_balance()
