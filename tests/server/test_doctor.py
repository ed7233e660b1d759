"""`doctor`, `sources` and `ask`, as somebody uses them who wonders why it does not run."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from datasources.settings import Settings
from tests.server.command import NO_SERVICES, PRODUCTION, ROOT, Run, environment, started

DEAD = "postgresql://heddle:hunter2@127.0.0.1:1/shop"


def findings(run: Run, **settings: str) -> tuple[int, dict[str, list[tuple[str, str]]]]:
    """The exit code, and what is said of each thing with its verdict."""
    code, said, complaints = run("doctor", "--json", **settings)
    assert complaints == []
    found: dict[str, list[tuple[str, str]]] = {}
    for one in json.loads(said):
        found.setdefault(one["what"], []).append((one["verdict"], one["says"]))
    return code, found


def test_before_the_first_start_all_is_well_and_nothing_is_made(run: Run, tmp_path: Path) -> None:
    code, found = findings(run)
    assert code == 0, found
    assert {verdict for what, said in found.items() for verdict, _ in said if what != "explorer"} == {"ok"}
    assert found["commerce"] == [("ok", "it is empty; the next 'uv run server.py' makes its tables")]
    assert found["payments"][0][1].endswith("starts a stand-in; for the real one set HEDDLE_PAYMENTS_URL")
    assert run("sources")[0] == 0
    assert list(tmp_path.iterdir()) == []


def test_wrong_settings_are_all_told_and_no_secret_is(run: Run) -> None:
    known = Settings.model_fields["token_secret"].json_schema_extra
    assert isinstance(known, dict)
    wrong = PRODUCTION | {
        "HEDDLE_PROT": "1",
        "HEDDLE_TOKEN_SECRET": str(known["development"]),
        "HEDDLE_COMMERCE_DATABASE_URL": DEAD.replace("postgresql", "mysql"),
    }
    code, found = findings(run, **wrong)
    assert code == 1
    assert "hunter2" not in str(found)
    assert [says.partition(";")[0].partition(":")[0] for _, says in found["settings"]] == [
        "HEDDLE_PROT is no setting",
        "HEDDLE_TOKEN_SECRET is the value for development, which everybody knows",
        "HEDDLE_COMMERCE_DATABASE_URL is wrong",
    ]
    assert found["sources"] == [("note", "not looked at: the settings come first")]


def test_secrets_that_everybody_knows_are_for_this_machine_alone(run: Run) -> None:
    assert findings(run)[1]["keys"] == [("ok", "those for development, which everybody knows: for 127.0.0.1 alone")]
    code, found = findings(run, HEDDLE_HOST="0.0.0.0")
    assert (code, found["keys"][0][0]) == (1, "wrong")
    assert "HEDDLE_TOKEN_SECRET" in found["keys"][0][1]


def test_each_source_that_cannot_be_used_has_its_remedy(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    assert run("token", "--as", "nobody@example.com")[0] == 1  # makes the tables
    for name, version in (("commerce", "0001"), ("social", "0999")):
        with sqlite3.connect(tmp_path / "data" / f"{name}.db") as database:
            database.execute("UPDATE alembic_version SET version_num = ?", (version,))
    broken = {
        "HEDDLE_FINANCE_DATABASE_URL": DEAD,
        "HEDDLE_PAYMENTS_URL": "http://127.0.0.1:1",
        "HEDDLE_REDIS_URL": "redis://:hunter2@127.0.0.1:1/0",
    }
    code, found = findings(run, **broken)
    assert code == 1
    assert "hunter2" not in str(found)
    verdicts = {what: said[0][0] for what, said in found.items()}
    assert [verdicts[name] for name in ("house", "commerce", "social", "finance", "payments", "carriers", "redis")] == [
        "ok", "note", "wrong", "wrong", "wrong", "ok", "wrong",
    ]  # fmt: skip
    assert found["commerce"][0][1].endswith("; the next 'uv run server.py' brings them there")
    assert found["social"][0][1].endswith("; run the release that made them")
    assert found["finance"][0][1].endswith("; start it, or correct HEDDLE_FINANCE_DATABASE_URL")
    assert found["payments"][0][1].endswith("; start it, or correct HEDDLE_PAYMENTS_URL")
    assert found["redis"][0][1].endswith("; start it, or correct HEDDLE_REDIS_URL")
    code, said, _ = run("sources", **broken)
    assert code == 1
    states = {line.split()[0]: line.split()[2] for line in said.splitlines()[1:] if ":" not in line.split()[0]}
    assert states["social"] == "newer"
    assert states["finance"] == states["payments"] == "SOURCE_UNAVAILABLE"


def test_a_question_is_asked_here_or_of_a_gateway_that_runs_and_keys_are_tried(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def asked(*arguments: str, **settings: str) -> tuple[int, Any]:
        code, said, _ = run("ask", *arguments, **NO_SERVICES, **settings)
        return code, json.loads(said)

    def keys(**settings: str) -> tuple[str, str]:
        return findings(run, **NO_SERVICES, **settings)[1]["keys"][-1]

    me = {"data": {"me": {"email": "ada@example.com"}}}
    product = {"data": {"products": {"nodes": [{"__typename": "Product"}]}}}
    typed = ("query ($n: Int!) { products(first: $n) { nodes { __typename } } }", "--variables", '{"n": 1}')
    with started(tmp_path, "--scale", "0.005", "--no-sandbox", **NO_SERVICES) as command:
        there = ("--url", command.url)
        assert asked("{ me { email } }", "--as", "ada@example.com", *there) == (0, me)
        assert asked(*typed, *there) == (0, product)
    monkeypatch.setattr(sys, "stdin", StringIO("{ me { email } }"))
    assert asked("-", "--as", "ada@example.com") == (0, me)
    assert asked(*typed, HEDDLE_DOCUMENTS="trusted") == (0, product)
    code, answer = asked("{ customers { totalCount } }", "--as", "ada@example.com")
    assert (code, answer["errors"][0]["extensions"]["code"]) == (1, "FORBIDDEN")
    code, _, (complaint,) = run("ask", "{ me { email } }", *there, **NO_SERVICES)
    assert code == 1
    assert complaint.startswith(f"error: {command.url} does not answer: ")
    fit = "one does not fit what commerce keeps; put back the one that it was written with: "
    assert keys() == ("ok", "they fit what commerce keeps")
    other = PRODUCTION["HEDDLE_ENCRYPTION_KEYS"]
    assert keys(HEDDLE_ENCRYPTION_KEYS=other) == ("wrong", f"{fit}HEDDLE_ENCRYPTION_KEYS")
    assert keys(HEDDLE_INDEX_SECRET="x" * 40) == ("wrong", f"{fit}HEDDLE_INDEX_SECRET")


@pytest.mark.skipif(shutil.which("script") is None, reason="needs script(1), for a terminal")
def test_on_a_terminal_it_is_a_table(tmp_path: Path) -> None:
    command = f"{sys.executable} {ROOT}/server.py sources"
    done = subprocess.run(
        ["script", "-qec", command, "/dev/null"],
        cwd=tmp_path,
        env=environment(TERM="xterm-256color", COLUMNS="120") | {"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    assert "\x1b[" in done.stdout
    assert "stand-in" in done.stdout
