"""What the reads of all stores are made of: the columns that are wanted, of the rows that meet some conditions.

A statement is made and compiled once for each of its shapes: tables, columns and conditions are told from the values of
its parameters, and what was made of the same parts before is used again.
"""

import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import orjson
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import GenericFunction

from datasources.prepared import Prepared

Columns = frozenset[str] | None
"""The attributes that are wanted of records; None for all. A store may read more."""

STATEMENTS_KEPT = 2_000
kept = lru_cache(STATEMENTS_KEPT)
"""For functions that make SELECTs: the same one of the same parts."""


class Statement:
    """A statement that reads, with what it was compiled to: one for each dialect."""

    __slots__ = ("_prepared", "executable")

    def __init__(self, executable: sa.Executable) -> None:
        self.executable = executable
        self._prepared: dict[str, Prepared] = {}

    def prepared(self, dialect: sa.Dialect) -> Prepared:
        known = self._prepared.get(dialect.name)
        if known is None:
            known = self._prepared[dialect.name] = Prepared(self.executable, dialect)
        return known


@dataclass(frozen=True, slots=True, eq=False)
class Read:
    """A statement, and the values of its parameters for this once."""

    statement: Statement
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Condition:
    """What rows have to meet: a predicate that is made once, and the values of its parameters for this once."""

    predicate: sa.ColumnElement[bool]
    values: Mapping[str, Any]


def read(select: sa.Select[Any], *conditions: Condition, order: Sequence[sa.ColumnElement[Any]] = ()) -> Read:
    """Rows of `select`, of which one and the same object comes each time, that meet the conditions, in this order."""
    return Read(
        _statement(select, tuple([condition.predicate for condition in conditions]), tuple(order)), united(conditions)
    )


def united(conditions: Iterable[Condition], **more: Any) -> dict[str, Any]:
    """The parameters of all conditions, and `more`. Raises: ValueError where two have one name."""
    values = more
    for condition in conditions:
        if not values.keys().isdisjoint(condition.values):
            # What a policy compares with must never be taken for what somebody asked for.
            raise ValueError(f"conditions share the parameters {[*values.keys() & condition.values.keys()]}")
        values |= condition.values
    return values


@kept
def _statement(
    select: sa.Select[Any], predicates: tuple[sa.ColumnElement[bool], ...], order: tuple[sa.ColumnElement[Any], ...]
) -> Statement:
    return Statement(select.where(*predicates).order_by(*order))


@kept
def projection(table: sa.Table, columns: Columns, *joined: sa.Column[Any]) -> sa.Select[Any]:
    """A SELECT of these columns of `table`, and of those `joined`, whose tables the caller joins.

    Other names are ignored: labels that the caller adds, or values that it computes. Where nothing of `table` itself is
    wanted, its primary key is read.
    """
    if columns is None:
        return sa.select(table, *joined)
    own = [column for column in table.c if column.name in columns]
    return sa.select(*(own or table.primary_key), *(column for column in joined if column.name in columns))


EVERY = Condition(sa.true(), {})
NONE = Condition(sa.false(), {})


@cache
def met(predicate: sa.ColumnElement[bool]) -> Condition:
    """A condition without parameters, of a predicate of which one and the same object comes each time."""
    return Condition(predicate, {})


def equal(column: sa.Column[Any], value: Any) -> Condition:
    return _compared(column, operator.eq, value)


def owned(column: sa.Column[Any], actor_id: Any) -> Condition:
    """Rows that are the actor's own."""
    return Condition(_ownership(column), {"actor": actor_id})


@cache
def _ownership(column: sa.Column[Any]) -> sa.ColumnElement[bool]:
    return column == sa.bindparam("actor", type_=column.type)


def at_least(column: sa.Column[Any], value: Any) -> Condition:
    return _compared(column, operator.ge, value)


def at_most(column: sa.Column[Any], value: Any) -> Condition:
    return _compared(column, operator.le, value)


def summed(column: sa.ColumnElement[int]) -> sa.ColumnElement[int]:
    """A whole number, of nothing 0; PostgreSQL sums big integers into decimals."""
    return sa.cast(sa.func.coalesce(sa.func.sum(column), 0), sa.BigInteger)


def among(column: sa.ColumnElement[Any], keys: Sequence[Any]) -> Condition:
    """Whether `column` is one of these keys: `column IN (…)`, but with one parameter, however many keys there are.

    So the statement is compiled and prepared once: a read by 300 keys takes a fifth less on SQLite, 40 % on PostgreSQL.
    """
    if len(keys) == 1:
        # PostgreSQL plans this once, and a list of any length anew each time.
        predicate, name = _identity(column)
        return Condition(predicate, {name: keys[0]})
    predicate, name = _membership(column)
    return Condition(predicate, {name: keys})


def _compared(column: sa.Column[Any], how: Callable[[Any, Any], Any], value: Any) -> Condition:
    predicate, name = _comparison(column, how)
    return Condition(predicate, {name: value})


@cache
def _comparison(column: sa.ColumnElement[Any], how: Callable[[Any, Any], Any]) -> tuple[sa.ColumnElement[bool], str]:
    name = f"{_named(column)}_{how.__name__}"
    return how(column, sa.bindparam(name, type_=column.type)), name


@cache
def _identity(column: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[bool], str]:
    name = f"{_named(column)}_key"
    return column == sa.bindparam(name, type_=column.type), name


@cache
def _membership(column: sa.ColumnElement[Any]) -> tuple[sa.ColumnElement[bool], str]:
    name = f"{_named(column)}_among"
    return is_among(column, name), name


def is_among(column: sa.ColumnElement[Any], name: str) -> sa.ColumnElement[bool]:
    """Whether `column` is one of the keys in the parameter `name`."""
    return _Among(column, keys_of(column, name))


def keys_of(column: sa.ColumnElement[Any], name: str) -> sa.BindParameter[Any]:
    """Many values of a column as one parameter."""
    return sa.bindparam(name, type_=_Keys(column.type))


def _named(column: Any) -> str:
    return f"{column.table.name}_{column.name}"


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
        if isinstance(self.of, sa.Uuid):
            return lambda keys: orjson.dumps([None if key is None else key.hex for key in keys]).decode()
        kept: Callable[[Any], Any] = self.of.dialect_impl(dialect).bind_processor(dialect) or (lambda key: key)
        return lambda keys: orjson.dumps([kept(key) for key in keys]).decode()


class _Among(GenericFunction[bool]):
    # Behind a boolean SQLAlchemy writes `= 1`, and SQLite then uses no index.
    type = sa.types.NullType()  # type: ignore[assignment] # GenericFunction would have it that of its answer
    inherit_cache = True


def _render(pattern: str) -> Callable[..., str]:
    def render(element: _Among, compiler: Any, **kw: Any) -> str:
        # Not `element.clauses`: a copy with values in it would still show those of its original.
        parts: Any = element.clause_expr.element
        return pattern.format(*(compiler.process(part, **kw) for part in parts))

    return render


compiles(_Among, "sqlite")(_render("{} IN (SELECT value FROM json_each({}))"))
compiles(_Among, "postgresql")(_render("{} = ANY({})"))
