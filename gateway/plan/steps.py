"""The steps of a plan: each reads or loads its values for a whole set of rows, and has them completed."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import chain
from typing import Any, Protocol

from orjson import Fragment, dumps

from datasources.pages import Page
from datasources.statements import Columns
from gateway.plan.completion import Columned, Completer, Lists
from gateway.plan.field import Field
from gateway.plan.run import Run, together, tried
from gateway.plan.values import Failure
from loaders.batch import many_by, page_by
from schema.fields import Computed, Edge, Root

Filled = list[list[Any]]
PORTION = 500
"""Rows that are objects at a time, where there are more."""
READERS_KEPT = 1_000
"""To generate one takes ten times as long as the rest of a field's step, and there are few attributes."""


class Step(Protocol):
    """Fills the columns of its fields: for each field one value per row, in the rows' order."""

    waits: bool

    @property
    def branches(self) -> Sequence["Branch"]: ...
    def quick(self, rows: list[Any]) -> list[Any] | None: ...
    def quick_of(self, columns: Columned) -> list[Any] | None: ...
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

    def quick(self, rows: list[Any]) -> list[Any] | None:
        """The column where it takes no waiting and nothing is wrong with it; else None."""
        return None

    def quick_of(self, columns: Columned) -> list[Any] | None:
        """The same, of rows whose attributes are columns already."""
        return None

    async def columns(self, run: Run, rows: list[Any]) -> Filled:
        return [await self._completer.complete(run, self._resolved(run, rows))]

    def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
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
        self._read = reader(attribute)

    def quick(self, rows: list[Any]) -> list[Any] | None:
        try:
            return self._completer.quick(self._read(rows))
        except Exception:
            return None

    def quick_of(self, columns: Columned) -> list[Any] | None:
        return self._completer.quick(columns[self.attribute])

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
        self._renames = _renames(computed, completer)

    def quick(self, rows: list[Any]) -> list[Any] | None:
        try:
            if self._renames:
                columns = {name: read(rows) for name, read in zip(self._renames, self._reads, strict=True)}
                return self._completer.quick_of(columns)
            return self._completer.quick(self._calculated(rows))
        except Exception:
            return None

    def quick_of(self, columns: Columned) -> list[Any] | None:
        try:
            values = map(self.computed.function, *[columns[name] for name in self.computed.columns])
            return self._completer.quick(list(values))
        except Exception:
            return None

    def _resolved(self, run: Run, rows: list[Any]) -> list[Any]:
        try:
            return self._calculated(rows)
        except Exception:
            return super()._resolved(run, rows)

    def _calculated(self, rows: list[Any]) -> list[Any]:
        return list(map(self.computed.function, *[read(rows) for read in self._reads]))


def _renames(computed: Computed, completer: Completer) -> tuple[str, ...]:
    """The attributes of what is computed, where it is a named tuple of the columns as they are: none is made then."""
    names: tuple[str, ...] = getattr(computed.function, "_fields", ())
    return names if len(names) == len(computed.columns) and completer.takes_columns(frozenset(names)) else ()


class Load:
    """Fields that load by the same batch with the same arguments: the distinct keys of all rows in one call."""

    waits = True

    def __init__(self, branches: Sequence[Branch], declared: Sequence[Edge | Root]) -> None:
        self.branches = branches
        self.declared = declared
        self.batch = declared[0].batch
        self.wanted: Columns = None
        """The columns that are read of its records, set when the whole plan is known."""
        self.alone = False
        """Whether no other step of the plan loads by this batch; set with `wanted`."""
        self._of_lists = isinstance(self.batch, many_by | page_by)
        self._reads = [reader(*one.key) if isinstance(one, Edge) else None for one in declared]

    @property
    def needed(self) -> Columns:
        """The columns that its own branches read of the records; of a page those of its rows."""
        return united(
            _columns_of_rows(branch.completer) if isinstance(self.batch, page_by) else branch.completer.columns
            for branch in self.branches
        )

    @property
    def keys(self) -> frozenset[str]:
        """The columns that its keys are read from."""
        return frozenset(name for one in self.declared if isinstance(one, Edge) for name in one.key)

    def quick(self, rows: list[Any]) -> list[Any] | None:
        return None

    def quick_of(self, columns: Columned) -> list[Any] | None:
        return None

    async def columns(self, run: Run, rows: list[Any]) -> Filled:
        """The rows' columns, loaded; failures where a row has no key, or none that this actor may follow."""
        arguments: dict[str, Any] = {}
        keys: list[list[Any]] = []
        for branch, declared, read in zip(self.branches, self.declared, self._reads, strict=True):
            try:
                declared.access.check(run.context.actor)
                key, arguments = self._sought(run, branch.field, declared)
            except Exception as error:
                keys.append([run.failure(error, branch.field)] * len(rows))
            else:
                keys.append([key] * len(rows) if read is None else _keys(run, branch.field, read, rows))
        distinct = [list(dict.fromkeys(of)) for of in keys]
        every = distinct[0] if len(distinct) == 1 else dict.fromkeys(chain.from_iterable(distinct))
        wanted = [key for key in every if key is not None]
        if run.failed:
            wanted = [key for key in wanted if type(key) is not Failure]
        found = await self._found(run, wanted, arguments) if wanted else {}
        return await together(
            [self._column(run, *one, found) for one in zip(self.branches, keys, distinct, strict=True)]
        )

    @staticmethod
    def _sought(run: Run, field: Field, declared: Edge | Root) -> tuple[Any, dict[str, Any]]:
        """What a root field seeks: a key, and the arguments of its batch. Of an edge, the rows have the keys."""
        values, arguments = run.values, field.arguments
        if isinstance(declared, Root):
            sought: tuple[Any, dict[str, Any]] = arguments.unpacked(declared.seek, run.schema, field.strawberry, values)
            return sought
        if declared.unpack is None:
            arguments.coerced(values)
            return None, {}
        return None, arguments.unpacked(declared.unpack, run.schema, field.strawberry, values)

    async def _found(self, run: Run, wanted: list[Any], arguments: dict[str, Any]) -> dict[Any, Any]:
        """The values of all keys; where the batch as a whole failed, the exception for each."""
        try:
            found: dict[Any, Any] = await run.context.loaders.load_many(
                self.batch, wanted, arguments, self.wanted, alone=self.alone
            )
        except Exception as error:
            return dict.fromkeys(wanted, error)
        return found

    async def _column(
        self, run: Run, branch: Branch, keys: list[Any], distinct: list[Any], found: dict[Any, Any]
    ) -> list[Any]:
        if self._is_much(found):
            completed = await _in_portions(run, branch.completer, distinct, found)
        else:
            # What was not asked for is None or a failure, and stands for itself.
            completed = await _completed(run, branch.completer, [found.get(key, key) for key in distinct])
        if len(distinct) == len(keys):
            return completed
        by_key = dict(zip(distinct, completed, strict=True))
        return [by_key[key] for key in keys]

    def _is_much(self, found: Mapping[Any, Any]) -> bool:
        """Whether so many rows were found, for this step alone, that they are better let go portion by portion."""
        if not (self._of_lists and self.alone and self.wanted is not None and len(self.branches) == 1):
            return False
        return len(found) > 1 and sum(map(_rows_in, found.values())) > PORTION


