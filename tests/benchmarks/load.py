"""Load on one server, measured: requests a second, latencies, and what the server's process used.

By wrk where it is installed. Else by asyncio, which takes so much of the machine from the server that all servers come
closer to one another than they are.
"""

import asyncio
import itertools
import math
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlsplit

import httpx
import psutil

WRK = shutil.which("wrk")
GENERATOR = "wrk" if WRK else "asyncio, for want of wrk"
SCRIPT = Path(__file__).parent / "requests.lua"
WARM_UP_S = 1


@dataclass(frozen=True, slots=True)
class Request:
    """A POST."""

    url: str
    headers: dict[str, str]
    body: bytes

    @property
    def raw(self) -> bytes:
        url = urlsplit(self.url)
        headers = {"Host": url.netloc, "Content-Length": str(len(self.body)), **self.headers}
        lines = [f"POST {url.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
        return "\r\n".join(lines).encode() + self.body


@dataclass(frozen=True, slots=True)
class Round:
    """One round of load. Latencies in ms, CPU in ms of the server's time per request, memory in MiB.

    `failed` are errors, and answers that tell of errors: services give up under more than they bear.
    """

    per_second: float
    median_ms: float
    p99_ms: float
    cpu_ms: float
    memory_mib: float
    failed: int


@dataclass(frozen=True, slots=True)
class _Answers:
    count: int
    elapsed_s: float
    median_ms: float
    p99_ms: float
    failed: int


def ask(request: Request) -> bytes:
    """The answer's body."""
    response = httpx.post(request.url, headers=request.headers, content=request.body, timeout=60)
    if response.status_code != 200:
        raise SystemExit(f"{request.url} answered {response.status_code}: {response.text[:500]}")
    return response.content


def measure(requests: Sequence[Request], server: psutil.Process, *, connections: int, seconds: float) -> Round:
    """Sends the requests in turn, again and again, `connections` of them at once, after a short warm-up.

    It takes longer than `seconds` where too few are answered by then to say anything.
    """
    send = _by_wrk if WRK else _by_asyncio
    send(requests, connections, WARM_UP_S)
    cpu_s = _cpu_s(server)
    answers = send(requests, connections, seconds)
    if answers.count < connections:
        return measure(requests, server, connections=connections, seconds=3 * seconds)
    return Round(
        per_second=answers.count / answers.elapsed_s,
        median_ms=answers.median_ms,
        p99_ms=answers.p99_ms,
        cpu_ms=1000 * (_cpu_s(server) - cpu_s) / answers.count,
        memory_mib=server.memory_info().rss / 2**20,
        failed=answers.failed,
    )


def middle(rounds: Sequence[Round]) -> Round:
    """The round with the median rate."""
    return sorted(rounds, key=lambda one: one.per_second)[len(rounds) // 2]


def _by_wrk(requests: Sequence[Request], connections: int, seconds: float) -> _Answers:
    with tempfile.NamedTemporaryFile() as file:
        file.write(b"\0".join(request.raw for request in requests))
        file.flush()
        how = ["-t1", f"-c{connections}", f"-d{math.ceil(seconds)}s", "--timeout", "60s", "-s", str(SCRIPT)]
        command = [str(WRK), *how, requests[0].url, "--", file.name]
        out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count, elapsed_us, median_us, p99_us, failed = map(int, out.splitlines()[-1].split())
    return _Answers(count, elapsed_us / 1e6, median_us / 1000, p99_us / 1000, failed)


def _by_asyncio(requests: Sequence[Request], connections: int, seconds: float) -> _Answers:
    started = time.perf_counter()
    answered = asyncio.run(_keep_asking(itertools.cycle(requests), connections, started + seconds))
    elapsed_s = time.perf_counter() - started
    percentiles = quantiles([ms for ms, _ in answered] or [0, 0], n=100)
    failed = sum(has_failed for _, has_failed in answered)
    return _Answers(len(answered), elapsed_s, percentiles[49], percentiles[98], failed)


async def _keep_asking(requests: Iterator[Request], connections: int, end: float) -> list[tuple[float, bool]]:
    """How many ms each took, and whether it failed."""
    answered: list[tuple[float, bool]] = []
    url = urlsplit(next(requests).url)

    async def client() -> None:
        reader, writer = await asyncio.open_connection(url.hostname, url.port, limit=2**24)
        while (started := time.perf_counter()) < end:
            writer.write(next(requests).raw)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
            body = await reader.readexactly(length)
            has_failed = b" 200 " not in head[:15] or b'"errors":' in body
            answered.append((1000 * (time.perf_counter() - started), has_failed))
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return answered


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
