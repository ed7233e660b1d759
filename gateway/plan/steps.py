"""The steps of a plan: each reads or loads its values for a whole set of rows, and has them completed."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.plan.completion import Completer
from gateway.plan.field import Field
from gateway.plan.records import Records, Unmade
from gateway.plan.run import Run, tried
from schema.fields import Computed

Filled = list[list[Any]]


class Step(Protocol):
    """Fills the columns of its fields: for each field one value per row, in the rows' order."""

    waits: bool

    @property
    def branches(self) -> Sequence["Branch"]: ...
    def quick(self, rows: Records) -> list[Any] | None: ...
    async def columns(self, run: Run, rows: Records) -> Filled: ...


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One field of a step, and how its values are completed."""

    field: Field
    completer: Completer


class Resolution:
    """A resolver, called for each row."""

    waits = True

    def __init__(self, field: Field, completer: Completer) -> None:
        self.branches = (Branch(field, completer),)
        self._field = field
        self._completer = completer

    def quick(self, rows: Records) -> list[Any] | None:
        """The column where it takes no waiting and nothing is wrong with it; else None."""
        return None

    async def columns(self, run: Run, rows: Records) -> Filled:
        return [await self._completer.complete(run, self._resolved(run, rows))]

    def _resolved(self, run: Run, rows: Records) -> list[Any]:
        """What the resolver returns for each row, awaitables and exceptions too."""
        arguments = tried(self._field.arguments.coerced, run.values)
        if isinstance(arguments, Exception):
            return [arguments] * len(rows)
        info = run.info(self._field)
        return [tried(self._field.resolve, row, info, **arguments) for row in rows]


class Attribute(Resolution):
    """An attribute of the row, as it is."""

    def __init__(self, field: Field, attribute: str, completer: Completer) -> None:
        super().__init__(field, completer)
        self.attribute = attribute
        self.waits = completer.waits

    def quick(self, rows: Records) -> list[Any] | None:
        try:
            return self._completer.quick(rows.column(self.attribute))
        except Exception:
            return None

    def _resolved(self, run: Run, rows: Records) -> list[Any]:
        try:
            return rows.column(self.attribute)
        except Exception:
            return super()._resolved(run, rows)


class Calculation(Resolution):
    """A pure function of some attributes of the row."""

    def __init__(self, field: Field, computed: Computed, completer: Completer) -> None:
        super().__init__(field, completer)
        self.computed = computed
        self.waits = completer.waits
        self._renames = _renames(computed, completer)

    def quick(self, rows: Records) -> list[Any] | None:
        try:
            columns = self._columns(rows)
            if self._renames:
                return self._completer.quick_of(Unmade(dict(zip(self._renames, columns, strict=True))))
            return self._completer.quick(list(map(self.computed.function, *columns)))
        except Exception:
            return None

    def _resolved(self, run: Run, rows: Records) -> list[Any]:
        try:
            return list(map(self.computed.function, *self._columns(rows)))
        except Exception:
            return super()._resolved(run, rows)

    def _columns(self, rows: Records) -> list[list[Any]]:
        return [rows.column(name) for name in self.computed.columns]


def _renames(computed: Computed, completer: Completer) -> tuple[str, ...]:
    """The attributes of what is computed, where it is a named tuple of the columns as they are: none is made then."""
    names: tuple[str, ...] = getattr(computed.function, "_fields", ())
    return names if len(names) == len(computed.columns) and completer.takes_columns(frozenset(names)) else ()
