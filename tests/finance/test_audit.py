"""Whoever sees or changes what is not theirs leaves a line, and whoever changes a line is found out."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from pathlib import Path

import sqlalchemy as sa

from datasources.finance.tables import AUDIT
from resolvers.finance import auditing
from tests.finance.bank import BALANCE, CAPTURE, LIMIT, Bank, amount
from tests.finance.test_refusals import World
from tests.server.command import ROOT, environment

LOG = """query ($subject: String) { auditLog(subject: $subject, first: 50) {
  nodes { number action subject actor } totalCount } }"""
VERIFY = "{ verifyAudit { intact lines brokenAt head } }"
STATEMENT = "query ($id: ID!) { account(id: $id) { number statement { nodes { text } } } }"


async def actions(bank: Bank) -> list[str]:
    lines = await bank.database.rows(sa.select(AUDIT.c.action).order_by(AUDIT.c.number))
    return [line.action for line in lines]


async def test_what_is_done_and_what_of_others_is_seen_is_written_down(bank: Bank) -> None:
    ada, bo = await bank.wallet(money=10_00), await bank.wallet(name="Bo Lindqvist")
    await bank.send(ada, bo, 1_00)
    done = await actions(bank)
    assert [action for action in done if not action.startswith("read")] == [
        "openAccount", "deposit", "openAccount", "transfer"
    ]  # fmt: skip
    await bank.gateway.data(STATEMENT, {"id": ada.id}, as_=ada.owner)
    await bank.gateway.data("{ transfers { nodes { id } } accounts { nodes { id } } }", as_=ada.owner)
    assert await actions(bank) == done
    await bank.gateway.data(STATEMENT, {"id": ada.id}, as_=bank.accountant)
    await bank.gateway.data("{ accounts { nodes { number } } }", as_=bank.accountant)
    await bank.gateway.data("{ transfers { nodes { text } } }", as_=bank.officers[0])
    seen = (await actions(bank))[len(done) :]
    assert seen == ["read accounts", "read statement", "read accounts", "read transfers"]
    auditor = bank.staff("audit:read")
    log = (await bank.gateway.data(LOG, as_=auditor))["auditLog"]
    assert log["totalCount"] == len(done) + 4
    assert [node["number"] for node in log["nodes"]] == list(range(len(done) + 4, 0, -1))
    assert log["nodes"][0]["actor"] == str(bank.officers[0].id)
    of_ada = await bank.gateway.data(LOG, {"subject": log["nodes"][3]["subject"]}, as_=auditor)
    assert {"openAccount", "read accounts"} <= {node["action"] for node in of_ada["auditLog"]["nodes"]}
    verdict = (await bank.gateway.data(VERIFY, as_=auditor))["verifyAudit"]
    assert (verdict["intact"], verdict["lines"], verdict["brokenAt"]) == (True, len(done) + 4, None)


async def test_every_mutation_leaves_a_line_of_who_did_it(bank: Bank) -> None:
    world = World(bank)
    await world.make()
    await bank.do(LIMIT, world.ada.owner, accountId=world.ada.id, limit=amount(1_00))
    await bank.do(CAPTURE, bank.accountant, holdId=world.held, toNumber=world.bo.number)
    lines = await bank.database.rows(sa.select(AUDIT.c.action, AUDIT.c.actor_id))
    by = {line.action: {one.actor_id for one in lines if one.action == line.action} for line in lines}
    books, cases = {bank.accountant.id}, {officer.id for officer in bank.officers[:2]}
    kept = {action for action, who in by.items() if who == books and not action.startswith("read")}
    assert kept == {"deposit", "hold", "release", "capture", "reverse"}
    assert by["decideCase"] == cases
    assert by["verifyHolder"] == {bank.officers[0].id}
    mine = {action for action, who in by.items() if world.ada.owner.id in who}
    assert mine == {"openAccount", "transfer", "quoteRate", "limitAccount"}
    assert by["withdrawal"] == {world.bo.owner.id}


async def audited(url: str, cwd: Path, *options: str) -> tuple[int, str, str]:
    """The real command: exit code, what it said, and what it complained of."""
    command = [sys.executable, str(ROOT / "server.py"), "audit", *options]
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environment(HEDDLE_FINANCE_DATABASE_URL=url), stdout=PIPE, stderr=PIPE
    )
    said, complained = await process.communicate()
    return process.returncode or 0, said.decode(), complained.decode()


async def tamper(bank: Bank, *statements: str) -> None:
    """As whoever owns the database can, and takes its triggers away."""

    def run(connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            for change in ("update", "delete"):
                connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS audit_kept_from_{change}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for statement in statements:
            connection.exec_driver_sql(statement)

    await bank.database.in_one_thread(run)


COPY = "INSERT INTO audit SELECT {} AS number, at, actor_id, action, subject, data, hash FROM audit WHERE number = {}"
FROM_THE_END = [
    ((COPY.format(10, 9),), 10),
    (("DELETE FROM audit WHERE number >= 9",), 9),
    (("DELETE FROM audit WHERE number = 8",), 8),
    ((COPY.format(8, 7),), 8),
    (("UPDATE audit SET data = '{\"amount_minor\":1}' WHERE number = 7",), 7),
    (("UPDATE audit SET action = 'withdrawal' WHERE number = 6",), 6),
    (("UPDATE audit SET subject = 'other' WHERE number = 5",), 5),
    (("UPDATE audit SET actor_id = (SELECT actor_id FROM audit WHERE number = 1) WHERE number = 4",), 4),
    (("UPDATE audit SET at = (SELECT at FROM audit WHERE number = 1) WHERE number = 3",), 3),
    (("UPDATE audit SET hash = (SELECT hash FROM audit WHERE number = 1) WHERE number = 2",), 2),
    (("DELETE FROM audit WHERE number = 1", "UPDATE audit SET number = number - 1 WHERE number = 2"), 1),
]
"""What is done to the log, each before the one before, and the line that is named."""


async def test_the_first_broken_link_is_named(bank: Bank, database_url: str, tmp_path: Path) -> None:
    for at in range(9):
        await bank.wallet(name=f"Person {at}")
    noted = (await auditing.verify_log(bank.sources)).head
    assert await audited(database_url, tmp_path) == (
        0,
        f"finance: 9 lines follow from one another; the last is {noted}\n",
        "",
    )
    for change, broken_at in FROM_THE_END:
        await tamper(bank, *change)
        verdict = (await bank.gateway.data(VERIFY, as_=bank.staff("audit:read")))["verifyAudit"]
        assert (verdict["intact"], verdict["lines"], verdict["brokenAt"]) == (False, broken_at - 1, broken_at), change
        if broken_at == 7:
            code, said, complained = await audited(database_url, tmp_path)
            assert (code, said) == (1, "")
            assert "finance: line 7 of the audit log is not as it was written; the 6 before it are." in complained


async def test_a_log_that_is_cut_with_its_mark_shows_by_the_hash_that_was_noted(bank: Bank) -> None:
    """Nothing in the database could tell."""
    for name in ("Ada Byron", "Bo Lindqvist"):
        await bank.wallet(name=name)
    noted = await auditing.verify_log(bank.sources)
    cut = "UPDATE audit_head SET number = 1, hash = (SELECT hash FROM audit WHERE number = 1)"
    await tamper(bank, "DELETE FROM audit WHERE number = 2", cut)
    found = await auditing.verify_log(bank.sources)
    assert (noted.lines, found.lines, found.broken_at) == (2, 1, None)
    assert found.head != noted.head


async def test_whoever_has_the_database_takes_the_log_away(bank: Bank, database_url: str, tmp_path: Path) -> None:
    ada = await bank.wallet(money=5)
    await bank.gateway.data(BALANCE, {"id": ada.id}, as_=bank.accountant)
    code, said, complained = await audited(database_url, tmp_path, "--export")
    lines = [json.loads(line) for line in said.splitlines()]
    verdict = await auditing.verify_log(bank.sources)
    assert (code, complained, len(lines)) == (0, "", await bank.count(AUDIT))
    assert [line["number"] for line in lines] == [1, 2, 3, 4, 5]
    assert (verdict.intact, verdict.head, lines[-1]["action"]) == (True, lines[-1]["hash"], "read accounts")
    for actor in (ada.owner, bank.accountant, bank.officers[0]):
        assert await bank.gateway.refused(VERIFY, as_=actor) == ["FORBIDDEN"]
        assert await bank.gateway.refused(LOG, as_=actor) == ["FORBIDDEN"]
