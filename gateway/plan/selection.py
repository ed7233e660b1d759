"""The fields of one object type, with the step of each."""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

from datasources.statements import Columns
from datasources.table import Unreadable
from gateway.plan.generated import builder
from gateway.plan.load import Load, united
from gateway.plan.records import Given, Records
from gateway.plan.run import Run, Together, together
from gateway.plan.steps import Attribute, Calculation, Filled, Step
from gateway.plan.values import Failure


class Selection:
    """The fields of one object type: rows in, one dict a row out, or a failure where a field must not be null."""

    def __init__(self, steps: Sequence[Step], keys: Sequence[str], constants: dict[str, str]) -> None:
        self.steps = steps
        self.constants = constants
        self.waits = any(step.waits for step in steps)
        self.depth = 1 + max((branch.completer.depth for step in steps for branch in step.branches), default=0)
        self.columns = united(_columns_of(step) for step in steps)
        self._quick = [step for step in steps if not step.waits]
        self._slow = [step for step in steps if step.waits]
        self._together = Together(len(self._slow))
        branches = [branch for step in (*self._quick, *self._slow) for branch in step.branches]
        self._filled = [branch.field.key for branch in branches]
        self._keys = [key for key in keys if key not in constants]
        strict = {branch.field.key for branch in branches if not branch.completer.nullable}
        self._strict = [key for key in self._keys if key in strict]
        self._order = keys

    @cached_property
    def _build(self) -> Callable[..., list[Any]]:
        """Made for those plans alone that are executed: to compile 75 keys takes 4 ms."""
        return builder(self._order, self.constants)

    def takes_columns(self, names: frozenset[str]) -> bool:
        """Whether it reads nothing but these attributes, and waits for nothing."""
        return not self._slow and self.columns is not None and self.columns <= names

    def quick(self, rows: Records) -> list[Any] | None:
        """The objects where they take no waiting and nothing is wrong with them; else None."""
        if self._slow:
            return None
        columns: dict[str, list[Any]] = {}
        for key, step in zip(self._filled, self._quick, strict=True):
            column = step.quick(rows)
            if column is None:
                return None
            columns[key] = column
        return self._build(len(rows), *[columns[key] for key in self._keys])

    async def run(self, run: Run, rows: Records) -> list[Any]:
        if not len(rows):
            return []
        objects = self.quick(rows)
        if objects is not None:
            return objects
        filled: list[Filled] = []
        for step in self._quick:
            column = step.quick(rows)
            filled.append(await _columns(step, run, rows) if column is None else [column])
        if run.apart:
            work = [partial(_columns, step, run, rows) for step in self._slow]
            filled += await self._together.done(work)
        else:
            filled += await together([_columns(step, run, rows) for step in self._slow])
        columns = dict(zip(self._filled, (column for of_step in filled for column in of_step), strict=True))
        objects = self._build(len(rows), *[columns[key] for key in self._keys])
        if run.failed:
            for key in self._strict:
                _fail(objects, key, columns[key])
        return objects

    async def run_serially(self, run: Run, row: Any) -> Any:
        """One step after the other; what may not be null and failed is the end."""
        columns: dict[str, list[Any]] = {}
        for step in self.steps:
            for branch, column in zip(step.branches, await _columns(step, run, Given([row])), strict=True):
                key = branch.field.key
                columns[key] = column
                if key in self._strict and type(column[0]) is Failure:
                    return column[0].within(key)
        return self._build(1, *(columns[key] for key in self._keys))[0]


async def _columns(step: Step, run: Run, rows: Records) -> Filled:
    """The columns of the step; failures where what a database has for them cannot be read."""
    try:
        return await step.columns(run, rows)
    except Unreadable as error:
        return [[run.failure(error, branch.field)] * len(rows) for branch in step.branches]


def _columns_of(step: Step) -> Columns:
    """What a step reads of its rows; a resolver may read anything."""
    if isinstance(step, Load):
        return step.keys
    if isinstance(step, Attribute):
        return frozenset((step.attribute,))
    return frozenset(step.computed.columns) if isinstance(step, Calculation) else None


def _fail(objects: list[Any], key: str, column: list[Any]) -> None:
    """Puts the failures of a column that may not be null in the places of its objects."""
    if Failure in set(map(type, column)):
        for place, value in enumerate(column):
            if type(value) is Failure and type(objects[place]) is not Failure:
                objects[place] = value.within(key)
