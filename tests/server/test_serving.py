"""From the first start to the last child."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from commands.terminal import welcome
from datasources.settings import Settings, read
from tests.server.command import NO_SERVICES, PRODUCTION, ROOT, environment, started, wait_until_ended

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process tree in /proc")

SMALL = ("--scale", "0.005")
ADA = {"data": {"me": {"name": "Ada Byron", "email": "ada@example.com"}}}


def told(cwd: Path, *arguments: str, **settings: str) -> list[str]:
    """The lines that a command prints."""
    command = [sys.executable, str(ROOT / "server.py"), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment(**settings), capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout.splitlines()


def test_what_it_says_to_try_works_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL) as command:
        query, headers = command.example()
        answer = command.ask(query, headers)
        assert "errors" not in answer
        assert answer["data"]["me"]["name"] == "Ada Byron"
        (token,) = told(tmp_path, "token", "--as", "ada@example.com")
        mine = {"Authorization": f"Bearer {token}"}
        assert command.ask(query, mine) == answer
        family = command.family()
        assert len(family) >= 2  # the sandbox and its localstripe
        assert command.end(signal.SIGINT) == 0
        wait_until_ended(*family)
        assert command.complaints == []


def test_it_says_how_to_get_tokens_for_where_its_databases_are() -> None:
    assert "token --as EMAIL --data /tmp/shop\n" in welcome(
        "http://x", "ada@example.com", "T", "{ me }", Path("/tmp/shop")
    )
    assert "token --as EMAIL\n" in welcome("http://x", "ada@example.com", "T", "{ me }", None)


def test_a_second_start_finds_everything_and_a_sigterm_ends_it_in_order(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL) as command:
        assert "Making sample data" in command.said
        before = command.ask(*command.example())
        assert command.end(signal.SIGTERM) == 0
    with started(tmp_path, "--scale", "2") as command:
        assert "Making sample data" not in command.said
        assert command.ask(*command.example()) == before
        family = command.family()
        assert command.end(signal.SIGTERM) == 0
        wait_until_ended(*family)
        assert command.complaints == []


def test_keys_can_be_rotated(tmp_path: Path) -> None:
    me = {"query": "{ me { name email } }"}
    with started(tmp_path, *SMALL, "--no-sandbox", **NO_SERVICES) as command:
        _, headers = command.example()
        assert command.ask(me, headers) == ADA
        command.end(signal.SIGINT)
    new = PRODUCTION["HEDDLE_ENCRYPTION_KEYS"]
    old = read(Settings).encryption_keys.get_secret_value()
    lines = told(tmp_path, "reencrypt", HEDDLE_ENCRYPTION_KEYS=f"{new},{old}")
    assert "customers.sealed_email: 10 of 10 encrypted anew" in lines
    with started(tmp_path, "--no-sandbox", HEDDLE_ENCRYPTION_KEYS=new, **NO_SERVICES) as command:
        assert command.ask(me, headers) == ADA
        command.end(signal.SIGINT)


def test_nothing_outlives_a_kill_of_several_workers(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL, "--workers", "2") as command:
        assert command.get("/health/ready").json()["ready"]
        family = command.family()
        assert len(family) >= 4
        command.end(signal.SIGKILL)
        wait_until_ended(*family)


def test_readiness_tells_which_source_is_down(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL, "--no-sandbox", **NO_SERVICES) as command:
        assert command.family() == []
        assert command.get("/health/live").json() == {"live": True}
        response = command.get("/health/ready")
        assert response.status_code == 503
        assert response.json() == {
            "ready": False,
            "sources": dict.fromkeys(("house", "commerce", "social", "finance", "enterprise"), "ok")
            | dict.fromkeys(("payments", "carriers", "rates"), "SOURCE_UNAVAILABLE"),
        }
        page = command.get("/graphql", accept="text/html")
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "default-src 'none'; base-uri 'none'" in page.headers["content-security-policy"]
        assert command.get("/schema.graphql").text == (ROOT / "schema" / "schema.graphql").read_text()


def test_production_has_no_sample_data_no_stand_ins_and_no_page(tmp_path: Path) -> None:
    with started(tmp_path, *SMALL, **PRODUCTION) as command:
        assert command.said == f"Heddle serves at {command.url}\n"
        assert command.family() == []
        products = command.ask({"query": "{ products { totalCount } }"}, {})
        assert products == {"data": {"products": {"totalCount": 0}}}
        assert command.ask({"query": "{ __schema { queryType { name } } }"}, {}).keys() == {"errors"}
        assert command.get("/graphql", accept="text/html").status_code == 406
        assert command.get("/explorer/people").status_code == 404
        assert command.get("/metrics").status_code == 404
        assert command.get("/schema.graphql").status_code == 403
        assert command.end(signal.SIGINT) == 0
        assert command.complaints == []
