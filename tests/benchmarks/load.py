"""Load on one server, measured: requests a second, latencies, and what the server's process used."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import quantiles

import aiohttp
import psutil


@dataclass(frozen=True, slots=True)
class Request:
    method: str
    url: str
    headers: dict[str, str]
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """One round of load. Latencies in ms, CPU in ms of the server's time per request, memory in MiB."""

    per_second: float
    median_ms: float
    p99_ms: float
    cpu_ms: float
    memory_mib: float


async def ask(session: aiohttp.ClientSession, request: Request) -> bytes:
    async with session.request(request.method, request.url, headers=request.headers, data=request.body) as response:
        body = await response.read()
        if response.status != 200:
            raise RuntimeError(f"{request.url} answered {response.status}: {body[:500]!r}")
        return body


async def measure(request: Request, server: psutil.Process, *, connections: int, seconds: float) -> Round:
    """Keeps `connections` requests in flight for `seconds`, after a short warm-up."""
    limit = aiohttp.TCPConnector(limit=connections)
    async with aiohttp.ClientSession(connector=limit, auto_decompress=False) as session:
        await _keep_asking(session, request, connections, min(1.0, seconds / 3))
        cpu = _cpu_s(server)
        started = time.perf_counter()
        latencies = await _keep_asking(session, request, connections, seconds)
        elapsed = time.perf_counter() - started
    ms = [1000 * latency for latency in latencies]
    return Round(
        per_second=len(ms) / elapsed,
        median_ms=quantiles(ms, n=2)[0],
        p99_ms=quantiles(ms, n=100)[98],
        cpu_ms=1000 * (_cpu_s(server) - cpu) / len(ms),
        memory_mib=server.memory_info().rss / 2**20,
    )


def middle(rounds: Sequence[Round]) -> Round:
    """The round with the median rate."""
    return sorted(rounds, key=lambda one: one.per_second)[len(rounds) // 2]


async def _keep_asking(
    session: aiohttp.ClientSession, request: Request, connections: int, seconds: float
) -> list[float]:
    end = time.perf_counter() + seconds
    latencies: list[float] = []

    async def client() -> None:
        while (started := time.perf_counter()) < end:
            await ask(session, request)
            latencies.append(time.perf_counter() - started)

    await asyncio.gather(*(client() for _ in range(connections)))
    return latencies


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
