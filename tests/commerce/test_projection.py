"""Batches read the columns that are wanted of their records, and no others."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa

from datasources.actor import Actor
from datasources.cipher import Cipher
from datasources.commerce.catalogue import ProductFilter, ProductSort
from datasources.commerce.stores import Commerce
from datasources.pages import EVERYTHING
from datasources.sql import Database
from datasources.statements import Read
from datasources.table import Rows
from house import House
from loaders.batch import Batch, many_by, one_by, page_by
from loaders.commerce import CommerceLoaders
from tests.commerce.shop import Shop
from tests.gateway_client import Gateway

KEYS = [UUID(int=1), UUID(int=2)]
PAGE = {"first": 5, "after": None}
ARGUMENTS: Mapping[Batch, dict[str, Any]] = {
    CommerceLoaders.products: PAGE | {"filter": ProductFilter(search="cup"), "sort": ProductSort.RELEVANCE},
    CommerceLoaders.movements_by_product: PAGE | {"warehouse_id": None},
    CommerceLoaders.customers: PAGE | {"email": None},
    CommerceLoaders.orders: PAGE | {"status": None},
    CommerceLoaders.orders_by_customer: PAGE,
}
WHOLE = (CommerceLoaders.products, CommerceLoaders.customers, CommerceLoaders.orders)
OF_RECORDS = [batch for batch in vars(CommerceLoaders).values() if isinstance(batch, one_by | many_by | page_by)]
PLACE = {"sort_0", "sort_1", "parent_key", "place"}
"""Where a row stands in its list."""


_loading = ContextVar("loading", default=False)


class Reads:
    """The names of the columns of each read."""

    def __init__(self) -> None:
        self.columns: list[set[str]] = []


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads, rows = Reads(), Database.rows

    async def read(database: Database, asked: Read) -> Rows:
        if _loading.get():  # beside it, consumers and the house read now and then
            assert isinstance(asked.statement.executable, sa.Select)
            reads.columns.append(set(asked.statement.executable.selected_columns.keys()))
        return await rows(database, asked)

    monkeypatch.setattr(Database, "rows", read)
    return reads


@pytest.fixture
def commerce(house: House) -> Commerce:
    return Commerce(house.sources[Commerce], Actor(UUID(int=1), frozenset({"*"})))


def values(found: Mapping[Any, Any]) -> list[Any]:
    return list(found.values())


async def load(batch: Batch, commerce: Commerce, columns: set[str] | None) -> None:
    wanted = None if columns is None else frozenset(columns)
    keys = [EVERYTHING] if batch in WHOLE else KEYS
    beside = _loading.set(True)
    await batch.load(commerce, [*keys], dict(ARGUMENTS.get(batch, {})), wanted)
    _loading.reset(beside)


@pytest.mark.parametrize("batch", OF_RECORDS, ids=lambda batch: batch.name)
async def test_a_batch_reads_nothing_unasked(batch: Batch, commerce: Commerce, reads: Reads) -> None:
    """But for keys, and for its place in the list."""
    await load(batch, commerce, set())
    await load(batch, commerce, None)
    little, all = reads.columns
    keys = {"id", "parent_id", "of_id", "product_id", "warehouse_id", "cart_id", "customer_id", "order_id"}
    assert little - PLACE < all
    assert little - PLACE <= keys
    assert len(little - PLACE) <= 2


@pytest.mark.parametrize(
    ("batch", "wanted", "read"),
    [
        (CommerceLoaders.product_by_id, {"sku"}, {"id", "sku"}),
        (CommerceLoaders.customer_by_id, {"sealed_name"}, {"id", "sealed_name"}),
        (CommerceLoaders.cart_by_id, {"currency"}, {"id", "currency"}),
        (CommerceLoaders.lines_by_cart, {"quantity", "sku"}, {"cart_id", "quantity", "sku"}),
        (CommerceLoaders.history_by_order, {"customer_id"}, {"order_id", "customer_id"}),
        (CommerceLoaders.ancestors_by_category, {"slug", "of_id"}, {"of_id", "slug"}),
        (CommerceLoaders.levels_by_product, {"on_hand", "of nobody"}, {"product_id", "on_hand"}),
        (CommerceLoaders.orders, {"number"}, {"number", "sort_0", "sort_1"}),
    ],
    ids=lambda value: value.name if isinstance(value, Batch) else "",
)
async def test_a_batch_reads_what_is_asked(
    batch: Batch, wanted: set[str], read: set[str], commerce: Commerce, reads: Reads
) -> None:
    await load(batch, commerce, wanted)
    assert reads.columns == [read]


async def test_narrow_rows_are_matched_as_wide_ones_are(commerce: Commerce, shop: Shop) -> None:
    """By a key that nobody asked for."""
    home = await shop.category("Home")
    cups = await shop.category("Cups", parent=home)
    names = frozenset({"name"})
    found, nothing = values(await CommerceLoaders.category_by_id.load(commerce, [cups, KEYS[0]], {}, names))
    assert (found.name, nothing) == ("Cups", None)
    of_home, of_cups = values(await CommerceLoaders.children_by_category.load(commerce, [home, cups], {}, names))
    assert ([row.name for row in of_home], of_cups) == (["Cups"], [])


async def test_each_seal_is_opened_once_and_only_when_asked_for(
    gateway: Gateway, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = await shop.customer()
    await shop.address(ada)
    opened, open_seal = [], Cipher.open

    def counted(cipher: Cipher, sealed: bytes, place: bytes) -> str:
        opened.append(place.partition(b":")[0])
        return open_seal(cipher, sealed, place)

    monkeypatch.setattr(Cipher, "open", counted)
    await gateway.data("{ me { currency addresses { createdAt } } }", as_=ada)
    assert opened == []
    parts = "{ me { name addresses { recipient street city postalCode country } again: addresses { city } } }"
    await gateway.data(parts, as_=ada)
    assert sorted(opened) == [b"addresses", b"customers.name"]
    assert gateway.calls == {"commerce.customer_by_id": 1, "commerce.addresses_by_customer": 1}


@pytest.mark.parametrize(
    ("more", "again", "read"),
    [
        ("", "", 2),
        ("pageInfo { endCursor }", "", 3),
        ("", "pageInfo { hasNextPage }", 3),
        ("totalCount", "", 3),
    ],
)
async def test_whether_rows_follow_a_page_is_read_where_anybody_asks(
    gateway: Gateway, shop: Shop, more: str, again: str, read: int
) -> None:
    """For all who ask for the same page at once."""
    for number in range(3):
        await shop.product(f"P{number}")
    query = (
        f"{{ products(first: 2) {{ nodes {{ sku }} {more} }} again: products(first: 2) {{ nodes {{ sku }} {again} }} }}"
    )
    response = await gateway.http.post("/graphql", json={"query": query, "extensions": {"plan": True}})
    steps = response.json()["extensions"]["plan"]["steps"]
    assert [step["rows"] for step in steps if step["edge"] == "commerce.products"] == [read]
    assert [len(page["nodes"]) for page in response.json()["data"].values()] == [2, 2]
