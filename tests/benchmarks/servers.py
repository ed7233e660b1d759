"""The servers of the benchmark: each a process of its own with one worker, over the same SQLite file."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from tests.benchmarks.questions import Question

UVICORN = [sys.executable, "-m", "uvicorn", "--factory", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]
GATEWAY = [sys.executable, "server.py", "--no-sandbox"]
INSTALLED = Path(__file__).parent / "peers"
PEERS = ("mercurius", "yoga")
SERVERS = ("floor", "gateway", "graphql-core", *PEERS)


@dataclass(frozen=True, slots=True)
class Server:
    name: str
    url: str
    process: psutil.Process

    def address(self, question: Question) -> str:
        return self.url + (question.path if self.name == "floor" else "/graphql")


@contextmanager
def started(name: str, data: Path) -> Iterator[Server]:
    """The server while it runs, from the moment that it takes connections."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command, environment = _command(name, data, port)
    log = data / f"{name}.log"
    with log.open("wb") as errors:
        process = subprocess.Popen(
            command, env=os.environ | {"HEDDLE_DATA": str(data)} | environment, stdout=errors, stderr=errors
        )
    try:
        while not _accepts(port):
            if process.poll() is not None:
                why = log.read_text().strip().rpartition("\n")[2]
                raise SystemExit(f"{name} ended before it could serve: {why}; mend it, or leave it out by --servers")
            time.sleep(0.05)
        yield Server(name, f"http://127.0.0.1:{port}", psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait()


def _command(name: str, data: Path, port: int) -> tuple[list[str], dict[str, str]]:
    if name in PEERS:
        if not (INSTALLED / "node_modules").is_dir():
            raise SystemExit(f"{name} is not installed: npm ci --prefix {INSTALLED}; or leave it out by --servers")
        script = str(INSTALLED / f"{name}.js")
        return ["node", script, str(data / "commerce.db"), str(port)], {"NODE_ENV": "production"}
    if name == "floor":
        return [*UVICORN, "--log-level", "warning", "--port", str(port), "tests.benchmarks.floor:app"], {}
    executor = {"HEDDLE_EXECUTOR": name} if name == "graphql-core" else {}
    return [*GATEWAY, "--port", str(port)], executor


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False
