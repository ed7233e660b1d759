"""What became of an operation: its answer, what the sources were asked for it, and what it cost."""

import math
from dataclasses import dataclass, field
from typing import Any

import orjson

from datasources.calls import Call
from gateway.limits.admission import Estimate
from gateway.plan.cost import spent


@dataclass(slots=True)
class Result:
    """`executed` is False where the request was refused before any field ran: there is no `data` then."""

    data: dict[str, Any] | None = None
    errors: list[dict[str, Any]] = field(default_factory=list)
    executed: bool = False
    calls: list[Call] = field(default_factory=list)
    started: float = 0.0  # monotonic, in seconds
    duration_s: float = 0.0
    estimate: Estimate | None = None
    cut_at: float = math.inf
    """When its time was over (monotonic), where it would have needed more."""
    _json: bytes | None = field(default=None, init=False, repr=False)

    @property
    def spent(self) -> float:
        """What it did cost, for each of those who share it; nothing where it was refused."""
        return spent(self.calls, self.json) + self.estimate.introspection if self.estimate else 0.0

    @property
    def json(self) -> bytes:
        """The response, written once for all who share it."""
        if self._json is None:
            body: dict[str, Any] = {"errors": self.errors} if self.errors else {}
            if self.executed:
                body["data"] = self.data
            self._json = orjson.dumps(body)
        return self._json

    def json_with(self, extensions: dict[str, Any]) -> bytes:
        """The response for one of those who share it."""
        return b'%b,"extensions":%b}' % (self.json[:-1], orjson.dumps(extensions))
