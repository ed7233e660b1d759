"""Reads of the columns that are wanted, by many keys at once: the same on both kinds of database."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.compiler import compiles

from datasources.calls import collected
from datasources.prepared import Prepared
from datasources.sql import Database
from datasources.statements import Condition, among, at_least, at_most, equal, owned, projection, read
from datasources.table import Unreadable
from tests.databases.tables import OWNERS, THINGS

START = datetime(2026, 3, 1, tzinfo=UTC)
ROWS = [
    {"id": UUID(int=n + 1), "number": n, "code": f"{n:03}", "at": START + timedelta(microseconds=n)} for n in range(999)
]


class Explained(sa.Executable, sa.ClauseElement):
    """How the database would go about a statement."""

    inherit_cache = False

    def __init__(self, statement: sa.Select[Any]) -> None:
        self.statement = statement


compiles(Explained, "sqlite")(lambda e, compiler, **kw: f"EXPLAIN QUERY PLAN {compiler.process(e.statement, **kw)}")
compiles(Explained, "postgresql")(lambda e, compiler, **kw: f"EXPLAIN {compiler.process(e.statement, **kw)}")


@pytest.fixture
async def things(database: Database) -> Database:
    """With 999 of them."""
    async with database.transaction() as transaction:
        await transaction.write(sa.insert(THINGS), ROWS)
    return database


NUMBERS = sa.select(THINGS.c.number)


async def numbers(database: Database, *conditions: Condition) -> list[int]:
    rows = await database.rows(read(NUMBERS, *conditions, order=(THINGS.c.number,)))
    return [row.number for row in rows]


@pytest.mark.parametrize(
    ("columns", "read"),
    [
        (None, ["id", "number", "code", "at", "name"]),
        ({"code", "number"}, ["number", "code"]),
        ({"code", "place"}, ["code"]),
        ({"name"}, ["id", "name"]),
        ({"place"}, ["id"]),
        (set(), ["id"]),
    ],
    ids=["all", "some", "unknown", "joined", "none known", "none"],
)
async def test_a_projection_reads_what_is_wanted(things: Database, columns: set[str] | None, read: list[str]) -> None:
    wanted = None if columns is None else frozenset(columns)
    select = projection(THINGS, wanted, OWNERS.c.name).join(OWNERS, OWNERS.c.id == THINGS.c.id, isouter=True)
    row = await things.row(select.where(THINGS.c.number == 7))
    assert row is not None
    assert list(row._fields) == read
    assert all(getattr(row, name) == ROWS[7].get(name) for name in read)


@pytest.mark.parametrize("column", ["id", "number", "code", "at"])
@pytest.mark.parametrize(
    "wanted", [[], [5], [7, 7, 5, 7], [*range(998, -1, -1)]], ids=["none", "one", "repeated", "all"]
)
async def test_rows_are_found_by_their_keys(things: Database, column: str, wanted: list[int]) -> None:
    keys = [ROWS[number][column] for number in wanted]
    assert await numbers(things, among(THINGS.c[column], keys)) == sorted(set(wanted))


async def test_keys_that_nothing_has_find_nothing(things: Database) -> None:
    assert await numbers(things, among(THINGS.c.id, [UUID(int=0), UUID(int=2**128 - 1)])) == []
    assert await numbers(things, among(THINGS.c.number, [-1, 2**62])) == []
    assert (
        await numbers(things, among(THINGS.c.id, [None])) == await numbers(things, among(THINGS.c.id, [None] * 2)) == []
    )
    quotes = ['"', "'", "\\", "%", "00_", "]", "ü", "\U0001f600"]
    assert await numbers(things, among(THINGS.c.code, quotes)) == []
    assert await numbers(things, among(THINGS.c.code, ["0077", "0088"])) == [], (
        "keys are not cut to the column's length"
    )


async def test_a_list_of_the_statement_leaves_other_values_their_types(things: Database) -> None:
    early = (THINGS.c.number.in_([1, 2, 3]), THINGS.c.at <= START + timedelta(microseconds=2))
    assert [row.number for row in await things.rows(NUMBERS.where(*early).order_by(THINGS.c.number))] == [1, 2]
    one = (THINGS.c.code.in_(["001", "002"]), THINGS.c.id == UUID(int=3))
    assert [row.number for row in await things.rows(NUMBERS.where(*one))] == [2]


async def test_text_that_is_none_is_not_told(things: Database) -> None:
    if things.dialect == "postgresql":
        pytest.skip("PostgreSQL refuses to keep it")
    async with things.transaction() as transaction:
        await transaction.write(sa.text("UPDATE things SET code = CAST(x'53ff' AS TEXT) WHERE number = 7"))
    with pytest.raises(Unreadable) as refused:
        await things.rows(sa.select(THINGS.c.code))
    assert str(refused.value) == "text that is not UTF-8"
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("keys", [["no uuid"], ["no uuid", "nor this"], [7, 8], [b"\0" * 16, None]])
async def test_keys_of_another_type_are_refused(things: Database, keys: list[object]) -> None:
    with pytest.raises((AttributeError, TypeError, ValueError)) as refused:
        await numbers(things, among(THINGS.c.id, keys))
    assert "no uuid" not in str(refused.value), "parameters may be personal, and errors get into logs"


async def test_the_index_is_used(things: Database) -> None:
    async with things.transaction() as transaction:
        if things.dialect == "postgresql":
            await transaction.rows(sa.text("SELECT set_config('enable_seqscan', 'off', true)"))
        wanted = among(THINGS.c.id, [UUID(int=1), UUID(int=2)])
        steps = await transaction.rows(Explained(NUMBERS.where(wanted.predicate).params(**wanted.values)))
    plan = " ".join(str(value) for step in steps for value in step)
    assert {"sqlite": "SEARCH things USING INDEX", "postgresql": "Index Cond: (id = ANY"}[things.dialect] in plan


def test_the_statement_is_the_same_for_any_number_of_keys() -> None:
    """So it is compiled once, and the database prepares it once."""
    none, many = (read(NUMBERS, among(THINGS.c.id, ids)) for ids in ([], [UUID(int=1)] * 300))
    assert none.statement is many.statement
    assert many.statement.prepared(sqlite.dialect()).text.count("?") == 1


async def test_statements_are_compiled_once(things: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    class Counted(Prepared):
        def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
            super().__init__(statement, dialect)
            made.append(self.text)

    monkeypatch.setattr("datasources.statements.Prepared", Counted)
    for first in range(3):
        assert await numbers(things, at_least(THINGS.c.number, first), at_most(THINGS.c.number, 3)) == [
            *range(first, 4)
        ]
        assert await numbers(things, equal(THINGS.c.code, f"00{first}")) == [first]
    assert len(made) == len(set(made)) == 2


def test_one_condition_cannot_take_the_value_of_another() -> None:
    """What a policy compares with, for one, must never be what somebody asked for."""
    with pytest.raises(ValueError, match="share the parameters"):
        read(NUMBERS, equal(THINGS.c.number, 1), equal(THINGS.c.number, 2))
    mine = read(NUMBERS, owned(THINGS.c.number, 1), among(THINGS.c.number, [2]), equal(THINGS.c.number, 3))
    assert sorted(mine.values.values()) == [1, 2, 3]


INNER = sa.select(THINGS.c.id, THINGS.c.number).where(THINGS.c.number > 1)


@pytest.mark.parametrize(
    ("statement", "target"),
    [
        (sa.select(THINGS), "things"),
        (sa.select(INNER.subquery()), "things"),
        (sa.select(INNER.cte("n").c.id), "things"),
        (sa.select(THINGS.alias("t").c.id), "things"),
        (sa.select(OWNERS.c.id, THINGS.c.id).select_from(OWNERS.join(THINGS, OWNERS.c.id == THINGS.c.id)), "owners"),
        (sa.union_all(INNER, INNER), "things"),
        (sa.select(sa.union_all(INNER, INNER).subquery()), "things"),
        (sa.select(sa.literal(1)), "statement"),
        (sa.text("SELECT 1"), "statement"),
    ],
)
async def test_a_statement_is_recorded_by_its_table(things: Database, statement: sa.Executable, target: str) -> None:
    with collected() as made:
        await things.rows(statement)
    assert [call.target for call in made] == [target]
