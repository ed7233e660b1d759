"""The step that loads: the distinct keys of all rows in one call, of the columns that are read below."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate, chain, groupby
from typing import Any

from orjson import Fragment, dumps

from datasources.pages import Page
from datasources.statements import Columns
from datasources.table import NOWHERE, Grouped, Part, Single
from gateway.plan.completion import Completer, Lists, completed_by
from gateway.plan.field import Field
from gateway.plan.records import Given, Records
from gateway.plan.run import Run, together
from gateway.plan.steps import Attribute, Branch, Filled
from gateway.plan.values import Failure
from loaders.batch import Loaders, many_by, page_by
from schema.fields import Edge, Root

MANY = 2_000
PORTION = 500
"""Rows that are objects at a time, where there are many."""


class Load:
    """Fields that load by the same batch with the same arguments: the distinct keys of all rows in one call."""

    waits = True

    def __init__(self, branches: Sequence[Branch], declared: Sequence[Edge | Root]) -> None:
        self.branches = branches
        self.declared = declared
        self.batch = declared[0].batch
        self.wanted: Columns = None
        """The columns that are read of its records, set when the whole plan is known."""
        self.ahead = True
        """Whether the plan asks if rows follow its pages; set with `wanted`."""
        self.alone = False
        """Whether no other step of the plan loads by this batch; set with `wanted`."""
        self.once = False
        """Whether besides it runs but once, and no resolver at the same time: nobody asks again for what it loads."""
        self._in_portions = isinstance(self.batch, many_by | page_by) and not any(
            branch.completer.waits for branch in branches
        )
        """Whether lists of many rows are written portion by portion."""

    @property
    def needed(self) -> Columns:
        """The columns that its own branches read of the records; of a page those of its rows."""
        return united(
            _columns_of_rows(branch.completer) if isinstance(self.batch, page_by) else branch.completer.columns
            for branch in self.branches
        )

    @property
    def looks_ahead(self) -> bool:
        """Whether its own branches ask so."""
        columns = [branch.completer.columns for branch in self.branches]
        return not isinstance(self.batch, page_by) or any(of is None or "page_info" in of for of in columns)

    @property
    def keys(self) -> frozenset[str]:
        """The columns that its keys are read from."""
        return frozenset(name for one in self.declared if isinstance(one, Edge) for name in one.key)

    def quick(self, rows: Records) -> list[Any] | None:
        return None

    async def columns(self, run: Run, rows: Records) -> Filled:
        """The rows' columns, loaded; failures where a row has no key, or none that this actor may follow."""
        arguments: dict[str, Any] = {}
        keys: list[list[Any]] = []
        distinct: list[dict[Any, None]] = []
        for branch, declared in zip(self.branches, self.declared, strict=True):
            try:
                declared.access.check(run.context.actor)
                key, arguments = self._sought(run, branch.field, declared)
            except Exception as error:
                key = run.failure(error, branch.field)
            if isinstance(declared, Edge) and key is None:
                of, once = _keys(run, branch.field, declared.key, rows)
            else:
                of, once = [key] * len(rows), {key: None}
            keys.append(of)
            distinct.append(once)
        every = distinct[0] if len(distinct) == 1 else dict.fromkeys(chain.from_iterable(distinct))
        wanted = [key for key in every if key is not None]
        if run.failed:
            wanted = [key for key in wanted if type(key) is not Failure]
        if not self.ahead:
            arguments = {**arguments, "ahead": False}
        found = await self._found(run, wanted, arguments) if wanted else {}
        work = [self._column(run, *one, found) for one in zip(self.branches, keys, distinct, strict=True)]
        del found  # for who completes it to let go
        return await together(work)

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

    async def _found(self, run: Run, wanted: list[Any], arguments: dict[str, Any]) -> Mapping[Any, Any]:
        """The values of all keys; where the batch as a whole failed, the exception for each."""
        loaders: Loaders = run.context.loaders
        try:
            return await loaders.load_many(self.batch, wanted, arguments, self.wanted, alone=self.once)
        except Exception as error:
            return dict.fromkeys(wanted, error)

    async def _column(
        self, run: Run, branch: Branch, keys: list[Any], distinct: dict[Any, None], found: Mapping[Any, Any]
    ) -> list[Any]:
        completer = branch.completer
        if isinstance(found, Single) and self._are_all(run, completer, found.keyed, distinct):
            by_key = dict(zip(found.keyed, await completed_by(run, completer, found.table), strict=True))
            return [by_key.get(key) for key in keys]
        if isinstance(found, Grouped) and isinstance(completer, Lists) and self._have_lists(run, found, distinct):
            completed = await completer.split(run, found.table, [found.places.get(key, NOWHERE) for key in distinct])
        else:
            # What was not asked for is None or a failure, and stands for itself, whatever a store has without a key.
            values = [key if key is None or type(key) is Failure else found.get(key) for key in distinct]
            if self._in_portions and _are_many(values):
                portions = _portions(values)
                del found, values  # what nobody else has makes room with each portion
                completed = await _written(run, completer, portions)
            else:
                completed = await completed_by(run, completer, values)
        if len(distinct) == len(keys):
            return completed
        by_key = dict(zip(distinct, completed, strict=True))
        return [by_key[key] for key in keys]

    @staticmethod
    def _are_all(run: Run, completer: Completer, found: Iterable[Any], wanted: Mapping[Any, None]) -> bool:
        """Whether these keys are all that are wanted, or the others may be null: then no row need be made."""
        keys = set(found)
        if None in keys:
            return False
        return keys == wanted.keys() or (keys < wanted.keys() and completer.nullable and not run.failed)

    def _have_lists(self, run: Run, found: Grouped, wanted: Mapping[Any, None]) -> bool:
        """Whether all of its rows are wanted, every key has a list, and they are not written in portions."""
        if run.failed or None in wanted or not wanted.keys() >= found.places.keys():
            return False
        return len(found.table) <= MANY or not self._in_portions


