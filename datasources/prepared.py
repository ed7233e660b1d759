"""Statements that read, compiled once for a dialect: their text, what fills their parameters, what makes their rows.

SQLAlchemy writes the SQL; around a short statement its own way of executing takes ten times as long as the database.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import sqlalchemy as sa

from datasources.table import Rows, Shape, Table

Values = Mapping[str, Any]
Parameters = Mapping[str, Any] | Sequence[Mapping[str, Any]] | None


class Execute(Protocol):
    """Runs a statement of a transaction: its rows, and how many it touched."""

    async def __call__(self, statement: sa.Executable, parameters: Parameters) -> tuple[Rows, int]: ...


class Prepared:
    """`text` and `bound(values)` are for the driver, whose answer goes through `rows`."""

    def __init__(self, statement: sa.Executable, dialect: sa.Dialect) -> None:
        compiled: Any = statement.compile(dialect=dialect)  # type: ignore[attr-defined]
        self.text, self._parameters = _parts(compiled, dialect)
        self.source = source_of(statement)
        columns = getattr(statement, "exported_columns", {})
        self.shape = Shape(
            [(name, _reader(column.type, dialect), _repeats(column)) for name, column in columns.items()]
        )

    def rows(self, pieces: Iterable[Sequence[Any]]) -> Rows:
        """Our rows of the driver's tuples, which come piece by piece, none of them empty.

        They are left as they are where nothing is known of them, as of a text.
        """
        if not self.shape.places:
            return [tuple(one) for piece in pieces for one in piece]
        table: Table | None = None
        for piece in pieces:
            columns = [list(column) for column in zip(*piece, strict=True)]
            if table is None:
                table = Table(self.shape, columns)
            else:
                table.extend(columns)
        return [] if table is None else table

    def bound(self, values: Values) -> list[Any]:
        """The parameters in their order: these values, or else those that the statement was made with."""
        return [
            values.get(name, own) if write is None else write(values.get(name, own))
            for name, own, write in self._parameters
        ]


def _parts(compiled: Any, dialect: sa.Dialect) -> tuple[str, list[tuple[str, Any, Callable[[Any], Any] | None]]]:
    """The text, and its parameters in their order: name, own value, and what writes a value for the driver."""
    if compiled.post_compile_params:  # `IN` a list that the statement brings: its values become parameters
        state = compiled.construct_expanded_state()
        text, names, own, writers = state.statement, state.positiontup, state.parameters, state.processors
    else:
        text, names, own, writers = compiled.string, compiled.positiontup, compiled.params, {}
    writers = {name: _writer(bind.type, dialect) for name, bind in compiled.binds.items()} | writers
    return text, [(name, own[name], writers.get(name)) for name in names]


def _writer(type: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    return type.dialect_impl(dialect).bind_processor(dialect)


def _reader(type: sa.types.TypeEngine[Any], dialect: sa.Dialect) -> Callable[[Any], Any] | None:
    """What makes our value of the driver's, which is never None."""
    of_driver = type.dialect_impl(dialect)
    if isinstance(of_driver, sa.Numeric | sa.Float) and dialect.name == "postgresql":
        return None  # asyncpg's numbers are Python's; SQLAlchemy would ask for the column's type code
    return getattr(of_driver, "read", None) or of_driver.result_processor(dialect, None)


def _repeats(column: Any) -> bool:
    """Whether many rows have the same value, which is then made once: a key of other rows, other than its own."""
    return isinstance(column.type, sa.Uuid) and not getattr(column, "primary_key", False)


def source_of(statement: sa.Executable) -> str:
    """The table that it is about, for the record of calls: of a join the left one, of a subquery the one inside."""
    source: Any = statement
    while not isinstance(source, sa.TableClause):
        match source:
            case sa.Select():
                source = next(iter(source.columns_clause_froms), None)
            case sa.CompoundSelect():
                source = source.selects[0]
            case sa.Join():
                source = source.left
            case sa.FromClause() if hasattr(source, "element"):
                source = source.element
            case sa.UpdateBase():
                source = source.table
            case _:
                return "statement"
    return source.name
