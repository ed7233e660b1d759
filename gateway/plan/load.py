"""The step that loads: the distinct keys of all rows in one call, of the columns that are read below."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

from orjson import Fragment, dumps

from datasources.pages import Page
from datasources.statements import Columns
from gateway.plan.completion import Columned, Completer, Lists
from gateway.plan.field import Field
from gateway.plan.generated import reader
from gateway.plan.run import Run, together
from gateway.plan.steps import Attribute, Branch, Filled
from gateway.plan.values import Failure
from loaders.batch import many_by, page_by
from schema.fields import Edge, Root

PORTION = 500
"""Rows that are objects at a time, where there are more."""


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
    def looks_ahead(self) -> bool:
        """Whether its own branches ask so."""
        columns = [branch.completer.columns for branch in self.branches]
        return not isinstance(self.batch, page_by) or any(of is None or "page_info" in of for of in columns)

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
        distinct: list[list[Any]] = []
        for branch, declared, read in zip(self.branches, self.declared, self._reads, strict=True):
            try:
                declared.access.check(run.context.actor)
                key, arguments = self._sought(run, branch.field, declared)
            except Exception as error:
                key, read = run.failure(error, branch.field), None
            of, once = ([key] * len(rows), [key]) if read is None else _keys(run, branch.field, read, rows)
            keys.append(of)
            distinct.append(once)
        every = distinct[0] if len(distinct) == 1 else dict.fromkeys(chain.from_iterable(distinct))
        wanted = [key for key in every if key is not None]
        if run.failed:
            wanted = [key for key in wanted if type(key) is not Failure]
        if not self.ahead:
            arguments = {**arguments, "ahead": False}
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


def _keys(
    run: Run, field: Field, read: Callable[[list[Any]], list[Any]], rows: list[Any]
) -> tuple[list[Any], list[Any]]:
    """The key of each row, or why it has none; and each of them once."""
    try:
        keys = read(rows)
        return keys, list(dict.fromkeys(keys))
    except Exception:
        keys = [_key(run, field, read, row) for row in rows]
        return keys, list(dict.fromkeys(keys))


def _key(run: Run, field: Field, read: Callable[[list[Any]], list[Any]], row: Any) -> Any:
    try:
        (key,) = read([row])
        hash(key)
    except Exception as error:
        return run.failure(error, field)
    return key


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