async def _written(run: Run, completer: Completer, portions: deque[list[Any]]) -> list[Any]:
    """As JSON already, where nothing is wrong: objects take four times as much memory, and their rows twice."""
    completed: list[Any] = []
    while portions:
        portion = portions.popleft()
        objects = completer.quick(portion)
        if objects is None:
            completed += await completer.complete(run, portion)
        else:
            completed += [Fragment(_json(one)) for one in objects]
    return completed


def _portions(values: list[Any]) -> deque[list[Any]]:
    starts = accumulate(map(_rows_in, values), initial=0)
    portions = groupby(zip(starts, values, strict=False), lambda one: one[0] // PORTION)
    return deque(_apart([value for _, value in portion]) for _, portion in portions)


def _apart(values: list[Any]) -> list[Any]:
    """The lists or pages as parts of a table of their own, where they are parts of one."""
    parts = _lists(values)
    if set(map(type, parts)) != {Part} or len({id(part.table) for part in parts}) > 1:
        return values
    table, places = parts[0].table.only([part.place for part in parts])
    return [
        replace(value, nodes=Part(table, place)) if type(value) is Page else Part(table, place)
        for value, place in zip(values, places, strict=True)
    ]


def _json(value: Any) -> bytes:
    """In no more memory than it needs: orjson leaves its buffer, which may be twice as large."""
    return b"".join((dumps(value), b""))


def _lists(values: list[Any]) -> list[Any]:
    """The rows of pages; all else as it is."""
    return [value.nodes if type(value) is Page else value for value in values]


def _are_many(values: list[Any]) -> bool:
    """Of parts, all rows of their tables count: to ask each for its own takes longer."""
    lists = _lists(values)
    tables = {id(part.table): part.table for part in lists if type(part) is Part}
    rows = sum(map(len, tables.values())) + sum(len(rows) for rows in lists if type(rows) is list)
    return rows > MANY and len(values) > 1


def _rows_in(value: Any) -> int:
    """Of a list or a page; what is neither counts as one."""
    rows = value.nodes if type(value) is Page else value
    return len(rows) if type(rows) in (list, Part) else 1


def _keys(run: Run, field: Field, names: Sequence[str], rows: Records) -> tuple[list[Any], dict[Any, None]]:
    """The key of each row, or why it has none; and each of them once."""
    try:
        keys = _read(names, rows)
        return keys, dict.fromkeys(keys)
    except Exception:
        keys = [_key(run, field, names, row) for row in rows]
        return keys, dict.fromkeys(keys)


def _key(run: Run, field: Field, names: Sequence[str], row: Any) -> Any:
    try:
        (key,) = _read(names, Given([row]))
        hash(key)
    except Exception as error:
        return run.failure(error, field)
    return key


def _read(names: Sequence[str], rows: Records) -> list[Any]:
    """The values of a column, or tuples of those of several."""
    columns = [rows.column(name) for name in names]
    return columns[0] if len(columns) == 1 else list(zip(*columns, strict=True))


def united(columns: Iterable[Columns]) -> Columns:
    """All of these columns."""
    found: frozenset[str] = frozenset()
    for some in columns:
        if some is None:
            return None
        found |= some
    return found


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
