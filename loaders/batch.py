"""Batches, declared: `orders_by_customer = page_by(...)` says how many keys become one statement.

A `LoaderSet` lists the batches of a domain. `Loaders` gives one operation its dataloaders: keys asked for in the same
turn of the loop become one call, a key is never loaded twice, and answers are matched by key, never by position.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, TypeVar

from aiodataloader import DataLoader

from datasources import calls
from datasources.pages import Page, PageArguments
from datasources.statements import Columns

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

    `remote` says that a REST service answers, which may be out: edges to it are nullable.
    """

    name = "?"
    stores: type
    remote = False

    def __init__(self, max_batch: int = MAX_BATCH) -> None:
        self.max_batch = max_batch

    def __set_name__(self, owner: type[LoaderSet], name: str) -> None:
        self.name = f"{owner.domain}.{name}"
        self.stores = owner.stores

    @abstractmethod
    async def load(self, stores: Any, keys: list[Key], arguments: dict[str, Any], columns: Columns = None) -> list[Any]:
        """One value per key, in the order of the keys. A value may be an exception, raised for that key alone.

        Where values are records, or pages of them, `columns` are the attributes that are read of these.
        """


class one_by(Batch):
    """One record per key, or None. Records are matched by their attribute `key`."""

    def __init__(self, fetch: Fetch[Iterable[Any]], *, key: str, max_batch: int = MAX_BATCH) -> None:
        super().__init__(max_batch)
        self._fetch, self._key = fetch, key

    async def load(self, stores: Any, keys: list[Key], arguments: dict[str, Any], columns: Columns = None) -> list[Any]:
        records = await self._fetch(stores)(keys, **arguments, columns=_with(self._key, columns))
        found = {getattr(record, self._key): record for record in records}
        return [found.get(key) for key in keys]


class many_by(Batch):
    """All records of each key, in the order in which they came; an empty list where there are none."""

    def __init__(self, fetch: Fetch[Iterable[Any]], *, key: str, max_batch: int = MAX_BATCH) -> None:
        super().__init__(max_batch)
        self._fetch, self._key = fetch, key

    async def load(self, stores: Any, keys: list[Key], arguments: dict[str, Any], columns: Columns = None) -> list[Any]:
        found: dict[Key, list[Any]] = {key: [] for key in keys}
        for record in await self._fetch(stores)(keys, **arguments, columns=_with(self._key, columns)):
            found[getattr(record, self._key)].append(record)
        return list(found.values())


class value_by(Batch):
    """A value per key, looked up or computed: `fetch` returns a mapping; what it leaves out is `missing`."""

    def __init__(
        self,
        fetch: Fetch[Mapping[Any, Any]],
        *,
        missing: Any = None,
        remote: bool = False,
        max_batch: int = MAX_BATCH,
    ) -> None:
        super().__init__(max_batch)
        self.remote = remote
        self._fetch, self._missing = fetch, missing

    async def load(self, stores: Any, keys: list[Key], arguments: dict[str, Any], columns: Columns = None) -> list[Any]:
        found = await self._fetch(stores)(keys, **arguments)
        return [found.get(key, self._missing) for key in keys]


class page_by(Batch):
    """A `Page` per key from `fetch(keys, page_arguments, **filters)`; its total from `count(keys, **filters)`."""

    def __init__(self, fetch: Fetch[Mapping[Any, Page]], count: Fetch[Mapping[Any, int]]) -> None:
        super().__init__()
        self._fetch = fetch
        self.count = value_by(count, missing=0)

    def __set_name__(self, owner: type[LoaderSet], name: str) -> None:
        super().__set_name__(owner, name)
        self.count.__set_name__(owner, f"{name}.count")

    async def load(self, stores: Any, keys: list[Key], arguments: dict[str, Any], columns: Columns = None) -> list[Any]:
        asked = PageArguments(arguments.pop("first"), arguments.pop("after"))
        pages = await self._fetch(stores)(keys, asked, **arguments, columns=columns)
        for key, page in pages.items():
            page.total_key = TotalKey(self.count, key, tuple(arguments.items()))
        return [pages[key] for key in keys]


def _with(key: str, columns: Columns) -> Columns:
    return None if columns is None else columns | {key}


@dataclass(frozen=True, slots=True)
class TotalKey:
    """What the total of a page is loaded by."""

    batch: Batch
    key: Key
    filters: Arguments


class Loaders:
    """The dataloaders of one operation. Make it inside the running loop; `close` stops what still runs."""

    def __init__(self, stores_of: Callable[[type], Any]) -> None:
        self._stores_of = stores_of
        self._loaders: dict[tuple[Batch, Arguments], DataLoader[Key, Any]] = {}
        self._running: set[asyncio.Task[Any]] = set()

    async def load(self, batch: Batch, key: Key, **arguments: Any) -> Any:
        """The batch's value for one key. A cancelled caller does not take the others' answer with it."""
        group = (batch, tuple(sorted(arguments.items())))
        loader = self._loaders.get(group)
        if loader is None:
            loader = self._loaders[group] = self._loader(batch, arguments)
        return await asyncio.shield(loader.load(key))

    def forget(self) -> None:
        """After a write: what was loaded may be old, so the rest of the operation reads anew."""
        self._loaders.clear()

    def close(self) -> None:
        for task in self._running:
            task.cancel()

    def _loader(self, batch: Batch, arguments: Mapping[str, Any]) -> DataLoader[Key, Any]:
        stores = self._stores_of(batch.stores)

        async def load(keys: list[Key]) -> list[Any]:
            task = asyncio.current_task()
            if task is not None:
                self._running.add(task)
                task.add_done_callback(self._running.discard)
            with calls.named(batch.name):
                return await batch.load(stores, keys, dict(arguments))

        return DataLoader(load, max_batch_size=batch.max_batch)
