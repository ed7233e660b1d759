"""The workers of a run, as real processes that can be stopped, hung up and started again."""

import asyncio
import signal
from contextlib import ExitStack
from pathlib import Path

import httpx
import psutil

from tests.chaos.balancer import Balancer
from tests.server.command import Command, started

METRICS_TOKEN = "for the figures of a run of chaos"
GAUGES = ("heddle_sockets_open", "heddle_streams_open", "heddle_operations_running")
PATIENCE_S = 60


class Worker:
    """A gateway of one process, started anew as often as it takes, as whoever watches over it would.

    `lives` are the directories, by name, of the processes of it that served, each with what it logged.
    """

    def __init__(self, name: str, directory: Path, balancer: Balancer, settings: dict[str, str]) -> None:
        self.name = name
        self.command: Command
        self._directory = directory
        self._balancer = balancer
        self._settings = settings
        self.starts = 0
        self.lives: list[str] = []
        self._running = ExitStack()

    async def start(self) -> None:
        """Returns when it serves."""
        while True:
            self.starts += 1
            place = self._directory / self.life
            place.mkdir()
            try:
                running = started(place, "--no-sandbox", **self._settings)
                self.command = await asyncio.to_thread(self._running.enter_context, running)
                break
            except AssertionError:  # it ended before it served: its database was away
                await asyncio.sleep(0.2)
        self.lives.append(self.life)
        self._balancer.ports[self.name] = int(self.command.url.rpartition(":")[2])

    def kill(self) -> None:
        del self._balancer.ports[self.name]
        self.command.process.kill()
        self._running.close()

    async def end(self) -> int:
        """By SIGTERM; the exit code."""
        del self._balancer.ports[self.name]
        code = await asyncio.to_thread(self.command.end, signal.SIGTERM)
        self._running.close()
        return code

    def close(self) -> None:
        self._running.close()

    @property
    def life(self) -> str:
        """The name of this process of it."""
        return f"{self.name}-{self.starts}"

    @property
    def process(self) -> psutil.Process:
        return psutil.Process(self.command.process.pid)

    async def gauges(self) -> dict[str, float]:
        headers = {"Authorization": f"Bearer {METRICS_TOKEN}"}
        async with httpx.AsyncClient(base_url=self.command.url, headers=headers, verify=False) as http:
            lines = (await http.get("/metrics", timeout=PATIENCE_S)).text.splitlines()
        figures = dict(line.rsplit(" ", 1) for line in lines if line.startswith(GAUGES))
        return {name: float(value) for name, value in figures.items()}
