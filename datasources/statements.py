"""What the reads of all stores are made of: the columns that are wanted, of the rows that were asked for."""

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

Columns = frozenset[str] | None
"""The attributes that are wanted of records; None for all. A store may read more."""

PROJECTIONS_KEPT = 2_000


@lru_cache(PROJECTIONS_KEPT)
def projection(table: sa.Table, columns: Columns, *joined: sa.Column[Any]) -> sa.Select[Any]:
    """A SELECT of these columns of `table`, and of those `joined`, whose tables the caller joins.

    Other names are ignored: labels that the caller adds, or values that it computes. Where nothing of `table` itself is
    wanted, its primary key is read.
    """
    if columns is None:
        return sa.select(table, *joined)
    own = [column for column in table.c if column.name in columns]
    return sa.select(*(own or table.primary_key), *(column for column in joined if column.name in columns))


def among(column: sa.ColumnElement[Any], keys: Sequence[Any]) -> sa.ColumnElement[bool]:
    """Whether `column` is one of these keys: `column IN (…)`, but with one parameter, however many keys there are.

    So the statement is compiled and prepared once: a read by 300 keys takes a fifth less on SQLite, 40 % on PostgreSQL.
    """
    if len(keys) == 1:
        # PostgreSQL plans this once, and a list of any length anew each time.
        return column == sa.literal(keys[0], column.type)
    return _Among(column, sa.literal([*keys], _Keys(column.type)))


class _Keys(sa.TypeDecorator[list[Any]]):
    """Many keys as one parameter: an array, or on SQLite a JSON text of what columns of this type hold."""

    impl = sa.Text
    cache_ok = True

    def __init__(self, of: sa.types.TypeEngine[Any]) -> None:
        super().__init__()
        # As VARCHAR(3)[] longer keys would be cut, and found.
        self.of = sa.Text() if isinstance(of, sa.String) else of

    def load_dialect_impl(self, dialect: sa.Dialect) -> sa.types.TypeEngine[Any]:
        return dialect.type_descriptor(sa.Text() if dialect.name == "sqlite" else ARRAY(self.of))

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any] | None:
        if dialect.name != "sqlite":
            return super().bind_processor(dialect)
        kept: Callable[[Any], Any] = self.of.dialect_impl(dialect).bind_processor(dialect) or (lambda key: key)
        return lambda keys: orjson.dumps([kept(key) for key in keys]).decode()


class _Among(GenericFunction[bool]):
    # Behind a boolean SQLAlchemy writes `= 1`, and SQLite then uses no index.
    type = sa.types.NullType()  # type: ignore[assignment] # GenericFunction would have it that of its answer
    inherit_cache = True


def _render(pattern: str) -> Callable[..., str]:
    return lambda element, compiler, **kw: pattern.format(*(compiler.process(part, **kw) for part in element.clauses))


compiles(_Among, "sqlite")(_render("{} IN (SELECT value FROM json_each({}))"))
compiles(_Among, "postgresql")(_render("{} = ANY({})"))
