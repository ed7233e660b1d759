"""What a database answered, as columns: an attribute of all rows is read at once, a row made where one is wanted."""

from collections import namedtuple
from collections.abc import Callable, Hashable, ItemsView, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import accumulate, chain, compress
from operator import ne
from typing import Any, overload

from datasources.ids import known_ids, read_uuid

Row = Any
"""A tuple whose parts can be read by the names of their columns."""
Rows = Sequence[Row]

NOWHERE = slice(0, 0)
FEW = 500
"""Rows: the ids of more would take more memory than they save time."""


class Unreadable(Exception):
    """A database has what is no value of the column's type, in rows that were read."""


class Shape:
    """What the rows of one statement have in common: the names of their columns, and what reads each of the driver's.

    `columns` are of a name, what makes our value of the driver's, and whether many rows have the same one.
    """

    def __init__(self, columns: Sequence[tuple[str, Callable[[Any], Any] | None, bool]]) -> None:
        row: Any = namedtuple("row", [name for name, _, _ in columns], rename=True)  # type: ignore[misc]
        self.row: Any = row
        self.places: dict[str, int] = dict(zip(row._fields, range(len(columns)), strict=True))
        self._reads = [(read, repeats) for _, read, repeats in columns]

    def values(self, place: int, column: list[Any]) -> list[Any]:
        """Our values of the driver's; the same list where nothing has to be made of them.

        Of few rows all ids are kept for those that an operation reads next. Raises: Unreadable.
        """
        read, repeats = self._reads[place]
        if read is None:
            return column
        try:
            return self._made(read, repeats, column)
        except (ValueError, TypeError, LookupError, AttributeError, ArithmeticError) as error:
            # Its own message would show the value.
            raise Unreadable(f"{type(error).__name__} in column '{self.row._fields[place]}'") from None

    @staticmethod
    def _made(read: Callable[[Any], Any], repeats: bool, column: list[Any]) -> list[Any]:
        few = len(column) <= FEW
        if repeats or (few and read is read_uuid):
            known = known_ids() if few else {None: None}
            return [known[one] if one in known else known.setdefault(one, read(one)) for one in column]
        return [None if one is None else read(one) for one in column] if None in column else list(map(read, column))


class _AsList(Sequence[Row]):
    """Equal to a list of the same rows, too."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]  # as of a list

    def __eq__(self, other: object) -> bool:
        return list(self) == list(other) if isinstance(other, list | _AsList) else NotImplemented


class Table(_AsList):
    """Rows, in the order in which they came."""

    __slots__ = ("_columns", "_made", "_read", "_shape")

    def __init__(self, shape: Shape, columns: list[list[Any]]) -> None:
        """Of the driver's values, which become ours when somebody asks for them."""
        self._shape = shape
        self._columns = columns
        self._read = [False] * len(columns)
        self._made: list[Row] | None = None

    def extend(self, columns: Sequence[list[Any]]) -> None:
        """More of the driver's values: those of so many rows take more memory than ours."""
        for name, column in zip(self._shape.places, columns, strict=True):
            self.column(name).extend(self._shape.values(self._shape.places[name], column))

    def column(self, name: str) -> list[Any]:
        """The values of one column, a row each: not to be changed. Raises: KeyError, Unreadable."""
        place = self._shape.places[name]
        if not self._read[place]:
            self._columns[place] = self._shape.values(place, self._columns[place])
            self._read[place] = True
        return self._columns[place]

    def only(self, places: Sequence[slice]) -> tuple["Table", Sequence[slice]]:
        """A table of the rows at these places and no others, and where each of the places is there."""
        ordered = sorted((place.start, place.stop) for place in places)
        ends = [0, *(stop for _, stop in ordered)]
        if ends[-1] == len(self) and ends[:-1] == [start for start, _ in ordered]:
            return self, places
        table = Table(self._shape, [list(chain.from_iterable([of[place] for place in places])) for of in self._columns])
        table._read = list(self._read)
        return table, one_after_another(map(_length, places))

    def by(self, name: str, keys: Sequence[Hashable]) -> Mapping[Any, Rows]:
        """The rows of each of these keys, which are the values of a column; none where there are none."""
        place = self._shape.places[name]
        column = self._columns[place]
        starts = list(compress(range(len(column)), map(ne, column, chain([...], column))))
        firsts = [column[start] for start in starts]  # of the driver's values, most of which need not become ours
        found = firsts if self._read[place] else self._shape.values(place, firsts)
        places = dict(zip(found, map(slice, starts, [*starts[1:], len(column)]), strict=True))
        if len(places) == len(starts):
            return Grouped(self, places, keys)
        apart: dict[Any, list[Row]] = {key: [] for key in keys}  # they do not come in the order of their keys
        for key, row in zip(self.column(name), self, strict=True):
            apart[key].append(row)
        return apart

    @property
    def _rows(self) -> list[Row]:
        if self._made is None:
            new, row = tuple.__new__, self._shape.row
            self._made = [new(row, values) for values in zip(*map(self.column, row._fields), strict=True)]
        return self._made

    def __len__(self) -> int:
        return len(self._columns[0])

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> Any:
        return Part(self, slice(0, len(self)))[place]


