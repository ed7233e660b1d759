"""Completion: values of one type become JSON, a whole set at a time, as graphql-core does one by one."""

import inspect
from collections.abc import Callable, Mapping, Sequence
from types import NoneType
from typing import TYPE_CHECKING, Any, Protocol

from graphql import GraphQLEnumType, GraphQLLeafType, GraphQLObjectType, is_specified_scalar_type

from gateway.plan.run import Field, Run
from gateway.plan.values import Failure, Irregular

if TYPE_CHECKING:
    from gateway.plan.steps import Selection

_PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int}
"""Types whose values are their own JSON, by GraphQL's scalar; anything else takes graphql-core's rules."""

_INT = range(-(2**31), 2**31)


class Completer(Protocol):
    """`waits` says whether completing may have to wait for a source."""

    waits: bool

    async def complete(self, run: Run, values: list[Any]) -> list[Any]:
        """JSON values in the same order. Raises: Irregular where a value breaks its type."""


class Leaves:
    """Scalars and enums."""

    waits = False

    def __init__(self, type: GraphQLLeafType, nullable: bool, field: Field) -> None:
        plain = _PLAIN.get(type.name) if is_specified_scalar_type(type) else None
        self._plain = {plain, NoneType} if plain and nullable else {plain} if plain else set()
        self._bounded = plain is int
        self._coerce: Callable[[Any], Any] = type.coerce_output_value
        self._names: dict[Any, str] | None = {} if isinstance(type, GraphQLEnumType) else None
        self._nullable = nullable
        self._field = field

    async def complete(self, run: Run, values: list[Any]) -> list[Any]:
        if self._names is not None:
            return self._enums(run, self._names, values)
        kinds = set(map(type, values))
        if kinds <= self._plain and not (self._bounded and _out_of_bounds(values)):
            return values
        if len(kinds) == 1 and not kinds & {NoneType, Failure}:
            try:
                completed = list(map(self._coerce, values))
            except Exception:
                return [self._one(run, value) for value in values]
            if None not in completed:
                return completed
        return [self._one(run, value) for value in values]

    def _enums(self, run: Run, names: dict[Any, str], values: list[Any]) -> list[Any]:
        """The name of each value of the enum is worked out once."""
        try:
            return [names[value] for value in values]
        except (KeyError, TypeError):
            completed = [self._one(run, value) for value in values]
        names.update((v, n) for v, n in zip(values, completed, strict=True) if isinstance(v, str) and type(n) is str)
        return completed

    def _one(self, run: Run, value: Any) -> Any:
        if value is None or isinstance(value, Failure):
            return _nothing(value, self._nullable)
        if inspect.isawaitable(value):
            raise Irregular
        try:
            completed = _raised(value) if isinstance(value, Exception) else self._coerce(value)
        except Exception as error:
            if not self._nullable:
                raise Irregular from error
            return run.failure(error, self._field)
        if completed is None:
            raise Irregular
        return completed


class Lists:
    """The items of all lists at once."""

    def __init__(self, items: Completer, nullable: bool) -> None:
        self.items = items
        self._nullable = nullable
        self.waits = items.waits

    async def complete(self, run: Run, values: list[Any]) -> list[Any]:
        flat: list[Any] = []
        for value in values:
            if isinstance(value, list | tuple):
                flat.extend(value)
            elif value is None or isinstance(value, Failure):
                _nothing(value, self._nullable)
            else:
                raise Irregular
        items = await self.items.complete(run, flat)
        if len(values) == 1 and len(items) == len(flat) and values[0] is not None and type(values[0]) is not Failure:
            return [items]
        return self._cut(values, items)

    @staticmethod
    def _cut(values: list[Any], items: list[Any]) -> list[Any]:
        lists: list[Any] = []
        start = 0
        for value in values:
            if isinstance(value, list | tuple):
                end = start + len(value)
                lists.append(items[start:end])
                start = end
            else:
                lists.append(value)
        return lists


class Objects:
    """Objects of one type."""

    def __init__(self, type: GraphQLObjectType, rows: "Selection", nullable: bool, field: Field) -> None:
        self._type = type
        self.rows = rows
        self._nullable = nullable
        self._field = field
        self.waits = rows.waits

    async def complete(self, run: Run, values: list[Any]) -> list[Any]:
        found = [value for value in values if value is not None and type(value) is not Failure]
        if found and self._type.is_type_of is not None:
            is_type_of, info = self._type.is_type_of, run.info(self._field)
            if not all(is_type_of(value, info) is True for value in found):
                raise Irregular
        if len(found) == len(values):
            return await self.rows.run(run, values)
        if not self._nullable:
            raise Irregular
        completed = iter(await self.rows.run(run, found))
        return [value if value is None or type(value) is Failure else next(completed) for value in values]


class Abstracts:
    """Objects of an interface or union: those of each type together."""

    def __init__(self, types: Mapping[GraphQLObjectType, Objects], nullable: bool, field: Field) -> None:
        self.types = types
        self._nullable = nullable
        self._field = field
        self.waits = any(objects.waits for objects in types.values())

    async def complete(self, run: Run, values: list[Any]) -> list[Any]:
        completed: list[Any] = list(values)
        places: dict[GraphQLObjectType, list[int]] = {}
        info = run.info(self._field)
        for place, value in enumerate(values):
            if value is None or isinstance(value, Failure):
                _nothing(value, self._nullable)
            else:
                places.setdefault(self._type_of(value, info), []).append(place)
        for type, of_type in places.items():
            objects = await self.types[type].complete(run, [values[place] for place in of_type])
            for place, one in zip(of_type, objects, strict=True):
                completed[place] = one
        return completed

    def _type_of(self, value: Any, info: Any) -> GraphQLObjectType:
        for type in self.types:
            if type.is_type_of is not None and type.is_type_of(value, info) is True:
                return type
        raise Irregular


def _nothing(value: Failure | None, nullable: bool) -> Failure | None:
    if not nullable:
        raise Irregular
    return value


def _raised(error: Exception) -> Any:
    raise error


def _out_of_bounds(values: Sequence[int | None]) -> bool:
    numbers = [value for value in values if value is not None]
    return bool(numbers) and not (min(numbers) in _INT and max(numbers) in _INT)
