"""What a log tells, as tests read it."""

from collections.abc import MutableMapping, Sequence
from typing import Any

Entries = Sequence[MutableMapping[str, Any]]


def faults(entries: Entries) -> list[MutableMapping[str, Any]]:
    """What somebody should look at."""
    return [entry for entry in entries if entry["log_level"] not in ("debug", "info")]
