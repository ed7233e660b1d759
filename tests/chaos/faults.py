"""What goes wrong, and when: a schedule that follows from its seed."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

WORKERS = ("first", "second")


class Kind(StrEnum):
    WORKER_KILLED = "worker killed"
    WORKER_ENDED = "worker ended"
    REDIS_STOPPED = "redis stopped"
    REDIS_HANGS = "redis hangs"
    POSTGRES_CRASHED = "postgres crashed"
    POSTGRES_RESTARTED = "postgres restarted"
    POSTGRES_HANGS = "postgres hangs"
    SESSIONS_ENDED = "sessions ended"
    CONNECTIONS_CUT = "connections cut"


@dataclass(frozen=True, slots=True)
class Fault:
    """Begins `at_s` after the start of the run; `worker` is whom it hits, where it hits one."""

    at_s: float
    kind: Kind
    lasts_s: float
    worker: str


def schedule(seed: int, seconds: float, every_s: float, kinds: Sequence[Kind]) -> list[Fault]:
    """One after another, about `every_s` apart, until the time is over: each kind once before any comes again.

    In its second half one worker is spared, so that it can be seen what a long life does to it.
    """
    chance = random.Random(seed)
    moments = [at * every_s + chance.uniform(0, every_s) for at in range(int(seconds / every_s))]
    return [
        Fault(at_s, kind, chance.uniform(0.2, 2.0), WORKERS[0] if at_s > seconds / 2 else chance.choice(WORKERS))
        for at_s, kind in zip(moments, _shuffled(chance, kinds), strict=False)
    ]


def _shuffled(chance: random.Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    while True:
        yield from chance.sample(kinds, len(kinds))
