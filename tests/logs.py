"""What a log tells, as tests read it."""

import io
import json
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.later import flush
from gateway.logs import Level, configure_logs

Entries = Sequence[MutableMapping[str, Any]]


def faults(entries: Entries) -> list[MutableMapping[str, Any]]:
    """What somebody should look at."""
    return [entry for entry in entries if entry["log_level"] not in ("debug", "info")]


class Log:
    """What is written, read as often as a test likes."""

    def __init__(self) -> None:
        self.written = io.BytesIO()
        self.stderr = io.TextIOWrapper(self.written)  # which closes what it writes to when nobody knows it any more

    @property
    def entries(self) -> list[dict[str, Any]]:
        flush()
        return [json.loads(line) for line in self.written.getvalue().splitlines()]

    def of(self, event: str, *fields: str) -> list[tuple[Any, ...]]:
        """These fields of each such entry, in order."""
        return [tuple(entry[field] for field in fields) for entry in self.entries if entry["event"] == event]


@contextmanager
def logged(level: Level = "info", *, messages: bool = True) -> Iterator[Log]:
    """What the house logs inside, as it is written."""
    log = Log()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stderr", log.stderr)
        configure_logs(level, messages=messages)
        yield log
        flush()
    configure_logs()
