"""The real command, as a person starts it in a directory of their own."""

import json
import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import httpx

Run = Callable[..., tuple[int, str, list[str]]]
"""Runs the command in this process: exit code, standard output, lines of complaint."""

ROOT = Path(__file__).parents[2]
ENDS_IN_S = 15
NO_SERVICES = dict.fromkeys(
    (f"HEDDLE_{name}_URL" for name in ("PAYMENTS", "CARRIERS", "RATES", "RECOMMENDATIONS", "SCREENING")),
    "http://127.0.0.1:9",
)
"""For `--no-sandbox`: the sandbox takes longer to start than the gateway."""
PRODUCTION = {
    "HEDDLE_ENV": "production",
    "HEDDLE_DRAIN_S": "0",
    "HEDDLE_ENCRYPTION_KEYS": "k1:" + "QUFB" * 10 + "QUE=",
    **{f"HEDDLE_{name}_SECRET": "x" * 40 for name in ("TOKEN", "CURSOR", "INDEX", "PAYMENTS_WEBHOOK")},
    **{f"HEDDLE_{name}_KEY": "x" * 40 for name in ("PAYMENTS", "CARRIERS", "RECOMMENDATIONS", "SCREENING")},
    **NO_SERVICES,
}
"""All that production must be given, and no time to say that it ends."""


def environment(**settings: str) -> dict[str, str]:
    """This process's, without any setting but these."""
    return {name: value for name, value in os.environ.items() if not name.startswith("HEDDLE_")} | settings


class Command:
    """A running `server.py`; all that it said until it was ready is in `said`."""

    def __init__(self, process: subprocess.Popen[str], stderr: Path) -> None:
        self.process = process
        self._stdout: IO[str] = process.stdout  # type: ignore[assignment]  # it was opened with a pipe
        self._stderr = stderr
        self.said = ""
        for line in self._stdout:
            self.said += line
            if line.startswith(("Ctrl-C ends everything.", "Heddle serves at ")):
                break
        else:
            raise AssertionError(f"{self.said}\n{self.stderr}")
        self.url = next(word for word in self.said.split() if word.startswith("http://")).removesuffix("/graphql")

    @property
    def stderr(self) -> str:
        return self._stderr.read_text()

    @property
    def complaints(self) -> list[str]:
        """What it wrote to standard error that is no news of an ordinary day."""
        return [line for line in self.stderr.splitlines() if '"level":"info"' not in line]

    def example(self) -> tuple[dict[str, Any], dict[str, str]]:
        """The query that it tells people to try, and the headers to send with it."""
        lines = self.said.replace("\\\n", " ").splitlines()
        (token,) = (line.strip().removeprefix("TOKEN=") for line in lines if "TOKEN=" in line)
        (curl,) = (shlex.split(line) for line in lines if line.strip().startswith("curl"))
        headers = dict(value.replace("$TOKEN", token).split(": ", 1) for value in _options(curl, "-H"))
        return json.loads(_options(curl, "-d")[0]), headers

    def get(self, path: str, **headers: str) -> httpx.Response:
        return httpx.get(self.url + path, headers=headers, verify=False)

    def ask(self, request: Mapping[str, Any], headers: Mapping[str, str]) -> Any:
        return httpx.post(f"{self.url}/graphql", json=request, headers=headers, verify=False).json()

    def family(self) -> list[int]:
        """Every process below this one."""
        return list(_descendants(self.process.pid))

    def end(self, how: int) -> int:
        """Sends the signal; the exit code."""
        self.process.send_signal(how)
        return self.process.wait(ENDS_IN_S)


@contextmanager
def started(cwd: Path, *options: str, **settings: str) -> Iterator[Command]:
    """`server.py` on a free port, with its data in `cwd`, until the block ends; ready when the block begins."""
    arguments = [sys.executable, str(ROOT / "server.py"), "--port", "0", *options]
    stderr = cwd / "stderr.txt"
    with (
        stderr.open("w") as errors,
        subprocess.Popen(
            arguments, cwd=cwd, env=environment(**settings), stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        try:
            yield Command(process, stderr)
        finally:
            process.kill()


def wait_until_ended(*pids: int) -> None:
    deadline = time.monotonic() + ENDS_IN_S
    while running := [pid for pid in pids if _runs(pid)]:
        assert time.monotonic() < deadline, f"still running: {running}"
        time.sleep(0.01)


def _options(command: list[str], name: str) -> list[str]:
    return [value for option, value in pairwise(command) if option == name]


def _descendants(pid: int) -> Iterator[int]:
    for children in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            yield child
            yield from _descendants(child)


def _runs(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"
