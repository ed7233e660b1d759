"""Whoever sees or changes what is not theirs leaves a line, and whoever changes a line is found out."""

import pytest
import sqlalchemy as sa

from datasources.finance.tables import AUDIT
from resolvers.finance import auditing
from tests.finance.bank import BALANCE, Bank

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


@pytest.mark.parametrize("change", ["action = 'other' WHERE number = 2", "hash = 'x' WHERE number = 2", None])
async def test_the_first_broken_link_is_named(bank: Bank, change: str | None) -> None:
    """By whoever owns the database, and takes its triggers away."""
    for name in ("Ada Byron", "Bo Lindqvist", "Cy Young"):
        await bank.wallet(name=name)

    def tamper(connection: sa.Connection) -> None:
        if connection.dialect.name == "sqlite":
            for name in ("audit_kept_from_update", "audit_kept_from_delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql(f"UPDATE audit SET {change}" if change else "DELETE FROM audit WHERE number = 2")

    await bank.database.in_one_thread(tamper)
    verdict = (await bank.gateway.data(VERIFY, as_=bank.staff("audit:read")))["verifyAudit"]
    assert (verdict["intact"], verdict["lines"], verdict["brokenAt"]) == (False, 1, 2)


async def test_whoever_has_the_database_takes_the_log_away(bank: Bank) -> None:
    ada = await bank.wallet(money=5)
    await bank.gateway.data(BALANCE, {"id": ada.id}, as_=bank.accountant)
    lines = [line async for line in auditing.export_log(bank.sources)]
    verdict = await auditing.verify_log(bank.sources)
    assert len(lines) == await bank.count(AUDIT)
    assert verdict.intact
    assert verdict.head in lines[-1].decode()
    for actor in (ada.owner, bank.accountant, bank.officers[0]):
        assert await bank.gateway.refused(VERIFY, as_=actor) == ["FORBIDDEN"]
        assert await bank.gateway.refused(LOG, as_=actor) == ["FORBIDDEN"]
