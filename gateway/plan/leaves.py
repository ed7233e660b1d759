"""Scalars and enums become JSON, a column at a time."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from math import isfinite
from types import NoneType
from typing import Any, TypeVar

from graphql import Executor, GraphQLEnumType, GraphQLLeafType, is_specified_scalar_type
from strawberry.schema.types.base_scalars import DateTimeDefinition

from gateway.plan.completion import Completer, is_nothing
from gateway.plan.field import Field
from gateway.plan.run import Run, is_odd, tried
from gateway.plan.values import Failure

_PLAIN: dict[str, type] = {"String": str, "ID": str, "Boolean": bool, "Int": int, "Float": float}
"""Types whose values are their own JSON, by GraphQL's scalar; anything else takes graphql-core's rules."""
_WRITTEN: dict[Any, type] = {str: str, DateTimeDefinition.serialize: datetime}
"""The same for scalars of ours, by what makes their JSON; orjson writes times in UTC like that, ten times as fast."""

T = TypeVar("T")

_INT = range(-(2**31), 2**31)


class Leaves(Completer):
    """Scalars and enums."""

    def __init__(self, type: GraphQLLeafType, field: Field, nullable: bool) -> None:
        super().__init__(field, nullable, columns=frozenset())
        self._type = type
        self._coerce = type.coerce_output_value
        plain = _PLAIN.get(type.name) if is_specified_scalar_type(type) else _WRITTEN.get(self._coerce)
        self._plain = {plain, NoneType} if plain and nullable else {plain}
        self._fits = _FIT.get(plain) if plain else None
        self._names: dict[Any, str | None] | None = None
        if isinstance(type, GraphQLEnumType):
            self._names = {None: None} if nullable else {}

    def quick(self, values: Sequence[Any]) -> list[Any] | None:
        try:
            if self._names is not None:
                return [self._names[value] for value in values]
            kinds = set(map(type, values))
            if kinds <= self._plain:
                plain: Any = values
                return plain if self._fits is None or self._fits(values) else None
            if any(is_odd(kind, self.nullable) for kind in kinds) or Failure in kinds:
                return None
            return self._coerced(values, kinds)
        except Exception:
            return None

    def _coerced(self, values: Sequence[Any], kinds: set[type]) -> list[Any] | None:
        coerce = self._coerce
        if NoneType in kinds:
            completed = [None if value is None else coerce(value) for value in values]
            return completed if completed.count(None) == values.count(None) else None
        completed = [coerce(value) for value in values]
        return None if NoneType in set(map(type, completed)) else completed

    async def complete(self, run: Run, values: Sequence[Any]) -> list[Any]:
        completed = self.quick(values)
        if completed is not None:
            return completed
        values, _ = await self._ready(run, values)
        completed = await self._one_by_one(run, values)
        if self._names is not None:  # the name of each value of an enum is worked out once
            named = [(value, name) for value, name in zip(values, completed, strict=True) if isinstance(name, str)]
            with suppress(TypeError):  # of a value that no dict can hold
                self._names.update(named)
        return completed

    async def _one_by_one(self, run: Run, values: Sequence[Any]) -> list[Any]:
        completed = [
            value if is_nothing(value) else tried(Executor.complete_leaf_value, self._type, value) for value in values
        ]
        return await run.ready(self.field, completed)


def _in_bounds(values: Sequence[int | None]) -> bool:
    numbers = _present(values)
    return not numbers or (min(numbers) in _INT and max(numbers) in _INT)


def _finite(values: Sequence[float | None]) -> bool:
    return all(map(isfinite, _present(values)))


def _in_utc(values: Sequence[datetime | None]) -> bool:
    return {value.tzinfo for value in _present(values)} <= {UTC}


def _present(values: Sequence[T | None]) -> Sequence[T]:
    return [value for value in values if value is not None]


_FIT: dict[type, Callable[[Sequence[Any]], bool]] = {int: _in_bounds, float: _finite, datetime: _in_utc}
"""What values of a plain type have to be besides."""
