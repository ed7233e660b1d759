"""Batches, declared: `orders_by_customer = page_by(...)` says how many keys become one statement.

A `LoaderSet` lists the batches of a domain. `Loaders` gives one operation its dataloaders: keys asked for in the same
turn of the loop become one call, a key is never loaded twice, and answers are matched by key, never by position.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter
from typing import Any, ClassVar, TypeVar

from aiodataloader import DataLoader

from datasources import calls
from datasources.pages import Page, PageArguments
from datasources.statements import Columns
from datasources.table import Single, Table

T = TypeVar("T")
MAX_BATCH = 500
Key = Hashable
Arguments = tuple[tuple[str, Any], ...]
"""An edge's arguments in the order of their names, hashable: what batches are grouped by."""

Fetch = Callable[[Any], Callable[..., Awaitable[T]]]
"""From a domain's stores to the function that answers for many keys: `lambda commerce: commerce.orders.by_ids`.

One that fetches records also takes `columns`: what is wanted of them.
"""


class LoaderSet:
    """The batches of one domain, as class attributes."""

    domain: ClassVar[str]
    stores: ClassVar[type]


class Batch(ABC):
    """Loads the values of many keys at once. `name` is `commerce.orders_by_customer`.

    `fetch` leads to the function that answers for many keys. `remote` says that a REST service answers, which may be
    out: edges to it are nullable; `one_by_one`, why this service has to be asked for each key apart. `of_records` says
    that the values are records, or pages of them, of which only some columns may be wanted.
    """

    name = "?"
    stores: type
    remote = False
    one_by_one = ""
    of_records = True

    def __init__(self, fetch: Fetch[Any], max_batch: int = MAX_BATCH) -> None:
        self.fetch = fetch
        self.max_batch = max_batch

    def __set_name__(self, owner: type[LoaderSet], name: str) -> None:
        self.name = f"{owner.domain}.{name}"
        self.stores = owner.stores

    @abstractmethod
    async def load(
        self, stores: Any, keys: Sequence[Key], arguments: dict[str, Any], columns: Columns = None
    ) -> Mapping[Key, Any]:
        """The value of each key. A value may be an exception, raised for that key alone.

        Where values are records, or pages of them, `columns` are the attributes that are read of these.
        """


class one_by(Batch):
    """One record per key, or None. Records are matched by their attribute `key`."""

    def __init__(self, fetch: Fetch[Iterable[Any]], *, key: str, max_batch: int = MAX_BATCH) -> None:
        super().__init__(fetch, max_batch)
        self._key = key
        self._key_of = attrgetter(key)

    async def load(
        self, stores: Any, keys: Sequence[Key], arguments: dict[str, Any], columns: Columns = None
    ) -> Mapping[Key, Any]:
        records = await self.fetch(stores)(keys, **arguments, columns=_with(self._key, columns))
        if isinstance(records, Table):
            return Single(records, self._key, keys)
        found: dict[Key, Any] = dict.fromkeys(keys)
        found.update(zip(map(self._key_of, records), records, strict=True))
        return found


class many_by(Batch):
    """All records of each key, in the order in which they came; an empty list where there are none."""

    def __init__(self, fetch: Fetch[Iterable[Any]], *, key: str, max_batch: int = MAX_BATCH) -> None:
        super().__init__(fetch, max_batch)
        self._key = key
        self._key_of = attrgetter(key)

    async def load(
        self, stores: Any, keys: Sequence[Key], arguments: dict[str, Any], columns: Columns = None
    ) -> Mapping[Key, Any]:
        records = await self.fetch(stores)(keys, **arguments, columns=_with(self._key, columns))
        if isinstance(records, Table):
            return records.by(self._key, keys)
        found: dict[Key, list[Any]] = {key: [] for key in keys}
        for record in records:
            found[self._key_of(record)].append(record)
        return found


class value_by(Batch):
    """A value per key, looked up or computed: `fetch` returns a mapping; what it leaves out is `missing`."""

    of_records = False

    def __init__(
        self,
        fetch: Fetch[Mapping[Any, Any]],
        *,
        missing: Any = None,
        remote: bool = False,
        one_by_one: str = "",
        max_batch: int = MAX_BATCH,
    ) -> None:
        super().__init__(fetch, max_batch)
        self.remote = remote
        self.one_by_one = one_by_one
        self._missing = missing

    async def load(
        self, stores: Any, keys: Sequence[Key], arguments: dict[str, Any], columns: Columns = None
    ) -> Mapping[Key, Any]:
        found = await self.fetch(stores)(keys, **arguments)
        return {**dict.fromkeys(keys, self._missing), **found}


class page_by(Batch):
    """A `Page` per key from `fetch(keys, page_arguments, **filters)`; its total from `count(keys, **filters)`."""

    def __init__(self, fetch: Fetch[Mapping[Any, Page]], count: Fetch[Mapping[Any, int]]) -> None:
        super().__init__(fetch)
        self.count = value_by(count, missing=0)

    def __set_name__(self, owner: type[LoaderSet], name: str) -> None:
        super().__set_name__(owner, name)
        self.count.__set_name__(owner, f"{name}.count")

    async def load(
        self, stores: Any, keys: Sequence[Key], arguments: dict[str, Any], columns: Columns = None
    ) -> Mapping[Key, Any]:
        asked = PageArguments(arguments.pop("first"), arguments.pop("after"), arguments.pop("ahead", True))
        pages: Mapping[Key, Page] = await self.fetch(stores)(keys, asked, **arguments, columns=columns)
        total = Total(self.count, arguments)
        for page in pages.values():
            page.total = total
        return pages