class Part(_AsList):
    """Rows of a table that follow one another."""

    __slots__ = ("place", "table")

    def __init__(self, table: Table, place: slice) -> None:
        self.table = table
        self.place = place

    def __len__(self) -> int:
        return _length(self.place)

    def __iter__(self) -> Iterator[Row]:
        return iter(self.table._rows[self.place])

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Rows: ...
    def __getitem__(self, place: int | slice) -> Any:
        places = range(self.place.start, self.place.stop)[place]
        if isinstance(places, int):
            return self.table._rows[places]
        if places.step == 1:
            return Part(self.table, slice(places.start, max(places.start, places.stop)))
        return [self.table._rows[one] for one in places]


class Grouped(Mapping[Any, Rows]):
    """The rows of each key, which follow one another in a table at its `places`; none for those `wanted` besides."""

    def __init__(self, table: Table, places: Mapping[Any, slice], wanted: Sequence[Hashable]) -> None:
        self.table = table
        self.places = places
        self._wanted = wanted

    @cached_property
    def _parts(self) -> dict[Any, Rows]:
        nothing = Part(self.table, NOWHERE)
        return dict.fromkeys(self._wanted, nothing) | {key: Part(self.table, at) for key, at in self.places.items()}

    def __getitem__(self, key: Any) -> Rows:
        return self._parts[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._parts)

    def __len__(self) -> int:
        return len(self._parts)

    def items(self) -> ItemsView[Any, Rows]:
        return self._parts.items()


class Single(Mapping[Any, Row | None]):
    """The row of each key, of which `keyed` is the column in a table; None for those `wanted` besides."""

    def __init__(self, table: Table, key: str, wanted: Sequence[Hashable]) -> None:
        self.table = table
        self.keyed = table.column(key)
        self._wanted = wanted

    @cached_property
    def _places(self) -> dict[Any, int | None]:
        return {**dict.fromkeys(self._wanted), **dict(zip(self.keyed, range(len(self.keyed)), strict=True))}

    def __getitem__(self, key: Any) -> Row | None:
        place = self._places[key]
        return None if place is None else self.table._rows[place]

    def __contains__(self, key: object) -> bool:
        return key in self._places  # without a row

    def __iter__(self) -> Iterator[Any]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)


def one_after_another(lengths: Iterable[int]) -> list[slice]:
    """Where each of the lists of these lengths is, where all their items are in one."""
    ends = list(accumulate(lengths))
    return list(map(slice, [0, *ends], ends))


def _length(place: slice) -> int:
    length: int = place.stop - place.start
    return length
