"""What a run was like, in figures."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from tests.chaos.conductor import Outage
from tests.chaos.faults import Kind
from tests.chaos.subscribers import Heard

SETTLED = timedelta(seconds=2)
"""After a fault is mended, clients and connections have so long to come back, until delays count as ordinary."""


@dataclass
class Figures:
    """`findings` is what must not be; without any, the run went well. Delays are seconds."""

    seed: int
    findings: list[str] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    cut: int = 0
    restarts: int = 0
    wishes: int = 0
    attempts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    charges: int = 0
    events: int = 0
    subscribers: int = 0
    connections: int = 0
    told: int = 0
    duplicates: int = 0
    gaps: int = 0
    disordered: int = 0
    lost_wakes: int = 0
    calm: Sequence[float] = ()
    troubled: Sequence[float] = ()
    slowest: str = ""
    answers: Sequence[float] = ()
    memory: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        lines = [
            ("seed", str(self.seed)),
            ("faults", f"{self.faults.total()}: {_counted(self.faults)}"),
            ("", f"{self.restarts} starts of workers, {self.cut} connections cut"),
            ("writers", f"{self.wishes} wishes in {self.attempts} attempts: {_counted(self.outcomes)}"),
            ("", f"{self.charges} charges; an answer took {_spread(self.answers)}"),
            ("events", f"{self.events}; {self.subscribers} subscribers on {self.connections} connections"),
            ("", f"were told {self.told}: {self.duplicates} twice, {self.gaps} never, {self.disordered} out of order"),
            ("delay", f"{_spread(self.calm)} when nothing was away"),
            ("", f"{_spread(self.troubled)} otherwise, the slowest {self.slowest}"),
            ("wakes", f"lines lost {self.lost_wakes} times"),
            *(("memory" if number == 0 else "", line) for number, line in enumerate(self.memory)),
            *(("WRONG", finding) for finding in self.findings),
        ]
        return "\n".join(f"{name:9}{line}" for name, line in lines)


def parted(heard: Iterable[Heard], outages: Sequence[Outage]) -> tuple[list[float], list[float]]:
    """Delays when nothing was away, and the others."""
    calm: list[float] = []
    troubled: list[float] = []
    for one in heard:
        met = any(outage.began <= one.arrived and one.at <= outage.mended + SETTLED for outage in outages)
        (troubled if met else calm).append(one.delay_s)
    return calm, troubled


def _counted(counter: Counter[str]) -> str:
    return ", ".join(f"{count} {Kind(name).value if name in set(Kind) else name}" for name, count in counter.items())


def _spread(seconds: Sequence[float]) -> str:
    if not seconds:
        return "nothing"
    ordered = sorted(seconds)
    p50, p99, most = (ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000 for share in (0.5, 0.99, 1))
    return f"{p50:.0f} ms (p50), {p99:.0f} ms (p99), {most:.0f} ms (most) of {len(ordered)}"
