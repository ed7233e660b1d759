"""The figures of this process, as Prometheus would read them."""

from prometheus_client import REGISTRY

from gateway.later import flush


class Figures:
    """How much each has grown since this was made."""

    def __init__(self) -> None:
        self._before = _samples()

    def __call__(self, name: str, **labels: str) -> float:
        now, at = _samples(), (name, frozenset(labels.items()))
        return now.get(at, 0) - self._before.get(at, 0)

    def labelled(self, name: str, label: str) -> set[str]:
        """The values of the label under which it has grown."""
        return {
            dict(labels)[label]
            for (other, labels), value in _samples().items()
            if other == name and value > self._before.get((other, labels), 0)
        }


def _samples() -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    flush()
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for metric in REGISTRY.collect()
        for sample in metric.samples
    }
