"""The process leaves nothing behind, however its parent ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datasources.sandbox.process import Sandbox, SandboxFailed

PARENT = """
import sys, time
from pathlib import Path
from datasources.sandbox.process import Sandbox
sandbox = Sandbox(Path(sys.argv[1]))
print(sandbox.process.pid, sandbox.url, flush=True)
time.sleep(600)
"""

needs_proc = pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads the process tree in /proc")


def children_of(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def ended(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] == "Z"


def wait_until_ended(*pids: int) -> None:
    deadline = time.monotonic() + 10
    while not all(map(ended, pids)):
        assert time.monotonic() < deadline, f"still running: {pids}"
        time.sleep(0.01)


def wait_until_connected(host: str, port: int) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((host, port)).close()
            return
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, f"nobody listens to {host}, port {port}"
            time.sleep(0.01)


@needs_proc
def test_it_ends_with_its_child_when_its_parent_is_killed(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT, str(tmp_path)], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        sandbox_pid = int(parent.stdout.readline().split()[0])
        (localstripe_pid,) = children_of(sandbox_pid)
        parent.kill()
    wait_until_ended(sandbox_pid, localstripe_pid)


@needs_proc
@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_its_child_ends_with_it(tmp_path: Path, how: signal.Signals, capfd: pytest.CaptureFixture[str]) -> None:
    with Sandbox(tmp_path) as sandbox:
        assert sandbox.url.startswith("http://127.0.0.1:")
        (localstripe_pid,) = children_of(sandbox.process.pid)
        os.kill(sandbox.process.pid, how)
        sandbox.process.wait(timeout=10)
        wait_until_ended(localstripe_pid)
    assert capfd.readouterr().err == ""


@needs_proc
def test_no_other_host_reaches_its_child(tmp_path: Path) -> None:
    with Sandbox(tmp_path) as sandbox:
        assert sandbox.url
        (localstripe_pid,) = children_of(sandbox.process.pid)
        port = int(Path(f"/proc/{localstripe_pid}/cmdline").read_text().split("\0")[-2])
        wait_until_connected("127.0.0.1", port)
        with socket.socket() as other:
            other.bind(("127.0.0.2", port))  # which fails where somebody listens on every address


def test_its_directory_is_where_its_parent_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with Sandbox(Path("relative")) as sandbox:
        assert sandbox.url
        assert (tmp_path / "relative" / "sandbox.db").exists()


def test_a_start_that_fails_says_so(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with Sandbox(tmp_path / "file") as sandbox, pytest.raises(SandboxFailed):
        assert sandbox.url
    assert "FileExistsError" in capfd.readouterr().err
