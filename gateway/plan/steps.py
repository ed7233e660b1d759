"""The steps of a plan: each reads or loads its values for a whole set of rows, and has them completed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from datasources.statements import Columns
from gateway.plan.completion import Completer, Lists
from gateway.plan.field import Field
from gateway.plan.run import Run, together, tried
from gateway.plan.values import Failure
from loaders.batch import page_by
from schema.fields import Computed, Edge

Filled = list[list[Any]]
READERS_KEPT = 1_000
"""To generate one takes ten times as long as the rest of a field's step, and there are few attributes."""


class Step(Protocol):
    """Fills the columns of its fields: for each field one value per row, in the rows' order."""

    waits: bool

    @property
    def branches(self) -> Sequence["Branch"]: ...
    async def columns(self, run: Run, rows: list[Any]) -> Filled: ...


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

    async def columns(self, run: Run, rows: list[Any]) -> Filled:
        return [await self._completer.complete(run, self._resolved(run, rows))]

    def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
        """What the resolver returns for each row, awaitables and exceptions too."""
        arguments = tried(run.arguments, self._field)
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
        self._read = reader(attribute)

    def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
        try:
            return self._read(rows)
        except Exception:
            return super()._resolved(run, rows)


class Calculation(Resolution):
    """A pure function of some attributes of the row."""

    def __init__(self, field: Field, computed: Computed, completer: Completer) -> None:
        super().__init__(field, completer)
        self.computed = computed
        self.waits = completer.waits
        self._reads = [reader(column) for column in computed.columns]

    def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
        try:
            return list(map(self.computed.function, *(read(rows) for read in self._reads)))
        except Exception:
            return super()._resolved(run, rows)


class Load:
    """Edges with the same batch and arguments: the distinct keys of all rows in one call."""

    waits = True

    def __init__(self, branches: Sequence[Branch], edges: Sequence[Edge]) -> None:
        self.branches = branches
        self.edges = edges
        self.batch = edges[0].batch
        self.wanted: Columns = None
        """The columns that are read of its records, set when the whole plan is known."""
        self._reads = [reader(*edge.key) for edge in edges]

    @property
    def needed(self) -> Columns:
        """The columns that its own branches read of the records; of a page those of its rows."""
        return united(
            _columns_of_rows(branch.completer) if isinstance(self.batch, page_by) else branch.completer.columns
            for branch in self.branches
        )

    async def columns(self, run: Run, rows: list[Any]) -> Filled:
        keys = [self._keys(run, place, rows) for place in range(len(self.branches))]
        found = await self._found(run, keys)
        return await together(
            [self._column(run, branch, of, found) for branch, of in zip(self.branches, keys, strict=True)]
        )

    def _keys(self, run: Run, place: int, rows: list[Any]) -> list[Any]:
        """The key of each row; a failure where there is none, or none that this actor may follow."""
        field, edge = self.branches[place].field, self.edges[place]
        try:
            run.arguments(field)
            edge.access.check(run.context.actor)
        except Exception as error:
            return [run.failure(error, field)] * len(rows)
        try:
            keys = self._reads[place](rows)
            set(keys)
        except Exception:
            return [self._key(run, place, row) for row in rows]
        return keys

    def _key(self, run: Run, place: int, row: Any) -> Any:
        try:
            (key,) = self._reads[place]([row])
            hash(key)
        except Exception as error:
            return run.failure(error, self.branches[place].field)
        return key

    async def _found(self, run: Run, keys: list[list[Any]]) -> dict[Any, Any]:
        """The values of all keys; where the batch as a whole failed, the exception for each."""
        distinct = dict.fromkeys(key for of in keys for key in of)
        wanted = [key for key in distinct if key is not None and type(key) is not Failure]
        if not wanted:
            return {}
        try:
            field = self.branches[0].field
            arguments = field.unpacked(self.edges[0], run.executor.schema, run.arguments(field))
            values = await run.context.loaders.load_many(self.batch, wanted, arguments, self.wanted)
        except Exception as error:
            return dict.fromkeys(wanted, error)
        return dict(zip(wanted, values, strict=True))

    @staticmethod
    async def _column(run: Run, branch: Branch, keys: list[Any], found: dict[Any, Any]) -> list[Any]:
        # What was not asked for is None or a failure, and stands for itself.
        distinct = list(dict.fromkeys(keys))
        completed = await branch.completer.complete(run, [found.get(key, key) for key in distinct])
        if len(distinct) == len(keys):
            return completed
        by_key = dict(zip(distinct, completed, strict=True))
        return [by_key[key] for key in keys]


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
        branches = [branch for step in (*self._quick, *self._slow) for branch in step.branches]
        self._filled = [branch.field.key for branch in branches]
        self._keys = [key for key in keys if key not in constants]
        strict = {branch.field.key for branch in branches if not branch.completer.nullable}
        self._strict = [key for key in self._keys if key in strict]
        self._build = builder(keys, constants)

    async def run(self, run: Run, rows: list[Any]) -> list[Any]:
        if not rows:
            return []
        filled = [await step.columns(run, rows) for step in self._quick]
        filled += await together([step.columns(run, rows) for step in self._slow])
        columns = dict(zip(self._filled, (column for of_step in filled for column in of_step), strict=True))
        objects = self._build(rows, *(columns[key] for key in self._keys))
        if run.failed:
            for key in self._strict:
                _fail(objects, key, columns[key])
        return objects

    async def run_serially(self, run: Run, row: Any) -> Any:
        """One step after the other; what may not be null and failed is the end."""
        columns: dict[str, list[Any]] = {}
        for step in self.steps:
            for branch, column in zip(step.branches, await step.columns(run, [row]), strict=True):
                key = branch.field.key
                columns[key] = column
                if key in self._strict and type(column[0]) is Failure:
                    return column[0].within(key)
        return self._build([row], *(columns[key] for key in self._keys))[0]


