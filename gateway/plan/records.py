"""Objects of one type, whose attributes are read a column at a time."""

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from gateway.plan.generated import reader


class Records(Protocol):
    """A table of the database is one, too."""

    def column(self, name: str) -> list[Any]:
        """An attribute of all of them, in their order. Raises: what reading it raises."""
        ...

    def __len__(self) -> int: ...
    def __iter__(self) -> Iterator[Any]: ...


class Given(list[Any]):
    """Objects that are there."""

    def column(self, name: str) -> list[Any]:
        return reader(name)(self)


class Unmade:
    """Named tuples that nobody needs but for their columns."""

    def __init__(self, columns: Mapping[str, list[Any]]) -> None:
        self._columns = columns

    def column(self, name: str) -> list[Any]:
        return self._columns[name]

    def __len__(self) -> int:
        return len(next(iter(self._columns.values())))

    def __iter__(self) -> Iterator[Any]:
        raise TypeError("these are columns alone")
