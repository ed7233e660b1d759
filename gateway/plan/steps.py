"""The steps of a plan: each reads or loads its values for a whole set of rows, and has them completed."""

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.plan.completion import Completer
from gateway.plan.run import Field, Run
from gateway.plan.values import Failure, Irregular
from schema.fields import Computed, Edge

Columns = list[list[Any]]


class Step(Protocol):
    """Fills the columns of its fields: for each field one value per row, in the rows' order."""

    waits: bool

    @property
    def fields(self) -> Sequence[Field]: ...
    async def columns(self, run: Run, rows: list[Any]) -> Columns: ...


class Attribute:
    """An attribute of the row, as it is."""

    def __init__(self, field: Field, attribute: str, completer: Completer) -> None:
        self.fields = (field,)
        self.attribute = attribute
        self.waits = completer.waits
        self._read = reader(attribute)
        self.completer = completer

    async def columns(self, run: Run, rows: list[Any]) -> Columns:
        try:
            values = self._read(rows)
        except Exception as error:
            raise Irregular from error
        return [await self.completer.complete(run, values)]


class Calculation:
    """A pure function of some attributes of the row."""

    def __init__(self, field: Field, computed: Computed, completer: Completer) -> None:
        self.fields = (field,)
        self.computed = computed
        self.waits = completer.waits
        self._reads = [reader(column) for column in computed.columns]
        self.completer = completer

    async def columns(self, run: Run, rows: list[Any]) -> Columns:
        try:
            values = list(map(self.computed.function, *(read(rows) for read in self._reads)))
        except Exception as error:
            raise Irregular from error
        return [await self.completer.complete(run, values)]


@dataclass(frozen=True, slots=True, eq=False)
class Branch:
    """One edge of a load: whose keys it brings, and how its values are completed."""

    field: Field
    edge: Edge
    nullable: bool
    completer: Completer


class Load:
    """Edges with the same batch and arguments: the distinct keys of all rows in one call."""

    waits = True

    def __init__(self, branches: Sequence[Branch], unpack: Callable[[Run, Field], dict[str, Any]]) -> None:
        self.branches = branches
        self.fields = [branch.field for branch in branches]
        self.batch = branches[0].edge.batch
        self._reads = [keys_reader(branch.edge.key) for branch in branches]
        self._unpack = unpack

    async def columns(self, run: Run, rows: list[Any]) -> Columns:
        try:
            keys = [read(rows) for read in self._reads]
        except Exception as error:
            raise Irregular from error
        refused = [self._refused(run, branch) if rows else None for branch in self.branches]
        asking = [of for of, error in zip(keys, refused, strict=True) if error is None]
        wanted = list(dict.fromkeys(key for of in asking for key in of if key is not None))
        found = dict(zip(wanted, await self._load(run, wanted), strict=True))
        return await together(
            [
                self._column(run, branch, found, of) if error is None else self._failed(run, branch, error, rows)
                for branch, of, error in zip(self.branches, keys, refused, strict=True)
            ]
        )

    async def _load(self, run: Run, wanted: list[Any]) -> list[Any]:
        if not wanted:
            return []
        try:
            arguments = self._unpack(run, self.fields[0])
            values: list[Any] = await run.context.loaders.load_many(self.batch, wanted, arguments)
        except Exception as error:
            return [error] * len(wanted)
        return values

    async def _column(self, run: Run, branch: Branch, found: dict[Any, Any], keys: list[Any]) -> list[Any]:
        distinct = [key for key in dict.fromkeys(keys) if key is not None]
        values = [_value(run, branch, found[key]) for key in distinct]
        completed = dict(zip(distinct, await branch.completer.complete(run, values), strict=True))
        column = [completed.get(key) for key in keys]
        if not branch.nullable and None in keys:
            raise Irregular
        return column

    @staticmethod
    def _refused(run: Run, branch: Branch) -> Exception | None:
        try:
            branch.edge.access.check(run.context.actor)
        except Exception as error:
            return error
        return None

    @staticmethod
    async def _failed(run: Run, branch: Branch, error: Exception, rows: list[Any]) -> list[Any]:
        if not branch.nullable:
            raise Irregular from error
        return [run.failure(error, branch.field) for _ in rows]


