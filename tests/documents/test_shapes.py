"""Shapes that load one by one are found in the declarations of a graph, and no others."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import strawberry

from datasources.actor import Actor
from datasources.rest import RestService
from gateway.check.report import loading
from gateway.check.shapes import shapes
from loaders.batch import Loaders, LoaderSet, value_by
from schema.fields import computed, edge, loaded
from schema.graph import build


class Sources:
    ratings: RestService


class Ratings:
    """Of a service, in each of the ways in which stores ask one."""

    def __init__(self, service: RestService) -> None:
        self._service = service

    async def one_by_one(self, skus: Sequence[str]) -> Mapping[str, Any]:
        found = await self._service.get_many("/ratings/{}", skus, answer=float)
        return dict(zip(skus, found, strict=True))

    async def through_another(self, skus: Sequence[str]) -> Mapping[str, Any]:
        return {sku: rating for sku, rating in (await self.one_by_one(skus)).items() if rating}

    async def together(self, skus: Sequence[str]) -> Mapping[str, float]:
        return await self._service.post("/ratings:batchGet", answer=dict, json={"skus": [*skus]})


class Stores:
    def __init__(self, sources: Sources, actor: Actor) -> None:
        self.ratings = Ratings(sources.ratings)
        self.aliased = self.ratings.one_by_one

    async def below(self, skus: Sequence[str]) -> Mapping[str, Any]:
        return await self.ratings.through_another(skus)


class Planted(LoaderSet):
    domain = "planted"
    stores = Stores
    directly = value_by(lambda stores: stores.ratings.one_by_one, remote=True)
    aliased = value_by(lambda stores: stores.aliased, remote=True)
    below = value_by(lambda stores: stores.below, remote=True)
    together = value_by(lambda stores: stores.ratings.together, remote=True)
    explained = value_by(lambda stores: stores.ratings.one_by_one, remote=True, one_by_one="it has no batches")
    single = value_by(lambda stores: stores.ratings.together, max_batch=1)


async def total(row: Any, loaders: Loaders) -> Any:
    return await loaders.load(Planted.together, row.sku)


@strawberry.type
class Brand:
    name: str

    @strawberry.field
    async def owner(self, info: strawberry.Info) -> str:
        return "…"


@strawberry.type
class Shop:
    """There is only ever one in an answer."""

    name: str
    directly: float | None = edge(Planted.directly, key="name")

    @strawberry.field
    async def greeting(self, info: strawberry.Info) -> str:
        return "…"


@strawberry.interface
class Thing:
    sku: str


@strawberry.type
class Product(Thing):
    label: str = computed(str.upper, "sku")
    directly: float | None = edge(Planted.directly, key="sku")
    aliased: float | None = edge(Planted.aliased, key="sku")
    below: float | None = edge(Planted.below, key="sku")
    together: float | None = edge(Planted.together, key="sku")
    explained: float | None = edge(Planted.explained, key="sku")
    single: float | None = edge(Planted.single, key="sku")
    total: float | None = loaded(total)
    brand: Brand | None = computed(Brand, "sku")

    @strawberry.field
    async def rating(self, info: strawberry.Info) -> float | None:
        return None

    @strawberry.field
    def plain(self) -> str:
        return self.sku


@strawberry.type
class Category:
    children: list[Annotated["Category", strawberry.lazy("tests.documents.test_shapes")]]

    @strawberry.field
    async def about(self) -> str:
        return "…"


@strawberry.type
class Query:
    @strawberry.field
    async def shop(self) -> Shop | None:
        return None

    @strawberry.field
    async def things(self) -> list[Thing]:
        return []

    @strawberry.field
    async def category(self) -> Category | None:
        return None


RESOLVER = "its resolver runs for each row and may load for it alone; declare an `edge`, or `loaded`"
APART = (
    "asks its service for each key apart; ask for many at once, or, where the service cannot, say so by `one_by_one`"
)
GRAPH = strawberry.Schema(Query, types=[Product])._schema


def test_every_planted_shape_is_found_and_nothing_else() -> None:
    assert {(one.field, one.path, one.why) for one in shapes(GRAPH)} == {
        ("Product.directly", "Query.things", f"planted.directly {APART}"),
        ("Product.aliased", "Query.things", f"planted.aliased {APART}"),
        ("Product.below", "Query.things", f"planted.below {APART}"),
        ("Product.single", "Query.things", "planted.single takes one key at a time; let it take more"),
        ("Product.rating", "Query.things", RESOLVER),
        ("Brand.owner", "Query.things.brand", RESOLVER),
        ("Category.about", "Query.category.children", RESOLVER),
    }


def test_they_are_told_with_the_way_there() -> None:
    report = loading(GRAPH)
    assert report.breaks
    assert f"N+1        Brand.owner, many by Query.things.brand: {RESOLVER}" in report.lines


def test_this_graph_has_none() -> None:
    assert shapes(build()._schema) == []
    assert not loading(build()._schema).breaks
