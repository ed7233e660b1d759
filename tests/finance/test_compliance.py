"""Who is new is screened, what is suspicious is held, and two officers have to agree before money goes on."""

from datetime import timedelta
from typing import Any

import pytest

from datasources.actor import SYSTEM
from datasources.finance.compliance import ScreeningStatus
from datasources.finance.transfers import Recent
from resolvers.finance.rules import Flag, Ruling, flags, ruling
from resolvers.finance.screening import screen_waiting
from schema.node import global_id
from tests.commerce.shop import START
from tests.finance.bank import CAPTURE, DECIDE, RELEASE, VERIFY, Bank, Wallet
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


@pytest.mark.parametrize(
    ("minor", "before", "flag"),
    [
        (9_999_99, [], []),
        (10_000_00, [], [Flag.AMOUNT]),
        (8_000_00, [(9_000_00, 1), (9_999_99, 71)], [Flag.STRUCTURING]),
        (8_000_00, [(9_000_00, 1), (9_999_99, 73)], []),
        (8_000_00, [(9_000_00, 1), (10_000_00, 2)], []),
        (1_00, [(9_000_00, 1), (9_000_00, 2), (9_000_00, 3)], []),
        (1, [(1, 0.9)] * 19, [Flag.VELOCITY]),
        (1, [(1, 0.9)] * 18 + [(1, 1.1)], []),
        (10_000_00, [(1, 0.5)] * 19, [Flag.AMOUNT, Flag.VELOCITY]),
    ],
)
def test_rules_see_what_they_are_to_see(minor: int, before: list[tuple[int, float]], flag: list[Flag]) -> None:
    recent = [Recent(worth, START - timedelta(hours=hours)) for worth, hours in before]
    assert flags(minor, START, recent) == flag


def test_a_flag_weighs_more_than_a_wait() -> None:
    assert ruling([], ScreeningStatus.CLEAR) == (Ruling.POST, [])
    assert ruling([], ScreeningStatus.WAITING) == (Ruling.WAIT, [])
    assert ruling([Flag.AMOUNT], ScreeningStatus.WAITING) == (Ruling.HOLD, [Flag.AMOUNT])
    assert ruling([], ScreeningStatus.HIT) == (Ruling.HOLD, [Flag.SCREENING])
