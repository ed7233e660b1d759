"""The command that signs people out, beside a gateway that serves in several processes."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Barrier

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.server.command import NO_SERVICES, Command, Run, started

PATIENCE_S = 60
AT_ONCE = 10
ADA, BO = "ada@example.com", "bo@example.com"
WHOSE = "error: Say whose tokens: --as EMAIL, or --subject ID"


def until(so: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def refused(command: Command, token: str) -> bool:
    return "errors" in command.ask({"query": "{ me { name } }"}, {"Authorization": f"Bearer {token}"})


def everywhere(command: Command, token: str, is_refused: bool) -> bool:
    """Whether many connections at once are answered so, of both workers as like as not."""
    with ThreadPoolExecutor(AT_ONCE) as threads:
        return set(threads.map(lambda _: refused(command, token), range(2 * AT_ONCE))) == {is_refused}


def closed(command: Command, token: str, listening: Barrier) -> int | None:
    """The code with which the server closes a socket of this token; until then it is alive."""
    url = f"{command.url.replace('http', 'ws')}/graphql"
    with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")], proxy=None) as socket:
        socket.send(json.dumps({"type": "connection_init", "payload": {"token": token}}))
        assert socket.recv(PATIENCE_S) == '{"type":"connection_ack"}'
        listening.wait(PATIENCE_S)
        with suppress(ConnectionClosed):
            while socket.recv(PATIENCE_S) == '{"type":"ping"}':
                socket.send('{"type":"pong"}')
    return socket.close_code


def test_who_is_revoked_is_out_on_every_worker(run: Run, tmp_path: Path) -> None:
    here = ("--data", str(tmp_path / "data"))
    options = ("--scale", "0.005", "--workers", "2", "--no-sandbox")

    def token(email: str) -> str:
        return run("token", "--as", email, *here)[1].strip()

    with started(tmp_path, *options, **NO_SERVICES) as command, ThreadPoolExecutor(AT_ONCE) as threads:
        ada, bo = token(ADA), token(BO)
        assert everywhere(command, ada, False)
        listening = Barrier(AT_ONCE + 1)
        codes = [threads.submit(closed, command, ada, listening) for _ in range(AT_ONCE)]
        listening.wait(PATIENCE_S)
        code, said, lines = run("revoke", "--as", ADA, *here)
        assert (code, lines) == (0, [])
        assert said.startswith(f"Within 2 seconds '{ADA}' is signed out: tokens issued before ")
        assert {code.result(PATIENCE_S) for code in codes} == {4403}
        until(lambda: everywhere(command, ada, True))
        assert everywhere(command, bo, False)
        until(lambda: everywhere(command, token(ADA), False))
        undone = f"Within 2 seconds tokens of '{ADA}' are taken again, those that have not expired.\n"
        assert run("revoke", "--as", ADA, "--undo", *here) == (0, undone, [])
        until(lambda: everywhere(command, ada, False))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), WHOSE),
        (("--as", "x", "--subject", "y"), WHOSE),
        (("--as", "x"), "error: Nobody has the address 'x'; name them by --subject"),
        (("--subject", "auth0|1", "--undo"), "error: Nothing of 'auth0|1' is revoked"),
    ],
)
def test_what_cannot_be_revoked_is_said(run: Run, tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    (tmp_path / "data").mkdir()
    assert run("revoke", *arguments) == (1, "", [said])


def test_a_directory_without_a_gateway_is_not_made_one(run: Run, tmp_path: Path) -> None:
    """Else it would be said that somebody is signed out, of a gateway that is elsewhere."""
    said = "error: There is no directory 'data'; run 'uv run server.py' once, or name another"
    assert run("revoke", "--subject", "auth0|1") == (1, "", [said])
    assert list(tmp_path.iterdir()) == []


def test_a_moment_is_in_utc_unless_it_says_otherwise(run: Run, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    for moment, before in (("2099-12-31T18:00", "18:00:00"), ("2099-12-31T23:00+01:00", "22:00:00")):
        _, said, _ = run("revoke", "--subject", "auth0|1", "--until", moment)
        assert f"issued before 2099-12-31 {before} UTC are refused" in said
