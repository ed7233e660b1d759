"""Many keys become one call; answers are matched by key; nobody takes another's answer away."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from datasources import calls
from datasources.cursors import Cursors
from datasources.errors import SourceUnavailable
from datasources.pages import Page, PageArguments, Paged
from datasources.statements import Columns
from loaders.batch import Batch, Loaders, LoaderSet, many_by, one_by, page_by, value_by


@dataclass(frozen=True)
class Row:
    id: int
    parent: int


class Stores:
    """Answers as the test says; `asked` is what it was asked, `columns` what was last wanted of records."""

    def __init__(self) -> None:
        self.asked: list[tuple[list[int], dict[str, Any]]] = []
        self.rows: Sequence[Row] = ()
        self.columns: Columns = None
        self.values: Mapping[int, Any] = {}
        self.began = asyncio.Event()
        self.gate = asyncio.Event()
        self.gate.set()

    async def fetch(self, keys: list[int], columns: Columns, **arguments: Any) -> Sequence[Row]:
        self.asked.append((list(keys), arguments))
        self.columns = columns
        await self.gate.wait()
        return self.rows

    async def look_up(self, keys: list[int]) -> Mapping[int, Any]:
        self.asked.append((list(keys), {}))
        with calls.recorded("example", "sql", "table"):
            self.began.set()
            await self.gate.wait()
        return self.values

    async def pages(
        self, keys: list[int], asked: PageArguments, columns: Columns, **filters: Any
    ) -> Mapping[int, Page]:
        self.asked.append((list(keys), {"asked": asked, **filters}))
        self.columns = columns
        paged = Paged("rows", False, Cursors(b"x"), lambda row: ())
        return {key: Page([], False, key, paged) for key in keys}

    async def counts(self, keys: list[int], **filters: Any) -> Mapping[int, int]:
        self.asked.append((list(keys), filters))
        return {keys[0]: 7}


class Sets(LoaderSet):
    domain = "example"
    stores = Stores

    row_by_id = one_by(lambda stores: stores.fetch, key="id")
    rows_by_parent = many_by(lambda stores: stores.fetch, key="parent")
    value = value_by(lambda stores: stores.look_up, missing="none")
    three_at_once = value_by(lambda stores: stores.look_up, max_batch=3)
    pages = page_by(lambda stores: stores.pages, lambda stores: stores.counts)


@pytest.fixture
async def stores() -> Stores:
    return Stores()


@pytest.fixture
async def loaders(stores: Stores) -> AsyncIterator[Loaders]:
    loaders = Loaders(lambda _: stores)
    yield loaders
    loaders.close()


async def test_one_turn_is_one_call_and_no_key_is_asked_twice(loaders: Loaders, stores: Stores) -> None:
    stores.values = {1: "one", 2: "two"}
    answers = await asyncio.gather(*(loaders.load(Sets.value, key) for key in (1, 2, 1, 3, 2)))
    assert answers == ["one", "two", "one", "none", "two"]
    assert await loaders.load(Sets.value, 1) == "one"
    assert stores.asked == [([1, 2, 3], {})]


async def test_each_set_of_arguments_is_a_call_of_its_own(loaders: Loaders, stores: Stores) -> None:
    await asyncio.gather(
        *(loaders.load(Sets.rows_by_parent, key, colour="red", size=1) for key in (1, 2)),
        loaders.load(Sets.rows_by_parent, 3, size=1, colour="red"),
        loaders.load(Sets.rows_by_parent, 1, colour="blue", size=1),
    )
    assert stores.asked == [([1, 2, 3], {"colour": "red", "size": 1}), ([1], {"colour": "blue", "size": 1})]


async def test_answers_are_matched_by_key(loaders: Loaders, stores: Stores) -> None:
    """Shuffled, with one missing, one twice, and one that nobody asked for."""
    stores.rows = [Row(3, 0), Row(9, 0), Row(1, 0), Row(3, 0)]
    answers = await asyncio.gather(*(loaders.load(Sets.row_by_id, key) for key in (1, 2, 3)))
    assert answers == [Row(1, 0), None, Row(3, 0)]


async def test_many_keep_the_order_in_which_they_came(loaders: Loaders, stores: Stores) -> None:
    stores.rows = [Row(5, 2), Row(1, 1), Row(4, 2), Row(2, 1)]
    answers = await asyncio.gather(*(loaders.load(Sets.rows_by_parent, key) for key in (1, 2, 3)))
    assert answers == [[Row(1, 1), Row(2, 1)], [Row(5, 2), Row(4, 2)], []]


async def test_an_error_is_its_keys_alone(loaders: Loaders, stores: Stores) -> None:
    stores.values = {1: "one", 2: SourceUnavailable("example")}
    first, second, again = await asyncio.gather(
        *(loaders.load(Sets.value, key) for key in (1, 2, 2)), return_exceptions=True
    )
    assert first == "one"
    assert second is again is stores.values[2]


async def test_a_failed_call_fails_its_keys_until_all_is_forgotten(loaders: Loaders, stores: Stores) -> None:
    stores.rows = [Row(1, 1), Row(2, 99)]
    errors = await asyncio.gather(*(loaders.load(Sets.rows_by_parent, key) for key in (1, 2)), return_exceptions=True)
    assert [type(error) for error in errors] == [KeyError, KeyError], "a row of another parent is a bug, and is told"
    stores.rows = [Row(1, 1)]
    with pytest.raises(KeyError):
        await loaders.load(Sets.rows_by_parent, 1)
    loaders.forget()
    assert await loaders.load(Sets.rows_by_parent, 1) == [Row(1, 1)]


async def test_large_batches_are_cut(loaders: Loaders, stores: Stores) -> None:
    stores.values = {key: key for key in range(7)}
    assert await asyncio.gather(*(loaders.load(Sets.three_at_once, key) for key in range(7))) == [*range(7)]
    assert [keys for keys, _ in stores.asked] == [[0, 1, 2], [3, 4, 5], [6]]


async def test_a_cancelled_caller_does_not_take_the_others_answer_with_it(loaders: Loaders, stores: Stores) -> None:
    stores.values = {1: "one"}
    stores.gate.clear()
    first, second = (asyncio.create_task(loaders.load(Sets.value, 1)) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.wait([first])
    stores.gate.set()
    assert await second == "one"
    assert await loaders.load(Sets.value, 1) == "one"
    assert len(stores.asked) == 1


async def test_closing_stops_what_still_runs(loaders: Loaders, stores: Stores) -> None:
    stores.gate.clear()
    with calls.collected() as made:
        waiting = asyncio.create_task(loaders.load(Sets.value, 1))
        await stores.began.wait()
        loaders.close()
        waiting.cancel()
        await asyncio.wait([waiting])
    assert [call.failed for call in made] == [True]


async def test_after_a_write_everything_is_read_anew(loaders: Loaders, stores: Stores) -> None:
    stores.values = {1: "old"}
    assert await loaders.load(Sets.value, 1) == "old"
    stores.values = {1: "new"}
    assert await loaders.load(Sets.value, 1) == "old"
    loaders.forget()
    assert await loaders.load(Sets.value, 1) == "new"


async def test_calls_are_named_by_their_batch(loaders: Loaders, stores: Stores) -> None:
    with calls.collected() as made:
        await loaders.load(Sets.value, 1)
    assert [(call.name, call.source) for call in made] == [("example.value", "example")]


async def test_pages_share_a_call_and_so_do_their_totals(loaders: Loaders, stores: Stores) -> None:
    pages = await asyncio.gather(*(loaders.load(Sets.pages, key, first=5, after=None, colour="red") for key in (1, 2)))
    totals = await asyncio.gather(*(loaders.load(page.total.batch, page.key, **page.total.filters) for page in pages))
    assert totals == [7, 0]
    assert stores.asked == [
        ([1, 2], {"asked": PageArguments(5, None), "colour": "red"}),
        ([1, 2], {"colour": "red"}),
    ]
    assert Sets.pages.count.name == "example.pages.count"


@pytest.mark.parametrize(
    ("batch", "arguments", "key"),
    [
        (Sets.row_by_id, {}, {"id"}),
        (Sets.rows_by_parent, {}, {"parent"}),
        (Sets.pages, {"first": 1, "after": None}, set()),
    ],
)
async def test_a_batch_asks_for_the_columns_that_are_wanted_and_for_its_key(
    stores: Stores, batch: Batch, arguments: dict[str, Any], key: set[str]
) -> None:
    for wanted in (frozenset({"colour"}), frozenset[str]()):
        await batch.load(stores, [1], dict(arguments), wanted)
        assert stores.columns == wanted | key
    await batch.load(stores, [1], dict(arguments))
    assert stores.columns is None
