"""`uv run python -m tests.benchmarks`: the gateway beside the floor, in one run, round by round in turn.

Both run as processes of their own with one worker, on the same SQLite file of sample data and the same sandbox.
"""

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp
import httpx
import orjson
import psutil
from rich.console import Console
from rich.table import Table

from datasources.sandbox.process import Sandbox
from server import SAMPLES, configured, opened
from tests.benchmarks.load import Request, Round, ask, measure, middle
from tests.benchmarks.questions import LOOKUP, QUESTIONS, Question

UVICORN = [sys.executable, "-m", "uvicorn", "--factory", "--loop", "uvloop", "--http", "httptools", "--no-access-log"]


def main() -> None:
    options = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    options.add_argument("--seconds", type=float, default=5.0, help="of each round")
    options.add_argument("--rounds", type=int, default=5, help="of each server and query; the median counts")
    options.add_argument("--connections", type=int, default=50)
    options.add_argument("--scale", type=float, default=1.0, help="of the sample data")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as data, ExitStack() as stack:
        sandbox = stack.enter_context(Sandbox(Path(data)))
        os.environ |= {
            "HEDDLE_DATA": data,
            "HEDDLE_PAYMENTS_URL": f"{sandbox.url}/payments",
            "HEDDLE_CARRIERS_URL": f"{sandbox.url}/carriers",
            "HEDDLE_RATES_URL": f"{sandbox.url}/rates",
        }
        asyncio.run(_fill(given.scale, sandbox.url))
        gateway = stack.enter_context(_server("server:app"))
        floor = stack.enter_context(_server("tests.benchmarks.floor:app"))
        asyncio.run(_compare(gateway, floor, _headers(), given))


async def _fill(scale: float, sandbox_url: str) -> None:
    async with opened(*configured()) as sources:
        for domain, sample in SAMPLES:
            await sample.fill(sources[domain.stores], scale=scale, sandbox_url=sandbox_url, progress=lambda *_: None)


async def _compare(
    gateway: tuple[str, psutil.Process], floor: tuple[str, psutil.Process], headers: dict[str, str], given: Any
) -> None:
    table = Table(title=f"{given.connections} connections, median of {given.rounds} rounds of {given.seconds:g} s")
    for column in ("query", "server", "requests/s", "median ms", "p99 ms", "CPU ms", "MiB", "of the floor"):
        table.add_column(column, justify="left" if column in ("query", "server") else "right")
    for question in QUESTIONS:
        variables = await _variables(question, gateway[0], headers)
        body = orjson.dumps({"query": question.query, "variables": variables})
        ours = Request("POST", f"{gateway[0]}/graphql", headers, body)
        theirs = Request("POST", floor[0] + question.path, headers, body)
        await _same(ours, theirs)
        rounds: dict[str, list[Round]] = {"gateway": [], "floor": []}
        for _ in range(given.rounds):
            for name, request, process in (("gateway", ours, gateway[1]), ("floor", theirs, floor[1])):
                one = await measure(request, process, connections=given.connections, seconds=given.seconds)
                rounds[name].append(one)
        _report(table, question, {name: middle(of) for name, of in rounds.items()})
    Console(width=110).print(table)


def _report(table: Table, question: Question, rounds: Mapping[str, Round]) -> None:
    for name, one in rounds.items():
        figures = (one.per_second, one.median_ms, one.p99_ms, one.cpu_ms, one.memory_mib)
        ratio = one.per_second / rounds["floor"].per_second
        table.add_row(question.name if name == "gateway" else "", name, *(f"{f:,.2f}" for f in figures), f"{ratio:.2f}")


async def _same(ours: Request, theirs: Request) -> None:
    """Both must answer the same bytes, or the comparison means nothing."""
    async with aiohttp.ClientSession() as session:
        answers = [orjson.loads(await ask(session, request)) for request in (ours, theirs)]
    if answers[0] != answers[1]:
        raise SystemExit(f"The gateway and the floor differ at {theirs.url}:\n{answers[0]}\n{answers[1]}"[:4_000])


async def _variables(question: Question, url: str, headers: dict[str, str]) -> dict[str, Any]:
    if question.query is not LOOKUP:
        return {}
    async with httpx.AsyncClient() as client:
        asked = {"query": "{ products(first: 1) { nodes { id } } }"}
        answer = (await client.post(f"{url}/graphql", json=asked, headers=headers)).json()
    return {"id": answer["data"]["products"]["nodes"][0]["id"]}


def _headers() -> dict[str, str]:
    command = [sys.executable, "server.py", "token", "--as", "admin@example.com"]
    token = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    return {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}


@contextmanager
def _server(app: str) -> Iterator[tuple[str, psutil.Process]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([*UVICORN, "--log-level", "warning", "--port", str(port), app])
    try:
        while not _accepts(port):
            if process.poll() is not None:
                raise SystemExit(f"{app} ended before it could serve")
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}", psutil.Process(process.pid)
    finally:
        process.terminate()
        process.wait()


def _accepts(port: int) -> bool:
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
        return True
    return False


if __name__ == "__main__":
    main()