def _with(key: str, columns: Columns) -> Columns:
    return None if columns is None else columns | {key}


@dataclass(frozen=True, slots=True)
class Total:
    """What the totals of pages are loaded by, each by the key of its page."""

    batch: Batch
    filters: Mapping[str, Any]


class Loaders:
    """What one operation loads. Make it inside the running loop; `close` stops what still runs.

    A resolver asks for one key by `load`: keys asked for in the same turn of the loop become one call. A plan asks for
    a whole set by `load_many`. Both keep what they loaded, so that a key is never loaded twice.
    """

    def __init__(self, stores_of: Callable[[type], Any]) -> None:
        self._stores_of = stores_of
        self._groups: dict[tuple[Batch, Arguments, Columns], Group] = {}

    async def load(self, batch: Batch, key: Key, **arguments: Any) -> Any:
        """The batch's value for one key. A cancelled caller does not take the others' answer with it."""
        return await self._group(batch, arguments).load(key)

    async def load_many(
        self,
        batch: Batch,
        keys: Sequence[Key],
        arguments: Mapping[str, Any],
        columns: Columns = None,
        *,
        alone: bool = False,
    ) -> Mapping[Key, Any]:
        """The values of these keys, and maybe of others, by one call at most; a value may be an exception.

        Of records at least `columns` are read, or all where it is None. Who is `alone`, and asks by this batch once,
        does not wait for others who ask in the same turn of the loop, and nothing is kept of what it gets.
        Raises: what the call raises, where it was alone.
        """
        columns = columns if batch.of_records else None
        if alone and not self._groups:
            return await _loaded(batch, self._stores_of(batch.stores), keys, arguments, columns)
        return await self._group(batch, arguments, columns).load_many(keys)

    def forget(self) -> None:
        """After a write: what was loaded may be old, so the rest of the operation reads anew."""
        self._groups.clear()

    def close(self) -> None:
        for group in self._groups.values():
            group.close()
        self._groups.clear()

    def _group(self, batch: Batch, arguments: Mapping[str, Any], columns: Columns = None) -> "Group":
        given = tuple(sorted(arguments.items())) if arguments else ()
        group = self._groups.get((batch, given, columns))
        if group is None:
            whole = None if columns is None else self._groups.get((batch, given, None))
            group = Group(batch, self._stores_of(batch.stores), arguments, columns, whole)
            self._groups[batch, given, columns] = group
        return group


class Group:
    """One batch with one set of arguments and columns; what `whole` read with all columns serves here too."""

    def __init__(
        self, batch: Batch, stores: Any, arguments: Mapping[str, Any], columns: Columns, whole: "Group | None"
    ) -> None:
        self._batch = batch
        self._stores = stores
        self._arguments = arguments
        self._columns = columns
        self._values: Mapping[Key, Any] = whole._values if whole else {}
        self._loading: dict[Key, asyncio.Future[None]] = dict(whole._loading) if whole else {}
        self._next: list[Key] = []
        self._task: asyncio.Task[None] | None = None
        """Loads the keys in `_next`, as soon as it begins; None where it has begun."""

    async def load(self, key: Key) -> Any:
        if key not in self._values:
            await asyncio.shield(self._loader.load(key))
        value = self._values[key] if key in self._values else self._loading[key].exception()
        if isinstance(value, Exception):
            raise value
        return value

    async def load_many(self, keys: Sequence[Key]) -> Mapping[Key, Any]:
        known, loading = self._values, self._loading
        missing = [key for key in keys if key not in known] if known else keys
        if not missing:
            return known
        self._start(key for key in dict.fromkeys(missing) if key not in loading)
        await asyncio.wait({loading[key] for key in missing})
        failed = {key: loading[key].exception() for key in missing if key not in self._values}
        return {**self._values, **failed} if failed else self._values

    def close(self) -> None:
        for loading in set(self._loading.values()):
            loading.cancel()
        self._values, self._loading, self._task = {}, {}, None
        vars(self).pop("_loader", None)  # in a circle with this one, as an error is that a task holds

    @cached_property
    def _loader(self) -> DataLoader[Key, None]:
        async def load(keys: list[Key]) -> list[None]:
            await self.load_many(keys)
            return [None] * len(keys)

        return DataLoader(load, cache=False)

    def _start(self, keys: Iterable[Key]) -> None:
        """Loads them in the next turn of the loop, so that those who ask in this one share a call."""
        for key in keys:
            if self._task is None:
                self._task = asyncio.create_task(self._fetch())
                self._task.add_done_callback(_see)
            self._next.append(key)
            self._loading[key] = self._task

    async def _fetch(self) -> None:
        keys, self._next, self._task = self._next, [], None
        found = await _loaded(self._batch, self._stores, keys, self._arguments, self._columns)
        self._values = {**self._values, **found} if self._values else found


async def _loaded(
    batch: Batch, stores: Any, keys: Sequence[Key], arguments: Mapping[str, Any], columns: Columns
) -> Mapping[Key, Any]:
    """By a call for each `max_batch` keys."""
    found: Mapping[Key, Any] = {}
    for start in range(0, len(keys), batch.max_batch):
        part = keys[start : start + batch.max_batch]
        with calls.named(batch.name, len(part)):
            more = await batch.load(stores, part, dict(arguments), columns)
        found = {**found, **more} if found else more
    return found


def _see(loading: asyncio.Future[None]) -> None:
    """Marks a failure as seen: those who asked may all have left."""
    if not loading.cancelled():
        loading.exception()
