"""A table is like the list of its rows, however its parts lie, in whatever order its keys come, and read or not."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from datasources.table import Part, Row, Shape, Table

SHAPE = Shape([("key", None, False), ("place", None, False), ("made", lambda value: value * 10, False)])
Keys = list[int | None]
KEYS: st.SearchStrategy[Keys] = st.lists(st.none() | st.integers(0, 3), max_size=9)
WANTED = [None, *range(5)]
BOUND = st.none() | st.integers(-11, 11)
SLICES = st.builds(slice, BOUND, BOUND, st.sampled_from([None, 1, 2, -1, -3]))

some = settings(max_examples=150, deadline=None, derandomize=True, database=None)


def both(keys: Keys, read: list[str]) -> tuple[Table, list[Row]]:
    """The table, of which some columns were read already, and its rows."""
    table = Table(SHAPE, [list(keys), list(range(len(keys))), [key and place for place, key in enumerate(keys)]])
    for name in read:
        table.column(name)
    return table, [SHAPE.row(key, place, key and place * 10) for place, key in enumerate(keys)]


READ = st.lists(st.sampled_from(["key", "made"]), max_size=2)


@some
@given(KEYS, READ, st.booleans())
def test_the_rows_of_each_key(keys: Keys, read: list[str], in_order: bool) -> None:
    table, rows = both(sorted(keys, key=str) if in_order else keys, read)
    found = table.by("key", WANTED)
    expected: dict[Any, list[Row]] = {key: [] for key in WANTED}
    for row in rows:
        expected[row.key].append(row)
    assert {key: list(of_key) for key, of_key in found.items()} == expected
    assert {key: found[key] for key in found} == expected


@some
@given(KEYS, READ, st.data())
def test_parts_as_a_table_of_their_own(keys: Keys, read: list[str], data: st.DataObject) -> None:
    table, rows = both(keys, read)
    bounds = st.integers(0, len(keys))
    if data.draw(st.booleans()):  # all of it, in any order
        cuts = [0, *sorted(data.draw(st.lists(bounds, max_size=4))), len(keys)]
        places = data.draw(st.permutations(list(map(slice, cuts, cuts[1:]))))
    else:
        pairs = data.draw(st.lists(st.tuples(bounds, bounds), max_size=4))
        places = [slice(min(pair), max(pair)) for pair in pairs]
    only, there = table.only(places)
    assert [list(Part(only, place)) for place in there] == [rows[place] for place in places]
    assert len(only) == sum(len(rows[place]) for place in places)
    assert only.column("made") == [row.made for row in only]
    assert table == rows


@some
@given(KEYS, SLICES, SLICES)
def test_slices_of_slices(keys: Keys, first: slice, second: slice) -> None:
    table, rows = both(keys, [])
    assert table[first] == rows[first]
    assert table[first][second] == rows[first][second]
    assert list(reversed(table[first])) == rows[first][::-1]
