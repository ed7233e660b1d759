"""Who is new is screened, what is suspicious is held, and two officers have to agree before money goes on."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa

from datasources.actor import SYSTEM
from datasources.finance.compliance import ScreeningStatus
from datasources.finance.tables import TRANSFERS
from datasources.finance.transfers import Recent, Side
from resolvers.finance.rules import RULES, Flag, Rule, Ruling, flags, ruling
from resolvers.finance.screening import screen_waiting
from schema.node import global_id, uuid_of
from tests.commerce.shop import START
from tests.finance.bank import CAPTURE, DECIDE, DEPOSIT, RELEASE, VERIFY, Bank, Wallet, amount
from tests.sandbox_process import RunningSandbox

CASES = """{ cases(status: OPEN) { nodes {
  id status reasons transfer { status amount { amount } } holder { name screening } decisions { verdict } } } }"""
HOLDS = "query ($id: ID!) { account(id: $id) { holds { id } } }"
MINE = "{ transfers { nodes { status text case { id } } } }"


async def cases(bank: Bank) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await bank.gateway.data(CASES, as_=bank.officers[0]))["cases"]["nodes"]
    return found


async def flagged(bank: Bank) -> tuple[Wallet, Wallet, dict[str, Any]]:
    """Ada sends so much to Bo that officers look at it: the case."""
    ada, bo = await bank.wallet(money=30_000_00), await bank.wallet(name="Bo Lindqvist")
    await bank.verify(ada)
    assert (await bank.send(ada, bo, 10_000_00))["transfer"]["status"] == "HELD"
    (case,) = await cases(bank)
    return ada, bo, case


async def test_two_officers_release_what_one_would_not(bank: Bank) -> None:
    ada, bo, case = await flagged(bank)
    assert case | {"id": ""} == {
        "id": "",
        "status": "OPEN",
        "reasons": ["AMOUNT"],
        "transfer": {"status": "HELD", "amount": {"amount": "10000.00"}},
        "holder": {"name": "Ada Byron", "screening": "CLEAR"},
        "decisions": [],
    }
    assert await bank.balance(ada) == ("30000.00", "10000.00", "20000.00")
    asked = {"caseId": case["id"], "verdict": "RELEASE", "note": "Buys a boat"}
    first, second, third = bank.officers
    assert (await bank.do(DECIDE, first, **asked))["case"]["status"] == "OPEN"
    before = await bank.counts()
    assert (await bank.do(DECIDE, first, **asked))["problem"]["code"] == "FINANCE_FOUR_EYES"
    assert await bank.counts() == before
    done = (await bank.do(DECIDE, second, **asked))["case"]
    assert done == {
        "status": "RELEASED",
        "decisions": [{"verdict": "RELEASE", "note": "Buys a boat"}] * 2,
        "transfer": {"status": "POSTED"},
    }
    assert (await bank.do(DECIDE, third, **asked))["problem"]["code"] == "FINANCE_CASE_CLOSED"
    assert await bank.balance(ada) == ("20000.00", "0.00", "20000.00")
    assert await bank.balance(bo) == ("10000.00", "0.00", "10000.00")
    await bank.must_balance()


async def test_one_officer_gives_it_back_and_nobody_else_may_touch_the_hold(bank: Bank) -> None:
    ada, bo, case = await flagged(bank)
    ((hold,),) = ((await bank.gateway.data(HOLDS, {"id": ada.id}, as_=ada.owner))["account"]["holds"],)
    assert (await bank.do(RELEASE, bank.accountant, holdId=hold["id"]))["problem"]["code"] == "FINANCE_HOLD_ENDED"
    taken = await bank.do(CAPTURE, bank.accountant, holdId=hold["id"], toNumber=bo.number)
    assert taken["problem"]["code"] == "FINANCE_HOLD_ENDED"
    done = await bank.do(DECIDE, bank.officers[0], caseId=case["id"], verdict="REJECT", note="No papers")
    assert (done["case"]["status"], done["case"]["transfer"]["status"]) == ("REJECTED", "REJECTED")
    assert await bank.balance(ada) == ("30000.00", "0.00", "30000.00")
    await bank.must_balance()


async def test_those_whom_it_is_about_are_not_warned(bank: Bank) -> None:
    ada, bo, case = await flagged(bank)
    answer = await bank.gateway.ask(MINE, as_=ada.owner)
    assert answer["data"]["transfers"]["nodes"] == [
        {"status": "HELD", "text": "Rent", "case": None},
        {"status": "POSTED", "text": "x", "case": None},
    ]
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"FORBIDDEN"}
    assert (await bank.gateway.data("{ transfers { totalCount } }", as_=bo.owner))["transfers"] == {"totalCount": 0}
    assert await bank.gateway.refused(CASES, as_=ada.owner) == ["FORBIDDEN"]
    node = "query ($id: ID!) { node(id: $id) { id } }"
    assert await bank.gateway.data(node, {"id": case["id"]}, as_=ada.owner) == {"node": None}


async def test_without_screening_who_is_new_waits_and_who_is_known_goes_on(
    bank: Bank, switches: RunningSandbox
) -> None:
    ada, bo = await bank.wallet(money=100_00), await bank.wallet(name="Bo Lindqvist")
    assert (await bank.send(ada, bo, 1_00))["transfer"]["status"] == "POSTED"
    switches.fault("screening", "error", status=503)
    new, eve, cy = [await bank.wallet(name=name, money=1_00) for name in ("Dee Late", "Morgana Blackwood", "Cy Young")]
    assert (await bank.send(new, bo, 1))["problem"]["code"] == "FINANCE_NOT_SCREENED"
    assert (await bank.send(ada, bo, 1_00))["transfer"]["status"] == "POSTED"
    assert [(await bank.send(ada, to, 10_00))["transfer"]["status"] for to in (eve, cy)] == ["WAITING", "WAITING"]
    assert await bank.balance(ada) == ("98.00", "20.00", "78.00")

    async def screen() -> None:
        with bank.house.open_context(SYSTEM) as context:
            await screen_waiting(context)

    await screen()
    assert await bank.balance(ada) == ("98.00", "20.00", "78.00")
    switches.heal("screening")
    bank.sources.screening._breaker.succeeded()
    await screen()
    assert await bank.balance(ada) == ("88.00", "10.00", "78.00")
    assert await bank.balance(cy) == ("11.00", "0.00", "11.00")
    assert [(case["reasons"], case["transfer"]["status"]) for case in await cases(bank)] == [(["SCREENING"], "HELD")]
    assert (await bank.send(new, bo, 1))["transfer"]["status"] == "POSTED"
    await bank.must_balance()


async def test_whose_name_is_on_a_list_sends_nothing(bank: Bank) -> None:
    void = await bank.wallet(name="Maximilian Void, Doctor", money=10_00)
    bo = await bank.wallet(name="Bo Lindqvist")
    assert (await bank.send(void, bo, 1))["problem"]["code"] == "FINANCE_NOT_SCREENED"
    rich = await bank.wallet(name="Ada Byron", money=10_00)
    assert (await bank.send(rich, void, 1))["transfer"]["status"] == "HELD"
    another = {"holderId": global_id("Holder", void.owner.signed_in), "level": "BASIC", "screening": "CLEAR"}
    assert (await bank.do(VERIFY, bank.officers[0], **another))["problem"] is None
    assert (await bank.send(void, bo, 1))["transfer"]["status"] == "POSTED"


async def test_nobody_vouches_for_themselves(bank: Bank) -> None:
    officer = bank.officers[0]
    wallet = await bank.wallet(owner=officer)
    mine = {"holderId": global_id("Holder", wallet.owner.signed_in), "level": "FULL"}
    assert (await bank.do(VERIFY, officer, **mine))["problem"]["code"] == "FINANCE_FOUR_EYES"


def before(
    rule: Rule, *, minor: int | None = None, ago: timedelta | None = None, fewer: int = 0
) -> dict[Side, list[Recent]]:
    """As many as are just too few, each of the least that counts, as long ago as counts."""
    one = Recent(rule.from_minor if minor is None else minor, START - (rule.within if ago is None else ago))
    return {rule.side: [one] * (rule.times - 1 - fewer)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: str(rule.flag))
def test_each_rule_flags_at_its_bounds_and_not_just_below(rule: Rule) -> None:
    assert flags(rule.from_minor, START, before(rule), [rule]) == [rule.flag]
    other = {Side.RECEIVED if rule.side is Side.SENT else Side.SENT: before(rule)[rule.side]}
    assert flags(rule.from_minor, START, other, [rule]) == []
    if rule.from_minor:
        assert flags(rule.from_minor - 1, START, before(rule), [rule]) == []
    if rule.below_minor:
        assert flags(rule.below_minor - 1, START, before(rule), [rule]) == [rule.flag]
        assert flags(rule.below_minor, START, before(rule), [rule]) == []
        assert flags(rule.from_minor, START, before(rule, minor=rule.below_minor), [rule]) == []
    if rule.times > 1:
        assert flags(rule.from_minor, START, before(rule, fewer=1), [rule]) == []
        late = before(rule, ago=rule.within + timedelta(microseconds=1))
        assert flags(rule.from_minor, START, late, [rule]) == []


def test_whatever_is_flagged_is_told_together() -> None:
    assert {(rule.flag.removeprefix("received_"), rule.side) for rule in RULES} == {
        (flag, side) for flag in (Flag.AMOUNT, Flag.VELOCITY, Flag.STRUCTURING) for side in Side
    }
    hasty = {Side.SENT: [Recent(1, START)] * 19, Side.RECEIVED: []}
    assert flags(50_000_00, START, hasty) == [Flag.AMOUNT, Flag.VELOCITY, Flag.RECEIVED_AMOUNT]
    assert flags(9_999_99, START, {Side.SENT: [], Side.RECEIVED: []}) == []


async def test_what_comes_in_is_looked_at_too_and_stays_at_the_bank_meanwhile(bank: Bank) -> None:
    ada = await bank.wallet(money=49_999_99)
    asked = {"accountId": ada.id, "amount": amount(50_000_00), "text": "Sold a boat"}
    assert (await bank.do(DEPOSIT, bank.accountant, **asked))["transfer"]["status"] == "HELD"
    (case,) = await cases(bank)
    assert (case["reasons"], case["holder"]["name"]) == (["RECEIVED_AMOUNT"], "Ada Byron")
    assert await bank.balance(ada) == ("49999.99", "0.00", "49999.99")
    mine = (await bank.gateway.data("{ transfers { totalCount } }", as_=ada.owner))["transfers"]
    assert mine == {"totalCount": 1}  # nobody is warned
    release = {"caseId": case["id"], "verdict": "RELEASE", "note": "There is a contract"}
    both = bank.staff("books:read", "books:write", "cases:read", "cases:write")
    for officer in bank.officers[:2]:
        assert (await bank.do(DECIDE, officer, **release))["problem"] is None
    assert await bank.balance(ada) == ("99999.99", "0.00", "99999.99")
    assert (await bank.do(DEPOSIT, both, **asked))["transfer"]["status"] == "HELD"
    (case,) = await cases(bank)
    mine = {"caseId": case["id"], "verdict": "REJECT", "note": "No papers"}
    assert (await bank.do(DECIDE, both, **mine))["problem"]["code"] == "FINANCE_FOUR_EYES"
    assert (await bank.do(DECIDE, bank.officers[0], **mine))["case"]["transfer"]["status"] == "REJECTED"
    assert await bank.balance(ada) == ("99999.99", "0.00", "99999.99")
    await bank.must_balance()


async def test_parts_that_come_in_are_seen_together(bank: Bank) -> None:
    ada = await bank.wallet()
    asked = {"accountId": ada.id, "amount": amount(40_000_00), "text": "In parts"}
    done = [(await bank.do(DEPOSIT, bank.accountant, **asked))["transfer"]["status"] for _ in range(3)]
    assert done == ["POSTED", "POSTED", "HELD"]
    assert [case["reasons"] for case in await cases(bank)] == [["RECEIVED_STRUCTURING"]]
    bank.clock.forward(days=3, seconds=1)
    assert (await bank.do(DEPOSIT, bank.accountant, **asked))["transfer"]["status"] == "POSTED"


@pytest.mark.parametrize(("others", "status"), [(48, "POSTED"), (49, "HELD")])
async def test_who_receives_of_many_is_looked_at_whoever_sends(bank: Bank, others: int, status: str) -> None:
    ada, bo, cy = [await bank.wallet(money=5, name=name) for name in ("Ada Byron", "Bo Lindqvist", "Cy Young")]
    first = (await bank.send(cy, bo, 1))["transfer"]["id"]

    def repeated(connection: sa.Connection) -> None:
        row = connection.execute(sa.select(TRANSFERS).where(TRANSFERS.c.id == uuid_of(first, "Transfer"))).one()
        waiting = row._asdict() | {"status": "waiting", "entry_id": None}
        connection.execute(sa.insert(TRANSFERS), [waiting | {"id": uuid4()} for _ in range(others - 2)])

    await bank.database.in_one_thread(repeated)  # with Bo's deposit and Cy's transfer, so many others
    sent = (await bank.send(ada, bo, 1))["transfer"]
    assert sent["status"] == status
    assert [case["reasons"] for case in await cases(bank)] == ([["RECEIVED_VELOCITY"]] if status == "HELD" else [])


def test_a_flag_weighs_more_than_a_wait() -> None:
    assert ruling([], ScreeningStatus.CLEAR) == (Ruling.POST, [])
    assert ruling([], ScreeningStatus.WAITING) == (Ruling.WAIT, [])
    assert ruling([Flag.AMOUNT], ScreeningStatus.WAITING) == (Ruling.HOLD, [Flag.AMOUNT])
    assert ruling([], ScreeningStatus.HIT) == (Ruling.HOLD, [Flag.SCREENING])
