"""What stands in the place of a value that could not be had."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from graphql import FieldNode


@dataclass(frozen=True, slots=True, eq=False)
class Failure:
    """It becomes null in the nearest place that may be null, and there an error that names the place it came from.

    `path` leads from the place of this failure down to where it began.
    """

    error: Exception
    nodes: Sequence[FieldNode]
    path: tuple[str | int, ...] = ()

    def within(self, key: str | int) -> "Failure":
        """The failure of what holds this one under `key`."""
        return replace(self, path=(key, *self.path))
