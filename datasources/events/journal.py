"""Reading the log of a domain: in order and without gaps, from a position that clients hold as a cursor.

PostgreSQL numbers rows when they are written, and shows them when their transaction commits, in another order: whoever
remembered the last number seen would miss those that commit late. So the order is that of (transaction, sequence), and
nothing is read yet of transactions that are not older than all that still run.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple, NewType
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from datasources.cursors import Cursors
from datasources.errors import Refusal
from datasources.sql import Database
from datasources.statements import Read, Statement

Cursor = NewType("Cursor", str)
"""A position in a log as clients hold it: opaque, signed, good for as long as the events after it are kept."""

OLDEST = "oldest"
"""In the place of a cursor: everything that is kept."""
PAGE = 200


class Position(NamedTuple):
    """Of an event in its log; those after it are greater."""

    transaction: int
    sequence: int


START = Position(-1, 0)


@dataclass(frozen=True, slots=True)
class Event:
    """`cursor` is for going on after it, `owner` whom it concerns beside its subject, `actor` who did it."""

    position: Position
    cursor: Cursor
    type: str
    subject: UUID
    owner: UUID | None
    data: dict[str, Any]
    actor: UUID | None
    at: datetime


class Reading(NamedTuple):
    """`more` says that there are more events by now, which can be read in a moment."""

    events: Sequence[Event]
    more: bool


class CursorExpired(Refusal):
    """`oldest` is the cursor of all that is kept."""

    code = "CURSOR_EXPIRED"

    def __init__(self, oldest: Cursor) -> None:
        super().__init__(
            "Events after this cursor are no longer kept: some were missed. Read the state anew, and go on from "
            "`extensions.oldest`."
        )
        self.oldest = oldest

    @property
    def extensions(self) -> dict[str, Any]:
        return {"code": self.code, "oldest": self.oldest}


class Journal:
    """The log in `table` of a domain's database, as it is read."""

    def __init__(self, database: Database, table: sa.Table, cursors: Cursors) -> None:
        self.name = database.name
        self._database = database
        self.table = table
        self._cursors = cursors
        self._order = _order(table, database.dialect)
        self._statements = _Statements(table, self._order)

    async def after(self, position: Position, limit: int = PAGE) -> Reading:
        """The next events, the oldest first. Source: one SELECT. Raises: SourceError."""
        there = {"after_transaction": position.transaction, "after_sequence": position.sequence, "limit": limit}
        rows = await self._database.rows(Read(self._statements.after, there))
        events = [self._event(row) for row in rows if row.ready]
        return Reading(events, more=len(rows) == limit or len(events) < len(rows))

    async def kept_after(self, position: Position, limit: int = PAGE) -> Reading:
        """The same, for somebody who may come late. Raises: CursorExpired where events after it are gone."""
        reading = await self.after(position, limit)
        oldest = await self._database.row(Read(self._statements.oldest, {}))
        if oldest is not None and START < position < _position(oldest):
            raise CursorExpired(self.cursor(START))
        return reading

    async def head(self) -> Position:
        """Of the newest event that can be read by now; START where there is none."""
        row = await self._database.row(Read(self._statements.newest, {}))
        return START if row is None else _position(row)

    async def back(self, events: int) -> Position:
        """So many events before the head, at most."""
        row = await self._database.row(Read(self._statements.back, {"offset": events}))
        return START if row is None else _position(row)

    async def forget(self, before: datetime) -> int:
        """Deletes events from before then, all but the newest of them: whoever has seen that one has missed nothing.

        How many it were. Raises: SourceError.
        """
        forgotten = 0
        while True:
            reading = await self.after(START, PAGE)
            old = [event for event in reading.events if event.at < before]
            if len(old) < 2:
                return forgotten
            newest = [getattr(old[-1].position, column.name) for column in self._order]
            async with self._database.transaction() as writing:
                forgotten += await writing.write(
                    sa.delete(self.table).where(sa.tuple_(*self._order) < sa.tuple_(*newest))
                )

    async def adopt(self) -> None:
        """After a dump was restored into another PostgreSQL: numbers of its transactions mean nothing here."""
        if self._database.dialect == "postgresql":
            foreign = self.table.c.transaction > sa.text("pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
            async with self._database.transaction() as writing:
                await writing.write(sa.update(self.table).where(foreign).values(transaction=0))

    def cursor(self, position: Position) -> Cursor:
        return Cursor(self._cursors.encode(self._listing, position))

    async def position(self, cursor: str) -> Position:
        """Where to go on. Raises: InvalidInput, CursorExpired, SourceError."""
        if cursor == OLDEST:
            return START
        position = Position(*self._cursors.decode(cursor, self._listing, "the `cursor` of one of its events"))
        head = await self.head()
        if position > head:
            # Given out by this house, but not of this database: it was restored from a copy, or made anew.
            raise CursorExpired(self.cursor(START))
        await self.kept_after(position, 1)
        return position

    @property
    def _listing(self) -> str:
        return f"{self.name}.events"

    def _event(self, row: Any) -> Event:
        position = Position(row.transaction, row.sequence)
        cursor = self.cursor(position)
        return Event(position, cursor, row.type, row.subject, row.owner, row.data, row.actor, row.at)


def _position(row: Any) -> Position:
    return Position(row.transaction, row.sequence)


def _order(table: sa.Table, dialect: str) -> Sequence[sa.Column[Any]]:
    """What positions are compared by.

    SQLite does not number transactions, and would look through all that are 0 for those with a greater sequence.
    """
    return (table.c.sequence,) if dialect == "sqlite" else (table.c.transaction, table.c.sequence)


class _Statements:
    def __init__(self, table: sa.Table, order: Sequence[sa.Column[Any]]) -> None:
        place = (table.c.transaction, table.c.sequence)
        ready = _ready(table.c.transaction)
        there = [sa.bindparam(f"after_{column.name}", type_=sa.BigInteger) for column in order]
        limit = sa.bindparam("limit", type_=sa.Integer)
        after = sa.select(table, ready.label("ready")).where(sa.tuple_(*order) > sa.tuple_(*there))
        self.after = Statement(after.order_by(*order).limit(limit))
        self.oldest = Statement(sa.select(*place).order_by(*order).limit(1))
        newest = sa.select(*place).where(ready).order_by(*[column.desc() for column in order]).limit(1)
        self.newest = Statement(newest)
        self.back = Statement(newest.offset(sa.bindparam("offset", type_=sa.Integer)))


class _ready(GenericFunction[bool]):
    """Whether no event can be committed any more that comes before those of this transaction."""

    type = sa.types.NullType()  # type: ignore[assignment] # a boolean SQLAlchemy would compare with 1
    inherit_cache = True


@compiles(_ready, "sqlite")
def _always(element: Any, compiler: Any, **kw: Any) -> str:
    return "1"


@compiles(_ready, "postgresql")
def _settled(element: Any, compiler: Any, **kw: Any) -> str:
    transaction = compiler.process(element.clauses, **kw)
    return f"{transaction} < pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