def united(columns: Iterable[Columns]) -> Columns:
    """All of these columns."""
    found: frozenset[str] = frozenset()
    for some in columns:
        if some is None:
            return None
        found |= some
    return found


def _columns_of(step: Step) -> Columns:
    """What a step reads of its rows; a resolver may read anything."""
    if isinstance(step, Load):
        return frozenset(name for edge in step.edges for name in edge.key)
    if isinstance(step, Attribute):
        return frozenset((step.attribute,))
    return frozenset(step.computed.columns) if isinstance(step, Calculation) else None


def _columns_of_rows(page: Completer) -> Columns:
    """What is read of the rows of a page: of its `nodes`, and of the `node` of each of its `edges`."""
    selection = getattr(page, "rows", None)
    steps = [step for step in selection.steps if isinstance(step, Attribute)] if selection else []
    below = {step.attribute: step.branches[0].completer for step in steps}
    rows = [below[name].columns for name in ("nodes", "node") if name in below]
    rows += [_columns_of_rows(_items_of(below["edges"]))] if "edges" in below else []
    return united(rows)


def _items_of(completer: Completer) -> Completer:
    return completer.items if isinstance(completer, Lists) else completer


def _fail(objects: list[Any], key: str, column: list[Any]) -> None:
    """Puts the failures of a column that may not be null in the places of its objects."""
    if Failure in set(map(type, column)):
        for place, value in enumerate(column):
            if type(value) is Failure and type(objects[place]) is not Failure:
                objects[place] = value.within(key)


@lru_cache(READERS_KEPT)
def reader(*attributes: str) -> Callable[[list[Any]], list[Any]]:
    """Reads an attribute of many rows without a call for each; several attributes make a tuple."""
    for attribute in attributes:
        if not attribute.isidentifier():
            raise ValueError(f"'{attribute}' is no attribute")
    reads = ", ".join(f"row.{attribute}" for attribute in attributes)
    return _generated(f"lambda rows: [{reads if len(attributes) == 1 else f'({reads})'} for row in rows]")


def builder(keys: Sequence[str], constants: dict[str, str]) -> Callable[..., list[Any]]:
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
