"""How much memory the workers have, while they run."""

import asyncio
from collections.abc import Iterator, Mapping

import psutil

from tests.chaos.figures import Figures
from tests.chaos.machines import Worker

EVERY_S = 0.5
MOST_MIB = 64.0
"""What a worker may grow by from when it has served for a moment: what it keeps of events for others has bounds."""


class Memory:
    def __init__(self, workers: Mapping[str, Worker]) -> None:
        self._workers = workers
        self._samples: dict[str, list[float]] = {}

    async def watch(self) -> None:
        """For ever."""
        while True:
            await asyncio.sleep(EVERY_S)
            for worker in self._workers.values():
                try:
                    mib = worker.process.memory_info().rss / 2**20
                except psutil.Error:  # it was killed in this moment
                    continue
                self._samples.setdefault(worker.life, []).append(mib)

    def grown(self, figures: Figures) -> Iterator[str]:
        """Of the processes that are alive in the end."""
        for worker in self._workers.values():
            samples = self._samples[worker.life]
            first, last = samples[min(len(samples) - 1, 4)], samples[-1]
            lived_s = len(samples) * EVERY_S
            figures.memory.append(f"{worker.life}: {first:.0f} MiB, after {lived_s:.0f} s {last:.0f} MiB")
            if last - first > MOST_MIB:
                yield f"{worker.life} grew from {first:.0f} to {last:.0f} MiB in {lived_s:.0f} s"
