"""Pages, put together, are the list: for any rows, sort, page size and parents, whatever is inserted meanwhile."""

import base64
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import apsw
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.cursors import Cursors
from datasources.errors import InvalidInput
from datasources.pages import EVERYTHING, Listing, PageArguments, Sort, paged
from datasources.sql import Database
from datasources.statements import Condition, equal
from tests.databases.tables import NOTES

CURSORS = Cursors(b"a key of the tests")
PARENTS = (1, 2, 3)
BEGINNING = datetime(2026, 3, 1, tzinfo=UTC)
COLUMNS = {"id": ("id",), "rank": ("rank", "id"), "at": ("at", "id"), "rank_at": ("rank", "at", "id")}
EXAMPLES = settings(
    max_examples=30, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass(frozen=True)
class Note:
    """Few ranks and times, so that many tie."""

    id: int
    parent: int
    rank: int
    minutes: int

    @property
    def row(self) -> dict[str, Any]:
        at = BEGINNING + timedelta(minutes=self.minutes, microseconds=self.minutes)
        return {"id": self.id, "parent": self.parent, "rank": self.rank, "at": at}


@dataclass(frozen=True)
class Order:
    name: str
    descending: bool

    @property
    def sort(self) -> Sort:
        return Sort(self.name, tuple(NOTES.c[column] for column in COLUMNS[self.name]), self.descending)

    def ids(self, notes: Sequence[Note]) -> list[int]:
        """As Python sorts them."""
        places = sorted(tuple(note.row[column] for column in COLUMNS[self.name]) for note in notes)
        return [place[-1] for place in (reversed(places) if self.descending else places)]


def notes(first_id: int) -> st.SearchStrategy[list[Note]]:
    few = st.integers(-1, 2)
    ids = st.integers(first_id, first_id + 500).filter(lambda id: id % 2 == first_id % 2)
    return st.lists(
        st.builds(Note, ids, st.sampled_from(PARENTS), few, few), max_size=25, unique_by=lambda note: note.id
    )


orders = st.builds(Order, st.sampled_from([*COLUMNS]), st.booleans())
sizes = st.integers(1, 8)


IDS = sa.select(NOTES.c.id)


def listing(order: Order, *, of_parents: bool = False) -> Listing:
    return Listing("notes", IDS, order.sort, parent=NOTES.c.parent if of_parents else None)


async def keep(database: Database, *rows: Note, instead: bool = False) -> None:
    async with database.transaction() as transaction:
        if instead:
            await transaction.write(sa.delete(NOTES))
        if rows:
            await transaction.write(sa.insert(NOTES), [note.row for note in rows])


@EXAMPLES
@given(rows=notes(0), later=notes(1), order=orders, first=sizes, of_parents=st.booleans())
async def test_pages_put_together_are_the_list(
    database: Database, rows: list[Note], later: list[Note], order: Order, first: int, of_parents: bool
) -> None:
    await keep(database, *rows, instead=True)
    key, mine = (PARENTS[0], PARENTS[:1]) if of_parents else (EVERYTHING, PARENTS)
    coming, seen, after = list(later), [], None
    while True:
        asked = PageArguments(first, after)
        page = (await listing(order, of_parents=of_parents).pages(database, CURSORS, asked, (key,)))[key]
        assert page.page_info.has_previous_page is (after is not None)
        assert len(page.nodes) == first or not page.has_next
        seen += [node.id for node in page.nodes]
        if not page.has_next:
            break
        after = page.page_info.end_cursor
        await keep(database, *(coming.pop() for _ in coming[:2]))
    kept = [note for note in (*rows, *later) if note not in coming and note.parent in mine]
    in_order = order.ids(kept)
    assert seen == [id for id in in_order if id in seen], "in order, and none twice"
    assert order.ids([note for note in rows if note.parent in mine]) == [id for id in seen if id % 2 == 0]


@EXAMPLES
@given(rows=notes(0), order=orders, first=st.integers(0, 8))
async def test_many_parents_are_read_in_one_statement(
    database: Database, rows: list[Note], order: Order, first: int
) -> None:
    await keep(database, *rows, instead=True)
    keys = (*PARENTS, 4)
    expected = {key: order.ids([note for note in rows if note.parent == key]) for key in keys}
    pages = await listing(order, of_parents=True).pages(database, CURSORS, PageArguments(first), keys)
    assert {key: [node.id for node in page.nodes] for key, page in pages.items()} == {
        key: ids[:first] for key, ids in expected.items()
    }
    assert {key: page.has_next for key, page in pages.items()} == {
        key: len(ids) > first for key, ids in expected.items()
    }
    counts = await listing(order, of_parents=True).counts(database, keys)
    assert {key: counts.get(key, 0) for key in keys} == {key: len(ids) for key, ids in expected.items()}
    assert await listing(order).counts(database) == {EVERYTHING: len(rows)}


async def test_every_row_has_its_own_cursor(database: Database) -> None:
    rows = [Note(id, 1, 0, id) for id in range(5)]
    await keep(database, *rows)
    at = listing(Order("at", descending=True))
    page = (await at.pages(database, CURSORS, PageArguments(5)))[EVERYTHING]
    assert [edge.node.id for edge in page.edges] == [4, 3, 2, 1, 0]
    assert page.page_info.start_cursor == page.edges[0].cursor
    assert page.page_info.end_cursor == page.edges[-1].cursor
    rest = (await at.pages(database, CURSORS, PageArguments(5, page.edges[1].cursor)))[EVERYTHING]
    assert [node.id for node in rest.nodes] == [2, 1, 0]
    nothing = (await at.pages(database, CURSORS, PageArguments(5, page.edges[4].cursor)))[EVERYTHING]
    assert (nothing.nodes, nothing.page_info.end_cursor, nothing.has_next) == ([], None, False)


async def test_a_cursor_of_another_sort_or_list_is_refused(database: Database) -> None:
    await keep(database, Note(1, 1, 0, 0))
    page = (await listing(Order("rank", False)).pages(database, CURSORS, PageArguments(1)))[EVERYTHING]
    others = [
        listing(Order("at", False)),
        Listing("others", IDS, Order("rank", False).sort),
    ]
    for other in others:
        with pytest.raises(InvalidInput, match="is not from this list; pass the `endCursor` of its previous page"):
            await other.pages(database, CURSORS, PageArguments(1, page.edges[0].cursor))


@pytest.mark.parametrize("first", [-1, 101, 10**12])
def test_a_page_has_at_most_100_rows(first: int) -> None:
    with pytest.raises(InvalidInput, match="ask for 0 to 100 at a time"):
        PageArguments(first)


@EXAMPLES
@given(st.text(max_size=80) | st.from_regex(r"[A-Za-z0-9_-]{1,80}", fullmatch=True))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        CURSORS.decode(text, "notes/rank")
    assert refused.value.field == "after"


@EXAMPLES
@given(st.integers(0, 200), st.integers(1, 255))
def test_a_tampered_cursor_is_refused(at: int, flip: int) -> None:
    cursor = CURSORS.encode("notes/rank", [1, "2026-03-01T00:00:00+00:00", 7])
    raw = bytearray(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    raw[at % len(raw)] ^= flip
    tampered = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
    with pytest.raises(InvalidInput):
        CURSORS.decode(tampered, "notes/rank")


def test_a_cursor_of_another_key_is_refused() -> None:
    cursor = Cursors(b"another key").encode("notes/rank", [1, 7])
    with pytest.raises(InvalidInput):
        CURSORS.decode(cursor, "notes/rank")
    assert CURSORS.decode(CURSORS.encode("notes/rank", [1, 7]), "notes/rank") == [1, 7]


async def test_no_condition_takes_the_value_of_another(database: Database) -> None:
    """Nor that of the page: what a policy compares with must never be what somebody asked for."""
    asked = PageArguments(1)
    for name in ("limit", "key", "notes_rank_eq"):
        foreign = Condition(NOTES.c.parent == sa.bindparam(name, type_=sa.Integer()), {name: 1})
        list_ = Listing("notes", IDS, Order("id", False).sort, (equal(NOTES.c.rank, 2), foreign), NOTES.c.parent)
        with pytest.raises(ValueError, match="share the parameters"):
            await list_.pages(database, CURSORS, asked, PARENTS[:1])


async def test_lists_of_many_are_looked_up_by_their_keys_however_many_rows_there_are(database: Database) -> None:
    """A planner that knows them might read all rows in the order of the keys, to save itself a sort."""
    if database.dialect == "postgresql":
        pytest.skip("LATERAL says which comes first")
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) SELECT i, i % 1000 FROM n"
    async with database.transaction() as transaction:
        for text in (f"INSERT INTO notes (id, parent) {rows}", "CREATE INDEX i ON notes (parent, at, id)", "ANALYZE"):
            await transaction.rows(sa.text(text))
    by_time = Order("at", True).sort
    statement, _ = paged(IDS, (), by_time, NOTES.c.parent, False, True, "sqlite")
    prepared = statement.prepared(database._engine.dialect)
    with closing(apsw.Connection(database.url.removeprefix("sqlite:///"))) as connection:
        bound = prepared.bound({"keys": [1, 2, 3], "limit": 5})
        steps = connection.execute(f"EXPLAIN QUERY PLAN {prepared.text}", bound).fetchall()
    assert [step[-1] for step in steps][:2] == [
        "SCAN anon_1 VIRTUAL TABLE INDEX 1:",
        "SEARCH notes USING INTEGER PRIMARY KEY (rowid=?)",
    ]