class Resolution:
    """A resolver, called for each row."""

    waits = True

    def __init__(self, field: Field, nullable: bool, completer: Completer) -> None:
        self.fields = (field,)
        self._field = field
        self._nullable = nullable
        self.completer = completer

    async def columns(self, run: Run, rows: list[Any]) -> Columns:
        values = await self._resolved(run, rows)
        return [await self.completer.complete(run, values)]

    async def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
        field = self._field
        try:
            arguments = run.arguments(field)
        except Exception as error:
            return [self._failed(run, error) for _ in rows]
        info = run.info(field)
        results = [self._call(row, info, arguments) for row in rows]
        waiting = [place for place, result in enumerate(results) if inspect.isawaitable(result)]
        if waiting:
            answers = await settled([results[place] for place in waiting])
            for place, answer in zip(waiting, answers, strict=True):
                results[place] = answer
        for row, result in zip(rows, results, strict=True):
            run.resolved[field.parent.name, field.key, id(row)] = (row, result)
        return [self._failed(run, result) if isinstance(result, Exception) else result for result in results]

    def _call(self, row: Any, info: Any, arguments: dict[str, Any]) -> Any:
        try:
            return self._field.definition.resolve(row, info, **arguments)  # type: ignore[misc]
        except Exception as error:
            return error

    def _failed(self, run: Run, error: Exception) -> Failure:
        if not self._nullable:
            raise Irregular from error
        return run.failure(error, self._field)


class Selection:
    """The fields of one object type: rows in, one dict a row out."""

    def __init__(self, steps: Sequence[Step], keys: Sequence[str], constants: dict[str, str]) -> None:
        self.steps = steps
        self.waits = any(step.waits for step in steps)
        self._build = builder(keys, constants)
        self._order = [
            next(i for i, key in enumerate(self._filled(steps)) if key == k) for k in keys if k not in constants
        ]

    @staticmethod
    def _filled(steps: Sequence[Step]) -> list[str]:
        return [field.key for step in steps for field in step.fields]

    async def run(self, run: Run, rows: list[Any], *, serially: bool = False) -> list[dict[str, Any]]:
        """Raises: Irregular, after every step has ended."""
        waiting = [step for step in self.steps if step.waits]
        if serially or len(waiting) < 2:
            filled = [await step.columns(run, rows) for step in self.steps]
        else:
            filled = await together([step.columns(run, rows) for step in self.steps])
        columns = [column for of_step in filled for column in of_step]
        return self._build(rows, *(columns[place] for place in self._order))


async def together(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """All results; where one raises, the others are waited for first, so that nothing is left half done."""
    if len(work) == 1:
        return [await work[0]]
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException):
            raise result
    return results


async def settled(work: Sequence[Awaitable[Any]]) -> list[Any]:
    """All results, exceptions among them."""
    if len(work) == 1:
        try:
            return [await work[0]]
        except Exception as error:
            return [error]
    results = await asyncio.gather(*work, return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    return results


def reader(attribute: str) -> Callable[[list[Any]], list[Any]]:
    """Reads one attribute of many rows without a call for each."""
    return _generated(f"lambda rows: [row.{_name(attribute)} for row in rows]")


def keys_reader(attributes: Sequence[str]) -> Callable[[list[Any]], list[Any]]:
    """Reads the keys of many rows; several attributes make a tuple."""
    key = ", ".join(f"row.{_name(attribute)}" for attribute in attributes)
    return _generated(f"lambda rows: [{key if len(attributes) == 1 else f'({key})'} for row in rows]")


def builder(keys: Sequence[str], constants: dict[str, str]) -> Callable[..., list[dict[str, Any]]]:
    """Makes the dicts of a selection in one comprehension."""
    names = {key: f"v{place}" for place, key in enumerate(keys) if key not in constants}
    pairs = ", ".join(f"{key!r}: {names.get(key) or repr(constants[key])}" for key in keys)
    if not names:
        return _generated(f"lambda rows: [{{{pairs}}} for _ in rows]")
    columns = ", ".join(f"c{name}" for name in names.values())
    values = ", ".join(names.values())
    over = f"zip({columns})" if len(names) > 1 else columns
    return _generated(f"lambda rows, {columns}: [{{{pairs}}} for {values} in {over}]")


def _generated(source: str) -> Callable[..., Any]:
    function: Callable[..., Any] = eval(source, {"zip": zip})
    return function


def _name(attribute: str) -> str:
    if not attribute.isidentifier():
        raise ValueError(f"'{attribute}' is no attribute")
    return attribute


def _value(run: Run, branch: Branch, value: Any) -> Any:
    if not isinstance(value, Exception):
        return value
    if not branch.nullable:
        raise Irregular from value
    return run.failure(value, branch.field)
