"""`/metrics` of several workers, and in production."""

import os
import signal
import time
from pathlib import Path

import httpx
import pytest
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from tests.server.command import NO_SERVICES, PRODUCTION, Command, started, wait_until_ended

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process tree in /proc")

ASKED = 20
STARTS_IN_S = 60
OPERATIONS = 'heddle_operation_seconds_count{kind="query",outcome="ok"}'


def test_each_worker_tells_of_all_and_nothing_of_what_dead_ones_were_doing(tmp_path: Path) -> None:
    options = ("--scale", "0.005", "--workers", "2", "--no-sandbox")
    with started(tmp_path, *options, **NO_SERVICES) as command:
        for _ in range(ASKED):  # on as many connections, so that both workers have some
            command.ask({"query": "{ products { totalCount } }"}, {})
        deadline = time.monotonic() + STARTS_IN_S
        while figures(command).get(OPERATIONS) != ASKED:  # which the other worker tells in a moment
            assert time.monotonic() < deadline
        assert [figures(command)[OPERATIONS] for _ in range(6)] == [ASKED] * 6
        with connect(
            command.url.replace("http", "ws") + "/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ) as client:
            client.send('{"type": "connection_init"}')
            client.recv()
            assert figures(command)["heddle_sockets_open"] == 1
            end_workers(command)
        after = figures(command)
        assert after["heddle_sockets_open"] == 0
        assert after[OPERATIONS] == ASKED, "what they did is not forgotten"
        assert command.end(signal.SIGTERM) == 0
        assert "] died" in command.stderr


def test_in_production_a_token_opens_them(tmp_path: Path) -> None:
    token = "x" * 40
    with started(tmp_path, **PRODUCTION, HEDDLE_METRICS_TOKEN=token) as command:
        assert command.get("/metrics").status_code == 401
        assert figures(command, Authorization=f"Bearer {token}")["heddle_operations_running"] == 0
        command.end(signal.SIGINT)


def figures(command: Command, **headers: str) -> dict[str, float]:
    response = command.get("/metrics", **headers).raise_for_status()
    lines = (line.rpartition(" ") for line in response.text.splitlines() if not line.startswith("#"))
    return {name: float(value) for name, _, value in lines}


def end_workers(command: Command) -> None:
    """As when memory runs out; others take their places."""
    workers = [pid for pid in command.family() if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    assert len(workers) == 2
    for pid in workers:
        os.kill(pid, signal.SIGKILL)
    wait_until_ended(*workers)
    deadline = time.monotonic() + STARTS_IN_S
    while True:
        try:
            httpx.get(f"{command.url}/health/live", timeout=1, verify=False).raise_for_status()
            return
        except httpx.HTTPError:
            assert time.monotonic() < deadline, "nobody took their places"
