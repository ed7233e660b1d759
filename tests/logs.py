"""What a log tells, as tests read it."""

import io
import json
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from typing import Any

import pytest

from gateway.logs import Level, configure_logs

Entries = Sequence[MutableMapping[str, Any]]


def faults(entries: Entries) -> list[MutableMapping[str, Any]]:
    """What somebody should look at."""
    return [entry for entry in entries if entry["log_level"] not in ("debug", "info")]


@contextmanager
def lines(level: Level = "info", *, messages: bool = True) -> Iterator[list[Any]]:
    """The lines that are written inside, once the block has ended."""
    written = io.TextIOWrapper(io.BytesIO())
    found: list[Any] = []
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sys, "stderr", written)
        configure_logs(level, messages=messages)
        yield found
    configure_logs()
    written.seek(0)
    found += map(json.loads, written.read().splitlines())