async def _completed(run: Run, completer: Completer, values: list[Any]) -> list[Any]:
    completed = completer.quick(values)
    return await completer.complete(run, values) if completed is None else completed


async def _in_portions(run: Run, completer: Completer, keys: list[Any], found: dict[Any, Any]) -> list[Any]:
    """As JSON already, where nothing is wrong: objects take four times as much memory, and their rows twice."""
    completed: list[Any] = []
    portion: list[Any] = []
    rows = 0
    for place, key in enumerate(keys, 1):
        portion.append(found.pop(key, key))
        rows += _rows_in(portion[-1])
        if rows >= PORTION or place == len(keys):
            objects = completer.quick(portion)
            if objects is None:
                completed += await completer.complete(run, portion)
            else:
                completed += [Fragment(_json(one)) for one in objects]
            portion, rows = [], 0
    return completed


def _json(value: Any) -> bytes:
    """In no more memory than it needs: orjson leaves its buffer, which may be twice as large."""
    return b"".join((dumps(value), b""))


def _rows_in(value: Any) -> int:
    """Of a list or a page; what is neither counts as one."""
    if type(value) is list:
        return len(value)
    return len(value.nodes) if type(value) is Page else 1


def _keys(run: Run, field: Field, read: Callable[[list[Any]], list[Any]], rows: list[Any]) -> list[Any]:
    """The key of each row, or why it has none."""
    try:
        keys = read(rows)
        set(keys)  # which keeps their hashes: they are asked for again
    except Exception:
        return [_key(run, field, read, row) for row in rows]
    return keys


def _key(run: Run, field: Field, read: Callable[[list[Any]], list[Any]], row: Any) -> Any:
    try:
        (key,) = read([row])
        hash(key)
    except Exception as error:
        return run.failure(error, field)
    return key


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
        self._order = keys

    @cached_property
    def _build(self) -> Callable[..., list[Any]]:
        """Made for those plans alone that are executed: to compile 75 keys takes 4 ms."""
        return builder(self._order, self.constants)

    def takes_columns(self, names: frozenset[str]) -> bool:
        """Whether it reads nothing but these attributes, and waits for nothing."""
        return not self._slow and self.columns is not None and self.columns <= names

    def quick_of(self, columns: Columned) -> list[Any] | None:
        """The objects of rows whose attributes are columns already."""
        made: dict[str, list[Any]] = {}
        for key, step in zip(self._filled, self._quick, strict=True):
            column = step.quick_of(columns)
            if column is None:
                return None
            made[key] = column
        return self._build(next(iter(columns.values())), *[made[key] for key in self._keys])

    def quick(self, rows: list[Any]) -> list[Any] | None:
        """The objects where they take no waiting and nothing is wrong with them; else None."""
        if self._slow:
            return None
        columns: dict[str, list[Any]] = {}
        for key, step in zip(self._filled, self._quick, strict=True):
            column = step.quick(rows)
            if column is None:
                return None
            columns[key] = column
        return self._build(rows, *[columns[key] for key in self._keys])

    async def run(self, run: Run, rows: list[Any]) -> list[Any]:
        if not rows:
            return []
        objects = self.quick(rows)
        if objects is not None:
            return objects
        filled: list[Filled] = []
        for step in self._quick:
            column = step.quick(rows)
            filled.append(await step.columns(run, rows) if column is None else [column])
        filled += await together([step.columns(run, rows) for step in self._slow])
        columns = dict(zip(self._filled, (column for of_step in filled for column in of_step), strict=True))
        objects = self._build(rows, *[columns[key] for key in self._keys])
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
        return step.keys
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
