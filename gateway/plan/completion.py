"""Completion: values of one type become JSON, a whole set at a time, as graphql-core does one by one."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterable, Sequence
from itertools import chain
from types import NoneType
from typing import TYPE_CHECKING, Any, TypeGuard

from graphql import (
    GraphQLAbstractType,
    GraphQLError,
    GraphQLIsTypeOfFn,
    GraphQLObjectType,
)
from graphql.pyutils import inspect, is_iterable

from datasources.statements import Columns
from datasources.table import Part, Table, one_after_another
from gateway.plan.field import Field
from gateway.plan.records import Given, Records
from gateway.plan.run import Run, is_odd, together, tried
from gateway.plan.values import Failure
from schema.node import Named, Node

if TYPE_CHECKING:
    from gateway.plan.selection import Selection

_PART = {Part}
_FLAT = {list, tuple, Part, Table}

_TAKES_ALL_BUT_NAMED: Any = Node.is_type_of.__func__  # type: ignore[attr-defined]  # a bound class method


class Completer(ABC):
    """`waits` says whether completing may have to wait for a source, `depth` how many selections are below.

    `columns` are the attributes that are read of the objects among the values; None may be any.
    """

    def __init__(
        self,
        field: Field,
        nullable: bool,
        *,
        waits: bool = False,
        depth: int = 0,
        columns: Columns = None,
    ) -> None:
        self.field = field
        self.nullable = nullable
        self.waits = waits
        self.depth = depth
        self.columns = columns

    def quick(self, values: Sequence[Any]) -> list[Any] | None:
        """JSON values in the same order, where nothing has to be waited for and nothing is wrong; else None."""
        return None

    def takes_columns(self, names: frozenset[str]) -> bool:
        """Whether objects can be completed of the columns of their attributes alone, where they have only these."""
        return False

    def quick_of(self, records: Records) -> list[Any] | None:
        """As `quick`, of objects that are of the type for sure."""
        return None

    @abstractmethod
    async def complete(self, run: Run, values: Sequence[Any]) -> list[Any]:
        """JSON values in the same order, with a `Failure` for each value that is wrong; one is null if it may be."""

    def _kinds(self, values: Sequence[Any]) -> set[type] | None:
        """The kinds of the values; None where any has to be made ready."""
        kinds = set(map(type, values))
        return None if any(is_odd(kind, self.nullable) for kind in kinds) or Failure in kinds else kinds

    async def _ready(self, run: Run, values: Sequence[Any]) -> tuple[Sequence[Any], set[type]]:
        """The values with nothing to be awaited and no exception among them, and their kinds."""
        kinds = set(map(type, values))
        if any(is_odd(kind, self.nullable) for kind in kinds):
            values = await run.ready(self.field, values, nullable=self.nullable)
            kinds = set(map(type, values))
        return values, kinds


class Lists(Completer):
    """The items of all lists at once."""

    def __init__(self, items: Completer, field: Field, nullable: bool) -> None:
        super().__init__(field, nullable, waits=items.waits, depth=items.depth, columns=items.columns)
        self.items = items

    def quick(self, values: Sequence[Any]) -> list[Any] | None:
        if (flat := _flat(values)) is None:
            return None
        items, places = flat
        completed = self.items.quick(items)
        return None if completed is None else [completed[place] for place in places]

    async def complete(self, run: Run, values: Sequence[Any]) -> list[Any]:
        flat = _flat(values)
        if flat is None:
            values = await self._lists(run, values)
            flat = _flat(values)
        return self._whole(run, await self._mixed(run, values)) if flat is None else await self.split(run, *flat)

    async def split(self, run: Run, items: Sequence[Any], places: Sequence[slice]) -> list[Any]:
        """The lists of the items at these places."""
        completed = await completed_by(run, self.items, items)
        return self._whole(run, [completed[place] for place in places])

    def _whole(self, run: Run, lists: list[Any]) -> list[Any]:
        """The lists, with a failure in the place of each that has one, where its items must not be null."""
        if run.failed and not self.items.nullable:
            return [_failed(one) if isinstance(one, list) else one for one in lists]
        return lists

    async def _mixed(self, run: Run, lists: Sequence[Any]) -> list[Any]:
        """Where some are null, or failures."""
        flat = [item for one in lists if type(one) in _FLAT for item in one]
        items = await self.items.complete(run, flat)
        completed: list[Any] = []
        start = 0
        for one in lists:
            if type(one) in _FLAT:
                completed.append(items[start : start + len(one)])
                start += len(one)
            else:
                completed.append(one)
        return completed

    async def _lists(self, run: Run, values: Sequence[Any]) -> Sequence[Any]:
        values, kinds = await self._ready(run, values)
        if kinds <= _FLAT:
            return values
        return await run.ready(self.field, [await self._list(value) for value in values])

    async def _list(self, value: Any) -> Any:
        if value is None or type(value) in _FLAT or type(value) is Failure:
            return value
        try:
            if isinstance(value, AsyncIterable):
                return [item async for item in value]
            if is_iterable(value):
                return list(value)
        except Exception as error:
            return error
        return GraphQLError(f"Expected Iterable, but did not find one for field '{self.field}'.")


def _flat(lists: Sequence[Any]) -> tuple[Sequence[Any], Sequence[slice]] | None:
    """The items of all lists, and where each list is among them; None where there is more than lists.

    They are a table where the lists are parts of one.
    """
    kinds = set(map(type, lists))
    if kinds == _PART and len({id(part.table) for part in lists}) == 1:
        table: Table = lists[0].table
        return table.only([part.place for part in lists])
    return (list(chain.from_iterable(lists)), one_after_another(map(len, lists))) if kinds <= _FLAT else None


async def completed_by(run: Run, completer: Completer, values: Sequence[Any]) -> list[Any]:
    """The quick way where there is one."""
    completed = completer.quick(values)
    return await completer.complete(run, values) if completed is None else completed


def _failed(items: list[Any]) -> Any:
    """The list, or the failure of its first item that must not be null."""
    return next((item.within(place) for place, item in enumerate(items) if type(item) is Failure), items)


class Objects(Completer):
    """Objects of one type."""

    def __init__(self, type: GraphQLObjectType, rows: "Selection", field: Field, nullable: bool) -> None:
        super().__init__(field, nullable, waits=rows.waits, depth=rows.depth, columns=rows.columns)
        self.type = type
        self.rows = rows
        self._named_only = getattr(type.is_type_of, "__func__", None) is _TAKES_ALL_BUT_NAMED

    def quick(self, values: Sequence[Any]) -> list[Any] | None:
        if self._is_table(values):
            return self.rows.quick(values)
        kinds = self._kinds(values)
        if kinds is None or not self._takes(kinds):
            return None
        if NoneType not in kinds:
            return self.rows.quick(Given(values))
        objects = self.rows.quick(Given(value for value in values if value is not None))
        if objects is None:
            return None
        completed = iter(objects)
        return [None if value is None else next(completed) for value in values]

    def takes_columns(self, names: frozenset[str]) -> bool:
        return self.type.is_type_of is None and self.rows.takes_columns(names)

    def quick_of(self, records: Records) -> list[Any] | None:
        return self.rows.quick(records)

    def _is_table(self, values: Sequence[Any]) -> TypeGuard[Table]:
        """Whether they are rows of a database, of the type for sure, and none of them null."""
        return type(values) is Table and (self.type.is_type_of is None or self._named_only)

    def _takes(self, kinds: set[type]) -> bool:
        """Whether values of these kinds are of the type for sure."""
        return self.type.is_type_of is None or (self._named_only and Named not in kinds)

    async def complete(self, run: Run, values: Sequence[Any]) -> list[Any]:
        if self._is_table(values):
            return await self.rows.run(run, values)
        values, kinds = await self._ready(run, values)
        if self.type.is_type_of is not None and not self._takes(kinds):
            values = await self._checked(run, self.type.is_type_of, values)
        if NoneType not in kinds and Failure not in set(map(type, values)):
            return await self.rows.run(run, Given(values))
        rows = Given(value for value in values if not (value is None or type(value) is Failure))
        objects = await self.rows.run(run, rows)
        completed = iter(objects)
        return [value if value is None or type(value) is Failure else next(completed) for value in values]

    async def _checked(self, run: Run, is_type_of: GraphQLIsTypeOfFn, values: Sequence[Any]) -> Sequence[Any]:
        """The values of this type; a failure in the place of any other."""
        info = run.info(self.field)
        verdicts = [is_nothing(value) or tried(is_type_of, value, info) for value in values]
        if verdicts.count(True) == len(verdicts):
            return values
        verdicts = await run.ready(self.field, verdicts)
        checked = [self._one(value, verdict) for value, verdict in zip(values, verdicts, strict=True)]
        return await run.ready(self.field, checked)

    def _one(self, value: Any, verdict: Any) -> Any:
        if type(verdict) is Failure:
            return verdict
        return value if verdict else TypeError(f"Expected value of type '{self.type}' but got: {inspect(value)}.")


class Abstracts(Completer):
    """Objects of an interface or union: those of each type together."""

    def __init__(self, type: GraphQLAbstractType, types: Sequence[Objects], field: Field, nullable: bool) -> None:
        depth = max((objects.depth for objects in types), default=0)
        super().__init__(field, nullable, waits=any(objects.waits for objects in types), depth=depth)
        self.types = {objects.type.name: objects for objects in types}
        self._type = type

    async def complete(self, run: Run, values: Sequence[Any]) -> list[Any]:
        values, _ = await self._ready(run, values)
        completed = list(values)
        places: dict[str, list[int]] = {}
        for place, name in enumerate(await self._names(run, values)):
            if type(name) is Failure:
                completed[place] = name
            elif name is not None:
                places.setdefault(name, []).append(place)
        work = [
            self.types[name].complete(run, [values[place] for place in of_type]) for name, of_type in places.items()
        ]
        for of_type, objects in zip(places.values(), await together(work), strict=True):
            for place, one in zip(of_type, objects, strict=True):
                completed[place] = one
        return completed

    async def _names(self, run: Run, values: Sequence[Any]) -> list[Any]:
        """The name of each value's type; None for what has none."""
        info = run.info(self.field)
        resolve = self._type.resolve_type or run.executor.type_resolver
        names = [None if is_nothing(value) else tried(resolve, value, info, self._type) for value in values]
        names = await run.ready(self.field, names)
        return await run.ready(
            self.field,
            [
                name if is_nothing(value) or type(name) is Failure else self._known(run, name, info, value)
                for name, value in zip(names, values, strict=True)
            ],
        )

    def _known(self, run: Run, name: Any, info: Any, value: Any) -> Any:
        if isinstance(name, str) and name in self.types:
            return name
        return tried(run.executor.ensure_valid_runtime_type, name, self._type, [], info, value)


def is_nothing(value: Any) -> bool:
    return value is None or type(value) is Failure
